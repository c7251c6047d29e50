"""Write fairseq's mmap format (`fairseq.data.indexed_dataset.MMapIndexedDataset`), streaming, without fairseq.

`.bin` is all symbol numbers one after another. `.idx` is, little-endian: the magic, version 1 (u64), number type (u8),
N (u64), then N lengths in symbols (i32) and N starts in bytes (i64).
"""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"MMIDIDX\x00\x00"

#: fairseq's codes of number types (its `_code_to_dtype`), those that it chooses for symbol numbers.
TYPE_CODES = {"uint16": 8, "uint32": 9}

#: Bytes before the lengths.
HEADER_BYTES = len(MAGIC) + 8 + 1 + 8


def symbol_dtype(symbols: int) -> np.dtype[Any]:
    """The number type fairseq-preprocess takes for a dictionary of that many symbols (its `best_fitting_int_dtype`)."""
    return np.dtype(np.uint16 if symbols < 65500 else np.uint32)


class MmapWriter:
    """Write `{prefix}.bin` as sentences come, and `{prefix}.idx` at the end. Memory: 4 bytes per sentence.

    As a context manager it finishes both files, or after an error only lets go of them.
    """

    def __init__(self, prefix: Path, dtype: np.dtype[Any]) -> None:
        self.prefix = prefix
        self.dtype = dtype
        self.sentences = 0
        self.symbols = 0
        self._lengths: list[NDArray[np.int32]] = []
        self._bin = self._path("bin").open("wb")

    def __enter__(self) -> MmapWriter:
        return self

    def __exit__(self, error_type: type[BaseException] | None, *_: object) -> None:
        if error_type is None:
            self.close()
        else:
            with suppress(OSError):
                self._bin.close()

    def append(self, numbers: NDArray[Any], lengths: NDArray[Any]) -> None:
        """Add sentences: `numbers` (sum of lengths,) are all their symbols, `lengths` (sentences,) their sizes."""
        if int(lengths.sum()) != len(numbers):
            raise ValueError(f"lengths sum to {lengths.sum()}, there are {len(numbers)} symbols")
        self._bin.write(numbers.astype(self.dtype, casting="same_kind", copy=False).tobytes())
        self._lengths.append(lengths.astype(np.int32))
        self.sentences += len(lengths)
        self.symbols += len(numbers)

    def close(self) -> None:
        """Finish both files."""
        self._bin.close()
        lengths = np.concatenate([np.zeros(0, np.int32), *self._lengths])
        ends = np.cumsum(lengths, dtype=np.int64) * self.dtype.itemsize
        starts = np.concatenate([np.zeros(1, np.int64), ends])[: len(lengths)]
        with self._path("idx").open("wb") as index:
            index.write(MAGIC + struct.pack("<QBQ", 1, TYPE_CODES[self.dtype.name], len(lengths)))
            index.write(lengths.astype("<i4", copy=False).tobytes())
            index.write(starts.astype("<i8", copy=False).tobytes())

    def _path(self, ending: str) -> Path:
        return self.prefix.with_name(f"{self.prefix.name}.{ending}")


def read_mmap(prefix: Path) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """All symbol numbers (mapped, not read) and the lengths of a file pair, as `MmapWriter.append` took them."""
    index = prefix.with_name(f"{prefix.name}.idx").read_bytes()
    _, code, count = struct.unpack_from("<QBQ", index, len(MAGIC))
    name = next(name for name, known in TYPE_CODES.items() if known == code)
    lengths = np.frombuffer(index, "<i4", count, HEADER_BYTES)
    path = prefix.with_name(f"{prefix.name}.bin")
    numbers = np.memmap(path, name, "r") if path.stat().st_size else np.zeros(0, name)
    return numbers, lengths

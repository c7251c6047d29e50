"""Write fairseq's mmap format (`fairseq.data.indexed_dataset.MMapIndexedDataset`), streaming, without fairseq.

The format is described in `vega.token_store`, which reads it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vega.token_store import HEADER, MAGIC, dtype_code


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
            index.write(HEADER.pack(MAGIC, 1, dtype_code(self.dtype), len(lengths)))
            index.write(lengths.astype("<i4", copy=False).tobytes())
            index.write(starts.astype("<i8", copy=False).tobytes())

    def _path(self, ending: str) -> Path:
        return self.prefix.with_name(f"{self.prefix.name}.{ending}")

"""Read fairseq's mmap data format (`.bin` tokens, `.idx` sizes and offsets) without a pass over the file.

fairseq's own reader warms the page cache by reading every file from end to end, which at a billion sentences is the
start-up time. Here a store is three memory maps that all processes of a machine share.

Index file: 9 bytes magic, uint64 version 1, uint8 dtype code, uint64 count, int32 sizes, int64 byte offsets.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vega.errors import UserError

MAGIC = b"MMIDIDX\x00\x00"
HEADER = struct.Struct("<9sQBQ")
#: fairseq.data.indexed_dataset's table of dtype codes.
DTYPES = {
    1: np.uint8,
    2: np.int8,
    3: np.int16,
    4: np.int32,
    5: np.int64,
    6: np.float32,
    7: np.float64,
    8: np.uint16,
    9: np.uint32,
    10: np.uint64,
}


def dtype_code(dtype: np.dtype[Any]) -> int:
    """The code that stands for a number type in an index file."""
    return next(code for code, known in DTYPES.items() if np.dtype(known) == dtype)


def set_name(split: str, name: str, languages: Sequence[str]) -> str:
    """How the files of a binarized set begin: `split.name.languages`, as in `train.news.en-de`."""
    return f"{split}.{name}.{'-'.join(languages)}"


class TokenStore:
    """Sentences as arrays of token ids, end of sentence included, straight from the memory map."""

    def __init__(self, prefix: Path) -> None:
        """`prefix` is the path without `.bin` and `.idx`."""
        index, tokens = Path(f"{prefix}.idx"), Path(f"{prefix}.bin")
        for path in (index, tokens):
            if not path.exists():
                raise UserError(f"{path}: no such file. Run `vega binarize` again.")
        with index.open("rb") as stream:
            header = stream.read(HEADER.size)
        if len(header) < HEADER.size or not header.startswith(MAGIC):
            raise UserError(f"{index}: not an index in fairseq's mmap format. Run `vega binarize` again.")
        _, _, code, self._count = HEADER.unpack(header)
        self.dtype = np.dtype(DTYPES[code])
        expected = HEADER.size + self._count * 12
        if index.stat().st_size != expected:
            raise UserError(f"{index}: {index.stat().st_size} bytes, expected {expected}. The file is cut off.")
        self.num_tokens = tokens.stat().st_size // self.dtype.itemsize
        #: Tokens of each sentence, end of sentence included: (sentences,), int32.
        self.sizes: npt.NDArray[Any] = self._map(index, np.int32, HEADER.size, self._count)
        self._offsets = self._map(index, np.int64, HEADER.size + 4 * self._count, self._count)
        #: All symbol numbers, sentence after sentence: (num_tokens,).
        self.tokens = self._map(tokens, self.dtype.type, 0, self.num_tokens)

    @staticmethod
    def _map(path: Path, dtype: type, offset: int, count: int) -> npt.NDArray[Any]:
        if count == 0:  # an empty file cannot be mapped
            return np.empty(0, dtype=dtype)
        mapped = np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=(count,))
        # Training reads in random order: reading ahead would fill memory with neighbours nobody asked for.
        mapped._mmap.madvise(mmap.MADV_RANDOM)  # type: ignore[attr-defined]
        return mapped

    def __len__(self) -> int:
        return int(self._count)

    def __getitem__(self, row: int) -> npt.NDArray[Any]:
        start = int(self._offsets[row]) // self.dtype.itemsize
        return self.tokens[start : start + int(self.sizes[row])]

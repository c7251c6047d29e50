"""Shingles of a text: the set of its neighbouring words, or characters where words are not set apart.

Sentences are short, so the whole set, at 2 bytes a shingle, is no larger than a MinHash signature that would only
estimate its similarity: a sentence of 25 words takes 52 bytes.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable
from zlib import crc32

import numpy as np
import numpy.typing as npt

from vega.languages import UNSEGMENTED

Hashes = npt.NDArray[np.uint32]

#: Stand before and after a text, so that even one word has two shingles.
_START, _END = 1, 2

_SIZE = struct.Struct("<I")


def hash_shingles(texts: Iterable[tuple[str, str]]) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Hashes of the pairs of neighbours in folded texts, each given as (language, text).

    Returns the hashes of all texts in one row, and where each text begins in it. The same on every machine and version.
    """
    tokens = array("I")
    starts: list[int] = []
    for code, text in texts:
        starts.append(len(tokens) - len(starts))  # a text has one pair less than tokens
        tokens.append(_START)
        if code in UNSEGMENTED:
            tokens.frombytes(text.replace(" ", "").encode("utf-32-le"))
        else:
            tokens.extend(map(crc32, text.encode().split()))
        tokens.append(_END)
    values = np.frombuffer(tokens, dtype=np.uint32).astype(np.uint64)
    begins = np.asarray(starts, dtype=np.int64)
    pairs = mix(values[:-1] << np.uint64(32) | values[1:])
    across = begins[1:] + np.arange(len(begins) - 1)  # from the end of a text to the start of the next
    return (np.delete(pairs, across) >> np.uint64(32)).astype(np.uint32), begins


def mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Scatter 64-bit values: splitmix64's last step, each bit of the result depends on all bits."""
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return values ^ values >> np.uint64(31)


def pack_rows(hashes: Hashes, begins: npt.NDArray[np.int64], sides: Iterable[int]) -> list[bytes]:
    """The sets of shingles of rows that have so many sides each, as bytes: for every side its size and 16-bit hashes.

    Two different shingles have the same 16 bits once in 65,536 times: a similarity is off by less than 0.001.
    """
    lengths = np.diff(np.append(begins, len(hashes))).astype(np.uint64)
    owners = np.repeat(np.arange(len(begins), dtype=np.uint64), lengths.astype(np.int64))
    unique = np.unique(owners << np.uint64(16) | hashes.astype(np.uint64) >> np.uint64(16))
    ends = np.searchsorted(unique >> np.uint64(16), np.arange(len(begins), dtype=np.uint64), side="right")
    values = unique.astype("<u2").tobytes()
    packed, begin, side = [], 0, 0
    for count in sides:
        parts = []
        for end in ends[side : side + count].tolist():
            parts += [_SIZE.pack(end - begin), values[2 * begin : 2 * end]]
            begin = end
        packed.append(b"".join(parts))
        side += count
    return packed


Shingles = list[frozenset[int]]


def unpack(packed: bytes) -> Shingles:
    """The sets that `pack_rows` wrote, one per side."""
    sides, at = [], 0
    while at < len(packed):
        (size,) = _SIZE.unpack_from(packed, at)
        at += _SIZE.size
        sides.append(frozenset(struct.unpack_from(f"<{size}H", packed, at)))
        at += 2 * size
    return sides


def similarity(first: Shingles, second: Shingles) -> float:
    """Jaccard similarity of the two rows' least similar sides, 0 to 1; rows of unlike languages are not similar."""
    if len(first) != len(second):
        return 0.0
    least = 1.0
    for a, b in zip(first, second, strict=True):
        common = len(a & b)
        least = min(least, common / (len(a) + len(b) - common))
    return least

"""Notice a file of translations whose lines are not in the order of the source: shifted, moved, sorted, shuffled.

Each line is compared with all lines of the reference and of the source by rare character n-grams (names, numbers and
copied words are such, and so are most stems). A line is displaced if it is much more alike to another line than to its
own, and is the line that is most alike to that one. A bad translation is like no line, and no line of it is displaced;
one that copies is like its own source. Where words say nothing, lengths do: those of translations go with those of
their sources, and if they go with the next line's instead, the file is shifted.

It is a warning, not an error: `tests/eval/test_order_check.py` holds it silent on the official outputs of WMT22, on
copies and on nonsense, and loud on all of them moved.

Shapes: N lines, V rare n-grams of a text.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

sparse: Any = importlib.import_module("scipy.sparse")  # by name: it has no types

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

#: An n-gram in more lines than this tells lines apart too little for its cost.
RARE = 20
#: Displaced: so alike to another line (cosines with reference and source, summed), and so many times the own line.
ALIKE, TIMES = 0.2, 3.0
#: Displaced lines by the same distance, each so near to the one before, that are a moved block; no chance gives three.
BLOCK, NEAR = 3, 5
#: Displaced lines by any distances that are a shuffled file: so many, and so large a share. Words thrown together from
#: the whole reference displace up to 18 % of WMT22's lines, a shuffled good translation 50 to 96 %.
SHUFFLED, SHUFFLED_SHARE = 5, 0.25
#: Lines compared at once, and lines shown in a warning.
AT_ONCE, SHOWN = 1000, 20
#: Correlation of lengths: with the own line below the first, with a neighbour above the second.
OWN_LENGTHS, OTHER_LENGTHS, FARTHEST = 0.3, 0.6, 10
#: Fewer lines say nothing by their lengths.
ENOUGH_LINES = 100


@dataclass(frozen=True)
class Disorder:
    """What is wrong, in words, and the lines (from 1) that show it, the first 20."""

    message: str
    lines: list[int]


class OrderCheck:
    """A test set that files of translations are held against. `source` may be empty where it is not known."""

    def __init__(self, source: Sequence[str], reference: Sequence[str]) -> None:
        self._known = [lines for lines in (reference, source) if lines]
        self._indexes = [_Index(lines) for lines in self._known]
        self._length = [_log_lengths(lines) for lines in self._known]
        self._lines = sparse.hstack([index.rows for index in self._indexes], format="csr").T.tocsr()

    def check(self, hypothesis: Sequence[str]) -> Disorder | None:
        """Hold a file of translations against the set; lines must be as many."""
        found = self._displaced(hypothesis)
        return _moved(found) or _shuffled(found, hypothesis) or self._shifted(hypothesis)

    def _displaced(self, hypothesis: Sequence[str]) -> Numbers:
        """(n, 2): line of the file, and the line that it is the translation of; in order of the first."""
        rows = sparse.hstack([index.of(hypothesis) for index in self._indexes], format="csr")
        best: dict[int, tuple[float, int]] = {}
        for start in range(0, len(hypothesis), AT_ONCE):
            block = (rows[start : start + AT_ONCE] @ self._lines).tocsr()
            for line, other, alike in _clearly_other(block, start):
                best[other] = max(best.get(other, (0.0, 0)), (alike, line))
        pairs = sorted((line, other) for other, (_, line) in best.items())
        return np.array(pairs, dtype=np.int64).reshape(-1, 2)

    def _shifted(self, hypothesis: Sequence[str]) -> Disorder | None:
        mine = _log_lengths(hypothesis)
        if len(mine) < ENOUGH_LINES or mine.std() == 0:
            return None
        for known in self._length:
            by_distance = {
                distance: _correlation(mine, known, distance)
                for distance in range(-FARTHEST, FARTHEST + 1)
                if len(mine) - abs(distance) >= ENOUGH_LINES
            }
            distance = max(by_distance, key=lambda each: by_distance[each])
            if by_distance[0] < OWN_LENGTHS and by_distance[distance] > OTHER_LENGTHS:
                return Disorder(
                    f"the lengths of the lines go with those of the source and reference {_beside(distance)}. "
                    "Is the file shifted?",
                    [],
                )
        return None


class _Index:
    """The rare n-grams of a text, weighted by how rare they are."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._order = 2 if _is_dense(lines) else 4
        line, gram = _grams(lines, self._order)
        self._known, counted = np.unique(gram, return_counts=True)
        self._weights = np.log((1 + len(lines)) / counted)
        self._unknown = float(np.log(1 + len(lines)))
        self._rare = counted <= RARE
        self.rows = self._vectors(line, gram, len(lines))

    def of(self, lines: Sequence[str]) -> Any:
        """(N, V) of another text."""
        return self._vectors(*_grams(lines, self._order), len(lines))

    def _vectors(self, line: Numbers, gram: NDArray[np.uint64], lines: int) -> Any:
        """Sparse (N, V), of length 1 if all n-grams of a line are rare and known, else less."""
        place = np.minimum(np.searchsorted(self._known, gram), max(len(self._known) - 1, 0))
        known = self._known[place] == gram if len(self._known) else np.zeros(len(gram), dtype=bool)
        weight = np.where(known, self._weights[place], self._unknown) if len(self._known) else np.ones(len(gram))
        length = np.sqrt(np.bincount(line, weights=weight**2, minlength=lines))
        use = known.copy()
        use[known] = self._rare[place[known]]
        values = weight[use] / length[line[use]]
        shape = (lines, max(len(self._known), 1))
        return sparse.csr_matrix((values, (line[use], place[use])), shape=shape)


def _clearly_other(block: Any, start: int) -> list[tuple[int, int, float]]:
    """(line, the other line, how alike) of the displaced lines among N' from `start`; block: (N', N) similarities."""
    found = []
    for number in range(block.shape[0]):
        begin, end = block.indptr[number], block.indptr[number + 1]
        others, alike = block.indices[begin:end], block.data[begin:end]
        if not len(others):
            continue
        line, top = start + number, int(alike.argmax())
        own = float(alike[others == line].sum())
        if alike[top] >= ALIKE and alike[top] > TIMES * own:
            found.append((line, int(others[top]), float(alike[top])))
    return found


def _moved(displaced: Numbers) -> Disorder | None:
    """Displaced lines that follow each other by the same distance."""
    if not len(displaced):
        return None
    distance = displaced[:, 1] - displaced[:, 0]
    others = (np.diff(distance) != 0) | (np.diff(displaced[:, 0]) > NEAR)
    starts = np.concatenate([[0], 1 + np.flatnonzero(others)])
    ends = [*starts[1:], len(distance)]
    runs = [(int(end - start), int(start)) for start, end in zip(starts, ends, strict=True) if end - start >= BLOCK]
    if not runs:
        return None
    count, start = max(runs, key=lambda run: (run[0], -run[1]))
    first, last = displaced[start, 0] + 1, displaced[start + count - 1, 0] + 1
    moved = sum(count for count, _ in runs)
    shown = displaced[start : start + min(count, SHOWN), 0] + 1
    return Disorder(
        f"lines {first} to {last} look like translations of the source lines {first + distance[start]} to "
        f"{last + distance[start]}, {_beside(int(distance[start]))} ({moved} lines in {len(runs)} such blocks). "
        "Were lines lost, added or moved?",
        shown.tolist(),
    )


def _shuffled(displaced: Numbers, hypothesis: Sequence[str]) -> Disorder | None:
    if len(displaced) < max(SHUFFLED, SHUFFLED_SHARE * len(hypothesis)):
        return None
    how = "sorted" if list(hypothesis) == sorted(hypothesis) else "shuffled"
    line, other = displaced[0] + 1
    return Disorder(
        f"{len(displaced)} lines look like translations of other lines (line {line} like that of source line {other}). "
        f"Is the file {how}?",
        (displaced[:SHOWN, 0] + 1).tolist(),
    )


def _beside(distance: int) -> str:
    plural = "" if abs(distance) == 1 else "s"
    return f"{abs(distance)} line{plural} {'further down' if distance > 0 else 'further up'}"


def _grams(lines: Sequence[str], order: int) -> tuple[Numbers, NDArray[np.uint64]]:
    """Line number and hash of each different n-gram of each line."""
    text = "".join(f"{line.lower()}\n" for line in lines)
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    if len(codes) < order:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)
    ends = np.concatenate([[0], np.cumsum(codes == ord("\n"))])
    hashed = np.zeros(len(codes) - order + 1, dtype=np.uint64)
    for place in range(order):
        hashed = hashed * np.uint64(0x9E3779B97F4A7C15) + codes[place : place + len(hashed)]
    inside = ends[order:] == ends[: len(hashed)]
    line, gram = ends[: len(hashed)][inside], hashed[inside]
    by_line = np.lexsort((gram, line))
    line, gram = line[by_line], gram[by_line]
    first = np.ones(len(line), dtype=bool)
    first[1:] = (line[1:] != line[:-1]) | (gram[1:] != gram[:-1])
    return line[first], gram[first]


def _is_dense(lines: Sequence[str]) -> bool:
    """Whether it is text in Chinese or Japanese characters, whose n-grams say as much as others twice as long."""
    text = "".join(lines[:500])
    return sum(character > "⺀" for character in text) > len(text) / 4


def _log_lengths(lines: Sequence[str]) -> Array:
    return np.log(np.array([1 + len(line) for line in lines], dtype=np.float64))


def _correlation(mine: Array, known: Array, distance: int) -> float:
    """Of line i of mine with line i + distance of the known."""
    count = len(mine) - abs(distance)
    first, second = mine[max(0, -distance) :][:count], known[max(0, distance) :][:count]
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])

"""A quantised fastText classifier, asked for many lines at once (Joulin et al. 2016; the format is that of its C++).

It gives the labels and probabilities of the library, which takes one line at a time and three times as long: here a
word is looked up once, whatever the number of lines that hold it, and numpy does the sums, in the library's order.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Lines and words computed at once: their arrays stay in the processor's cache.
_LINES, _SUMMED, _WORDS = 2048, 64, 1024
#: Words whose rows are remembered, and the characters of the longest: Chinese "words" are sentences, and seldom repeat.
_REMEMBERED, _LONGEST = 50_000, 24

_MAGIC, _VERSION, _SUPERVISED, _HIERARCHICAL = 793712314, 12, 3, 1
_CENTROIDS = 256
_END, _LABEL = "</s>", "__label__"
#: What separates words besides the space; other white space does not.
_SEPARATORS = re.compile("[\n\r\t\v\f\0]")
_FNV_BASIS, _FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)

#: Of glibc's expf: the steps between two powers of two, their values without the exponent, and a polynomial.
_STEPS, _LOG2_E = 32, float.fromhex("0x1.71547652b82fep+0")
_POWERS = (2.0 ** (np.arange(_STEPS) / _STEPS)).view(np.int64) - (np.arange(_STEPS) << 47)
_CUBE = float.fromhex("0x1.c6af84b912394p-5") / _STEPS**3
_SQUARE = float.fromhex("0x1.ebfce50fac4f3p-3") / _STEPS**2
_LINEAR = float.fromhex("0x1.62e42ff0c52d6p-1") / _STEPS

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


class Guesses(NamedTuple):
    """The labels of lines, one entry for each: the line's place, the label's place, and its probability.

    Sorted by lines, within a line the most probable first.
    """

    lines: Places
    labels: Places
    probabilities: Floats


class FastText:
    """`labels` are the names of the labels, without "__label__". ValueError for a model of another kind than lid.176's.

    That is: quantised rows, a dense hierarchical softmax, character n-grams, no word n-grams.
    """

    def __init__(self, path: Path) -> None:
        file = _File(path.read_bytes())
        head = _Head(*file.numbers("<2i12id"))
        if (head.magic, head.version, head.model, head.loss, head.word_ngrams) != (
            _MAGIC, _VERSION, _SUPERVISED, _HIERARCHICAL, 1,
        ) or head.shortest < 2:  # fmt: skip
            raise ValueError(f"{path}: not a fastText classifier of the kind that is read here")
        self._lengths = range(head.shortest, head.longest + 1)
        size, words, _, _, pruned = file.numbers("<3i2q")
        entries = [file.entry() for _ in range(size)]
        self._words = {word: row for row, (word, _) in enumerate(entries[:words])}
        self.labels = [name.removeprefix(_LABEL) for name, _ in entries[words:]]
        ngrams = file.array(np.int32, 2 * pruned).reshape(-1, 2)
        self._table = file.quantised(head.dimension)
        # One row more, of zeros: of what the model does not know.
        self._nothing = len(self._table) - 1
        self._kind = np.min_scalar_type(self._nothing)
        self._ngrams = np.full(head.buckets, self._nothing, self._kind)
        self._ngrams[ngrams[:, 0]] = words + ngrams[:, 1]
        self._tree = _Tree(file.dense(), [count for _, count in entries[words:]])
        self._end = self._words.get(_END)
        self._known: dict[str, bytes] = {}

    def predict(self, texts: Sequence[str], most: int, least: float) -> Guesses:
        """At most `most` labels for each line, with a probability of at least about `least`."""
        found = [_NONE]
        for start in range(0, len(texts), _LINES):
            some = self._predict(texts[start : start + _LINES], most, least)
            found.append(some._replace(lines=some.lines + start))
        return _joined(found)

    def _predict(self, texts: Sequence[str], most: int, least: float) -> Guesses:
        lines, nodes, scores = self._tree.leaves(self._hidden(texts), np.float32(least))
        order = np.lexsort((-scores, lines))
        lines, nodes, scores = lines[order], nodes[order], scores[order]
        rank = np.arange(len(lines)) - np.searchsorted(lines, lines)
        best = rank < most
        return Guesses(lines[best], nodes[best], _exp(scores[best]))

    def _hidden(self, texts: Sequence[str]) -> Floats:
        """The mean of each text's rows, (texts, dimension)."""
        texts, tokens = _tokens(texts)
        self._learn(list(set(tokens).difference(self._known)))
        rows = list(map(self._known.__getitem__, tokens))
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        sizes = np.fromiter(map(len, rows), np.int64, len(rows)) // self._kind.itemsize
        ends = np.cumsum([text.count(" ") + 1 for text in texts])
        counts = np.add.reduceat(sizes, np.append(0, ends[:-1]))
        sums = self._sums(np.frombuffer(b"".join(rows), self._kind), counts)
        if self._end is not None:
            sums, counts = sums + self._table[self._end], counts + 1
        with np.errstate(divide="ignore", invalid="ignore"):  # a text of which nothing is known
            return sums * (1.0 / counts).astype(np.float32)[:, None]

    def _sums(self, rows: NDArray[Any], counts: Places) -> Floats:
        """For each text the sum of so many rows of the table, in their order: a sum of floats depends on it."""
        sums = np.zeros((len(counts), self._table.shape[1]), np.float32)
        begins = np.cumsum(counts) - counts
        order = np.argsort(counts, kind="stable")
        for start in range(0, len(order) if len(rows) else 0, _SUMMED):
            chosen = order[start : start + _SUMMED]
            place = np.arange(counts[chosen[-1]])[:, None]
            padded = rows.take(begins[chosen] + place, mode="clip")
            padded[place >= counts[chosen]] = self._nothing
            sums[chosen] = np.add.reduce(self._table.take(padded, axis=0), axis=0)
        return sums

    def _learn(self, words: Sequence[str]) -> None:
        """Remember the rows of new words: their own, and those of their n-grams."""
        for start in range(0, len(words), _WORDS):
            some = words[start : start + _WORDS]
            self._known.update(zip(some, self._rows(some), strict=True))

    def _rows(self, words: Sequence[str]) -> Iterator[bytes]:
        lengths = np.fromiter(map(len, words), np.int64, len(words)) + 2
        ends = np.cumsum(lengths)
        begins = ends - lengths
        text = "".join([f"<{word}>" for word in words])
        characters = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        left = np.repeat(ends, lengths) - np.arange(len(characters))  # characters up to the end of the word
        rows = np.full((len(characters), 1 + len(self._lengths)), self._nothing, self._kind)
        rows[begins, 0] = np.fromiter(map(self._words.get, words, repeat(self._nothing)), self._kind, len(words))
        buckets = np.uint32(len(self._ngrams))
        for length, hashes in enumerate(_hashes(text, characters, self._lengths[-1]), start=1):
            if length in self._lengths:
                found = self._ngrams.take(hashes - hashes // buckets * buckets)  # % takes four times as long
                rows[:, 1 + length - self._lengths[0]] = np.where(left >= length, found, self._nothing)
        silent = [place for place, word in enumerate(words) if not word or word.startswith(_LABEL)]
        for place in silent:
            rows[begins[place] : ends[place]] = self._nothing
        known = rows != self._nothing
        counts = np.add.reduceat(known.ravel(), known.shape[1] * begins, dtype=np.int64)
        stops = (self._kind.itemsize * np.cumsum(counts)).tolist()
        content = rows[known].tobytes()
        return (content[begin:end] for begin, end in zip([0, *stops], stops, strict=False))


_NONE = Guesses(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))


def _joined(parts: Sequence[Guesses]) -> Guesses:
    return Guesses(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _tokens(texts: Sequence[str]) -> tuple[Sequence[str], list[str]]:
    """The texts with spaces for all separators, up to a literal "</s>"; and the words of all, in one row."""
    together = " ".join(texts)
    if not together.isprintable():
        texts = [_SEPARATORS.sub(" ", text) for text in texts]
        together = " ".join(texts)
    if _END in together:
        texts = [" ".join(_before_end(text.split(" "))) for text in texts]
        together = " ".join(texts)
    return texts, together.split(" ")


def _before_end(words: list[str]) -> list[str]:
    return words[: words.index(_END)] if _END in words else words


def _hashes(text: str, characters: NDArray[np.uint32], longest: int) -> Iterator[NDArray[np.uint32]]:
    """For 1 to `longest` characters from each place on the FNV-1a hash of their UTF-8, its bytes taken as signed."""
    content = np.frombuffer(text.encode(), np.int8).astype(np.uint32)
    sizes = 1 + (characters > 0x7F).astype(np.int64) + (characters > 0x7FF) + (characters > 0xFFFF)
    starts = np.cumsum(sizes) - sizes
    places = [np.flatnonzero(sizes > byte) for byte in range(int(sizes.max(initial=0)))]
    values = [content[starts[having] + byte] for byte, having in enumerate(places)]
    hashes = np.full(len(characters), _FNV_BASIS)
    for length in range(longest):
        for having, value in zip(places, values, strict=True):
            skipped = np.searchsorted(having, length)  # what follows the first places is no character of theirs
            if len(having) == len(characters):
                left = hashes[: max(0, len(hashes) - length)]
                left ^= value[skipped:]
                left *= _FNV_PRIME
            else:
                at = having[skipped:] - length
                hashes[at] = (hashes[at] ^ value[skipped:]) * _FNV_PRIME
        yield hashes


class _Tree:
    """The Huffman tree of the labels: rows of `output` are its inner nodes, `counts` the labels' frequencies."""

    def __init__(self, output: Floats, counts: Sequence[int]) -> None:
        self._output, self._children, self._labels = output, _huffman(counts), len(counts)

    def leaves(self, hidden: Floats, least: np.float32) -> Guesses:
        """All labels that are probable enough, in no order, with the logarithms of their probabilities."""
        threshold = _log(np.array([least]))[0]
        lines = np.flatnonzero(~np.isnan(hidden).any(axis=1))
        nodes = np.full(len(lines), 2 * self._labels - 2)
        scores = np.zeros(len(lines), np.float32)
        found = [_NONE]
        while len(lines):
            inner = nodes >= self._labels
            found.append(Guesses(lines[~inner], nodes[~inner], scores[~inner]))
            lines, nodes, scores = lines[inner], nodes[inner] - self._labels, scores[inner]
            right = self._right(hidden[lines], nodes)
            lines = np.concatenate([lines, lines])
            nodes = np.concatenate([self._children[nodes, 0], self._children[nodes, 1]])
            left = (1.0 - right.astype(np.float64)).astype(np.float32)
            scores = np.concatenate([scores + _log(left), scores + _log(right)])
            likely = scores >= threshold
            lines, nodes, scores = lines[likely], nodes[likely], scores[likely]
        return _joined(found)

    def _right(self, hidden: Floats, nodes: Places) -> Floats:
        """The probability of the second child."""
        products = hidden * self._output[nodes]
        sums = products[:, 0]
        for column in range(1, products.shape[1]):
            sums = sums + products[:, column]
        odds = np.float32(1) + _exp(-sums)
        return (1.0 / odds.astype(np.float64)).astype(np.float32)


def _exp(values: Floats) -> Floats:
    """As glibc's expf since 2.28, to the last bit, so that the library's numbers come out: 2 ** (n + r / 32)."""
    scaled = np.clip(values, -87, 88).astype(np.float64) * (_LOG2_E * _STEPS)
    whole = np.rint(scaled)
    steps, rest = whole.astype(np.int64), scaled - whole
    powers = (_POWERS[steps % _STEPS] + (steps << 47)).view(np.float64)
    exact: NDArray[np.float64] = ((_CUBE * rest + _SQUARE) * (rest * rest) + (_LINEAR * rest + 1)) * powers
    return exact.astype(np.float32)


def _log(values: Floats) -> Floats:
    logarithms: Floats = np.log(values.astype(np.float64) + 1e-5).astype(np.float32)
    return logarithms


def _huffman(counts: Sequence[int]) -> Places:
    """The children of each inner node, (inner nodes, 2): below len(counts) labels, which are sorted by their counts."""
    weights, children = list(counts), []
    leaf, node = len(counts) - 1, len(counts)
    for _ in range(len(counts) - 1):
        pair = []
        for _ in range(2):
            if leaf >= 0 and (node >= len(weights) or weights[leaf] < weights[node]):
                pair.append(leaf)
                leaf -= 1
            else:
                pair.append(node)
                node += 1
        children.append(pair)
        weights.append(weights[pair[0]] + weights[pair[1]])
    return np.array(children, np.int64).reshape(-1, 2)


class _Head(NamedTuple):
    magic: int
    version: int
    dimension: int
    window: int
    epochs: int
    rarest: int
    negatives: int
    word_ngrams: int
    loss: int
    model: int
    buckets: int
    shortest: int  # n-grams, characters
    longest: int
    rate: int
    sampling: float


class _File:
    """Reads the parts of a model file one after another."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def numbers(self, layout: str) -> tuple[Any, ...]:
        self._at += struct.calcsize(layout)
        return struct.unpack_from(layout, self._content, self._at - struct.calcsize(layout))

    def array(self, kind: type[np.generic], count: int) -> NDArray[Any]:
        self._at += count * np.dtype(kind).itemsize
        return np.frombuffer(self._content, kind, count, self._at - count * np.dtype(kind).itemsize)

    def entry(self) -> tuple[str, int]:
        """A word or label and how often it was seen."""
        end = self._content.index(0, self._at)
        word = self._content[self._at : end].decode(errors="surrogateescape")
        self._at = end + 1
        return word, self.numbers("<qb")[0]

    def quantised(self, dimension: int) -> Floats:
        """The rows of a matrix whose parts are numbers of centroids, and one row of zeros."""
        quantised, has_norms, rows, _, size = self.numbers("<2?2qi")
        if not quantised:
            raise ValueError("not a quantised fastText model")
        codes = self.array(np.uint8, size).reshape(rows, -1)
        table = self._centroids(codes)
        if has_norms:
            table = table * self._centroids(self.array(np.uint8, rows)[:, None])
        return np.vstack([table, np.zeros((1, dimension), np.float32)])

    def _centroids(self, codes: NDArray[np.uint8]) -> Floats:
        dimension, parts, each, last = self.numbers("<4i")
        if last != each:
            raise ValueError("parts of unlike size in a quantised fastText model")
        centroids = self.array(np.float32, dimension * _CENTROIDS).reshape(parts, _CENTROIDS, each)
        return centroids[np.arange(parts), codes].reshape(len(codes), dimension)

    def dense(self) -> Floats:
        quantised, rows, columns = self.numbers("<?2q")
        if quantised:
            raise ValueError("quantised output in a fastText model")
        return self.array(np.float32, rows * columns).reshape(rows, columns)

"""Training lines with noise, made when they are read: tokens to text, changed, and to tokens again.

A noised line is one number, at or above the size of the dataset, made of its draw (the how-manyeth of its stream), its
stream, and its phase. All chance comes from the seed and that number. So nothing depends on processes, on where
training resumed, or on whether a batch had to be split and read again. Batches are planned before any text is read,
from a bound of the length; a line that outgrows it stays as it was.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fairseq_plugins.data.bitext import Bitext, MultidirectionalDataset
from vega.sampling import Int64Array, draw_hashes, drawn_rows
from vega.settings import TextNoise
from vega.text_noise import Case, has_case, has_spaces, joined, with_case, with_typos
from vega.vocabulary import EOS, UNKNOWN, Vocabulary

#: What is done to a line, as bits of a number.
LOWER, UPPER, TITLE, TYPOS, MERGE = 1, 2, 4, 8, 16
_CASES: dict[int, Case] = {LOWER: "lower", UPPER: "upper", TITLE: "title"}
#: Changes of either side.
_OF_TARGET = UPPER | TITLE | MERGE

#: A line grows to at most so many times its tokens, and 8 tokens: measured on English and German with 16k pieces, 0 to
#: 0.1 % of the lines outgrow it by `lower` and `title`, 0.5 to 3 % by typos (5 % of the letters: 1.3 times as many
#: tokens in the mean), 1 to 8 % by `upper` (2.4 to 2.7 times).
_GROWTH_CASE, _GROWTH_UPPER, _GROWTH_PER_TYPO, _GROWTH_LIMIT, _MORE = 1.5, 3.0, 10.0, 3.0, 8

Lengths = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.uint8]


class NoisyText:
    """The lines of a dataset with the noise of each phase of training."""

    def __init__(
        self,
        dataset: MultidirectionalDataset,
        noise: Sequence[TextNoise | None],
        vocabulary: Vocabulary,
        seed: int,
        tag: int | None = None,
    ) -> None:
        """`noise` of each phase; `tag` is the symbol of changed lines."""
        self._bitexts, self._size = dataset.bitexts, len(dataset)
        self._clean = dataset.clean_item
        self.noise, self._vocabulary, self._seed, self._tag = list(noise), vocabulary, seed, tag

    def is_on(self, phase: int) -> bool:
        """Whether lines of a phase have noise."""
        options = self.noise[phase]
        return options is not None and options.is_on

    # Planning

    def draw(
        self, phase: int, which: int, positions: Int64Array, fits: Callable[[Lengths, Lengths], npt.NDArray[np.bool_]]
    ) -> tuple[Int64Array, Int64Array, Lengths, Lengths]:
        """For draws of a stream: their sentence numbers, numbers of noised lines (-1 = clean), and the most tokens that
        source (tags counted) and target will have, each (draws,). A line that would not fit any more stays clean."""
        bitext = self._bitexts[which]
        rows = self._rows(bitext, np.append(positions, positions[-1:] + 1))
        kinds = self._kinds(phase, bitext, positions)
        rows, following = rows[:-1], rows[1:]
        source, target = self._bounds(phase, bitext, kinds, rows, following)
        kinds[~fits(source, target)] = 0
        source, target = self._bounds(phase, bitext, kinds, rows, following)
        numbers = self._size + (positions * len(self._bitexts) + which) * len(self.noise) + phase
        return rows, np.where(kinds > 0, numbers, -1), source, target

    def _rows(self, bitext: Bitext, positions: Int64Array) -> Int64Array:
        return drawn_rows(bitext.stream, len(bitext.source), self._seed, positions)

    def _kinds(self, phase: int, bitext: Bitext, positions: Int64Array) -> Kinds:
        """What happens to each draw, (draws,)."""
        options = self.noise[phase]
        kinds = np.zeros(len(positions), np.uint8)
        if options is None:
            return kinds

        def chance(of: str) -> npt.NDArray[np.float64]:
            return (draw_hashes(positions, self._seed, bitext.stream, of) >> np.uint64(11)) * 2.0**-53

        if has_case(bitext.direction.source):
            edges = np.cumsum([options.lower, options.upper, options.title])
            kinds += np.array([LOWER, UPPER, TITLE, 0], np.uint8)[np.searchsorted(edges, chance("case"), "right")]
        kinds += (chance("typos") < options.typos).astype(np.uint8) * np.uint8(TYPOS)
        kinds += (chance("merge") < options.merge).astype(np.uint8) * np.uint8(MERGE)
        return kinds

    def _bounds(
        self, phase: int, bitext: Bitext, kinds: Kinds, rows: Int64Array, following: Int64Array
    ) -> tuple[Lengths, Lengths]:
        """The most tokens of source (tags counted) and target."""
        options = self.noise[phase]
        tags = len(bitext.source_tags) + (options is not None and options.tag) * (kinds > 0)
        merged = (kinds & MERGE) > 0
        case = np.where(kinds & UPPER, _GROWTH_UPPER, 1.0)
        source_case = np.where(kinds & (LOWER | TITLE), _GROWTH_CASE, case)
        target_case = np.where(kinds & TITLE, _GROWTH_CASE, case)
        typos = _GROWTH_PER_TYPO * options.typo_rate * ((kinds & TYPOS) > 0) if options is not None else 0.0
        growth = np.minimum(source_case + typos, _GROWTH_LIMIT)
        source, target = (
            side.sizes[rows].astype(np.int64) + merged * (side.sizes[following].astype(np.int64) - 1)
            for side in (bitext.source, bitext.target)
        )
        return (
            np.ceil(source * growth).astype(np.int64) + _MORE * ((kinds & ~_exact(bitext.direction.source)) > 0) + tags,
            np.ceil(target * target_case).astype(np.int64)
            + _MORE * ((kinds & _OF_TARGET & ~_exact(bitext.direction.target)) > 0),
        )

    # Reading

    def items(self, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The noised lines of these numbers, as items of the dataset."""
        places = np.array(numbers, np.int64) - self._size
        draws, phases = np.divmod(places, len(self.noise))
        positions, streams = np.divmod(draws, len(self._bitexts))
        found = {}
        for phase, which in sorted(set(zip(phases.tolist(), streams.tolist(), strict=True))):
            mine = np.flatnonzero((phases == phase) & (streams == which))
            found.update(self._items(phase, which, positions[mine], [numbers[i] for i in mine]))
        return found

    def _items(
        self, phase: int, which: int, positions: Int64Array, numbers: Sequence[int]
    ) -> dict[int, dict[str, Any]]:
        bitext = self._bitexts[which]
        rows, following = np.split(self._rows(bitext, np.concatenate([positions, positions + 1])), 2)
        kinds = self._kinds(phase, bitext, positions)
        bounds = np.stack(self._bounds(phase, bitext, kinds, rows, following), axis=1)
        seeds = draw_hashes(positions, self._seed, bitext.stream, "letters").tolist()
        return {
            number: {
                **self._item(phase, which, int(kinds[i]), (int(rows[i]), int(following[i])), bounds[i], seeds[i]),
                "id": number,
            }
            for i, number in enumerate(numbers)
        }

    def _item(
        self, phase: int, which: int, kinds: int, rows: tuple[int, int], bounds: Lengths, seed: int
    ) -> dict[str, Any]:
        """The line as it is read in training; clean where it cannot be changed."""
        options = self.noise[phase]
        clean = self._clean(which, rows[0])
        assert options is not None
        bitext, rng = self._bitexts[which], random.Random(seed)
        tags = (*bitext.source_tags, self._tag) if options.tag else bitext.source_tags
        source = self._changed(bitext, "source", kinds, rows, options.typo_rate, rng)
        target = self._changed(bitext, "target", kinds & _OF_TARGET, rows, options.typo_rate, rng)
        if source is None or target is None or len(source) + len(tags) > bounds[0] or len(target) > bounds[1]:
            return clean
        if np.array_equal(source, clean["source"]) and np.array_equal(target, clean["target"]):
            return clean
        return {**clean, "source": source, "target": target, "tags": tags}

    def _changed(
        self, bitext: Bitext, side: str, kinds: int, rows: tuple[int, int], typo_rate: float, rng: random.Random
    ) -> np.ndarray | None:
        """Tokens of one side, with </s>; None where it has symbols that stand for no text."""
        store, code = getattr(bitext, side), getattr(bitext.direction, side)
        if not kinds:
            tokens: np.ndarray = store[rows[0]]
            return tokens
        lines = [store[row][:-1] for row in rows[: 2 if kinds & MERGE else 1]]
        if any(UNKNOWN in line for line in lines):
            return None
        texts = [self._vocabulary.decode(line.tolist()) for line in lines]
        text = joined(texts[0], texts[1], code) if len(texts) > 1 else texts[0]
        for kind, case in _CASES.items():
            text = with_case(text, case) if kinds & kind else text
        text = with_typos(text, typo_rate, rng) if kinds & TYPOS else text
        encoded = self._vocabulary.encode(text, code)
        return None if UNKNOWN in encoded else np.array([*encoded, EOS], dtype=store.dtype)


def _exact(code: str) -> np.uint8:
    """What adds no token of its own: lines joined at a space have the tokens of both."""
    return np.uint8(MERGE if has_spaces(code) else 0)

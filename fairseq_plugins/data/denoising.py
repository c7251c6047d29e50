"""Text in many languages, to be restored from a version with words masked out: a dataset for denoising pre-training.

BART's text infilling (Lewis et al. 2020, arXiv 1910.13461, section 2.2), in many languages as mBART has it (Liu et al.
2020, arXiv 2001.08210). The encoder reads the language's tag, the masked text, </s>; the decoder begins with the same
tag and gives the text. Masks are drawn anew each time that a sentence is read in training, from the seed and the draw
alone: the same for any number of processes and loaders, and after a resume. Elsewhere a sentence has one version.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fairseq_plugins.data.bitext import Bitext, MultidirectionalDataset
from vega.directions import Direction
from vega.ops.token_noise import infill, longest_infilled
from vega.sampling import Int64Array, draw_hashes, drawn_rows
from vega.text_noise import has_spaces
from vega.token_store import TokenStore
from vega.vocabulary import WORD_START


@dataclass(frozen=True)
class Monotext(Bitext):
    """One language of one set: source and target are the same text."""

    #: The set's name, with its languages where several sets of this name have the language.
    label: str = ""

    @classmethod
    def of(cls, code: str, name: str, label: str, store: TokenStore, tag: int) -> Monotext:
        """`tag` is the symbol of the language `code`."""
        return cls(Direction(code, code), name, store, store, tag, tag, label=label)

    @property
    def stream(self) -> str:
        return f"{self.group}/{self.label}"

    @property
    def group(self) -> str:
        return self.direction.source


@dataclass(frozen=True)
class Infilling:
    """What is masked: the `share` of the words, 0..1, in spans of Poisson(`mean_span`) words, each replaced by `mask`.

    `begins_word` (symbols,) tells the pieces that begin a word; without spaces in a language, every piece is one.
    """

    mask: int
    begins_word: npt.NDArray[np.bool_]
    share: float = 0.15
    mean_span: float = 3.0

    def source(self, sentence: npt.NDArray[Any], code: str, seed: int) -> npt.NDArray[Any]:
        """A sentence (n,), its last token </s>, as the encoder reads it: at most `longest` tokens, the last </s>."""
        text = sentence[:-1]
        starts = self.begins_word[text] if has_spaces(code) else np.ones(len(text), np.bool_)
        rng = np.random.default_rng(seed)
        masked = infill(text, starts, self.mask, rng, share=self.share, mean_span=self.mean_span)
        return np.append(masked, sentence[-1:])

    def longest(self, sizes: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The most tokens that sentences of these sizes, </s> counted, become."""
        return longest_infilled(sizes - 1, self.share) + 1


def begins_word(symbols: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which symbols of a dictionary begin a word."""
    return np.array([symbol.startswith(WORD_START) for symbol in symbols], np.bool_)


class DenoisingDataset(MultidirectionalDataset):
    """Monolingual texts one after another. An index below the size has fixed masks, those above are draws."""

    bitexts: list[Bitext]

    def __init__(self, texts: Sequence[Monotext], pad: int, infilling: Infilling) -> None:
        super().__init__(texts, pad)
        self.infilling = infilling

    def clean_item(self, which: int, row: int) -> dict[str, Any]:
        """A sentence under the masks it always has: validation is the same for every seed."""
        hashed = draw_hashes(np.array([row], np.int64), "fixed", self.bitexts[which].stream)
        return self.masked_item(which, row, int(hashed[0]))

    def masked_item(self, which: int, row: int, seed: int) -> dict[str, Any]:
        """A sentence under the masks of a seed."""
        item = super().clean_item(which, row)
        source = self.infilling.source(item["target"], self.bitexts[which].group, seed)
        return {**item, "source": source}

    def lengths(self, which: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The most tokens the source of some rows can have (tag counted), and tokens of the target."""
        sizes = self.bitexts[which].target.sizes[rows]
        return self.infilling.longest(sizes) + len(self.bitexts[which].source_tags), sizes


class DrawnMasks:
    """Masks of training: a line's number is made of its draw (the how-manyeth of its stream) and its stream."""

    def __init__(self, dataset: DenoisingDataset, seed: int) -> None:
        self._dataset, self._seed = dataset, seed

    def is_on(self, phase: int) -> bool:
        """Always."""
        return True

    def draw(
        self, phase: int, which: int, positions: Int64Array, fits: Callable[[np.ndarray, np.ndarray], np.ndarray]
    ) -> tuple[Int64Array, Int64Array, np.ndarray, np.ndarray]:
        """For draws of a text: their sentence numbers, line numbers, and bounds of source and target, (draws,) each."""
        rows = self._rows(which, positions)
        numbers = len(self._dataset) + positions * len(self._dataset.bitexts) + which
        return rows, numbers, *self._dataset.lengths(which, rows)

    def _rows(self, which: int, positions: Int64Array) -> Int64Array:
        text = self._dataset.bitexts[which]
        return drawn_rows(text.stream, len(text.target), self._seed, positions)

    def items(self, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The lines of these numbers, as items of the dataset."""
        positions, streams = np.divmod(np.array(numbers, np.int64) - len(self._dataset), len(self._dataset.bitexts))
        found = {}
        for which in np.unique(streams).tolist():
            mine = np.flatnonzero(streams == which)
            rows = self._rows(which, positions[mine])
            seeds = draw_hashes(positions[mine], self._seed, self._dataset.bitexts[which].stream, "masks")
            for i, row, seed in zip(mine.tolist(), rows.tolist(), seeds.tolist(), strict=True):
                found[numbers[i]] = {**self._dataset.masked_item(which, row, seed), "id": numbers[i]}
        return found

"""Line-aligned text in many languages as one fairseq dataset: every direction reads the same memory maps.

Shapes: B sentences, S source tokens, T target tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from fairseq.data import FairseqDataset

from vega.directions import Direction
from vega.token_store import TokenStore


@dataclass(frozen=True)
class Bitext:
    """One direction of one source: two views on token stores that other directions share."""

    direction: Direction
    name: str
    source: TokenStore
    target: TokenStore
    source_tag: int
    target_tag: int
    #: How synthetic text was made (`bt`, `ft`, `ct`), and the symbol that tells the encoder; genuine text has neither.
    tag: str = ""
    data_tag: int | None = None

    @property
    def stream(self) -> str:
        """How the pair of direction and source is called in plans and logs."""
        return f"{self.direction}/{self.name}"

    @property
    def group(self) -> str:
        """What validation reports together, and weights can name: the direction."""
        return str(self.direction)

    @property
    def source_tags(self) -> tuple[int, ...]:
        """What the encoder reads before the source: the language, then the kind of data (Caswell et al. 2019)."""
        return (self.source_tag,) if self.data_tag is None else (self.source_tag, self.data_tag)

    @property
    def num_tokens(self) -> int:
        """Tokens that batches of this bitext hold: the longer side, summed; read from file sizes."""
        return max(self.source.num_tokens, self.target.num_tokens)


class DrawnNoise(Protocol):
    """Noise that hangs on how a sentence is drawn. A noised line is a number, at or above the size of the dataset."""

    def is_on(self, phase: int) -> bool:
        """Whether lines of a phase have noise."""

    def draw(
        self, phase: int, which: int, positions: np.ndarray, fits: Callable[[np.ndarray, np.ndarray], np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """For draws of a stream: their sentence numbers, numbers of noised lines (-1 = clean), and the most tokens that
        source (tags counted) and target will have, each (draws,)."""

    def items(self, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The noised lines of these numbers, as items of the dataset."""


class MultidirectionalDataset(FairseqDataset):
    """The bitexts one after another; an index counts through all of them. Higher ones are those of noised lines.

    A row of a batch is the source (language tag, data tag if any, tokens, </s>), the target (tokens, </s>), and what
    the decoder reads: the target's language tag, then the target without its last token. `right_to_left` turns the
    target's tokens round, </s> stays last; lines themselves, and what noise reads of them, are as they are stored.
    """

    def __init__(self, bitexts: Sequence[Bitext], pad: int, right_to_left: bool = False) -> None:
        super().__init__()
        self.bitexts = list(bitexts)
        self.pad = pad
        self.right_to_left = right_to_left
        #: Set for training with noise.
        self.noise: DrawnNoise | None = None
        #: First index of each bitext, and the total at the end.
        self.starts = np.cumsum([0, *(len(b.source) for b in self.bitexts)], dtype=np.int64)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def locate(self, index: int) -> tuple[int, int]:
        """The bitext and its row behind an index."""
        which = int(np.searchsorted(self.starts, index, side="right")) - 1
        return which, int(index - self.starts[which])

    def __getitem__(self, index: int) -> dict[str, Any]:
        if self.noise is not None and index >= len(self):
            return self.noise.items([index])[index]
        return self.clean_item(*self.locate(index))

    def __getitems__(self, indices: list[int]) -> list[dict[str, Any]]:
        """What torch's loader asks for: a whole batch."""
        noised = self.noise.items([i for i in indices if i >= len(self)]) if self.noise is not None else {}
        return [noised.get(i) or self[i] for i in indices]

    def clean_item(self, which: int, row: int) -> dict[str, Any]:
        """A sentence as it is stored."""
        bitext = self.bitexts[which]
        index = int(self.starts[which]) + row
        return {"id": index, "bitext": which, "source": bitext.source[row], "target": bitext.target[row]}

    def lengths(self, which: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Source tokens (tags counted) and target tokens of some rows of one bitext."""
        bitext = self.bitexts[which]
        return bitext.source.sizes[rows] + len(bitext.source_tags), bitext.target.sizes[rows]

    def size(self, index: int) -> tuple[int, int]:
        which, row = self.locate(index)
        source, target = self.lengths(which, np.array([row]))
        return int(source[0]), int(target[0])

    def num_tokens(self, index: int) -> int:
        return max(self.size(index))

    def collater(self, samples: list[dict[str, Any]]) -> dict[str, Any]:
        """A batch as fairseq's translation models and criterions expect it; sources sorted longest first."""
        if not samples:
            return {}
        before = [s.get("tags") or self.bitexts[s["bitext"]].source_tags for s in samples]
        order = sorted(range(len(samples)), key=lambda i: -len(samples[i]["source"]) - len(before[i]))
        samples, before = [samples[i] for i in order], [before[i] for i in order]
        target_tags = np.array([self.bitexts[s["bitext"]].target_tag for s in samples])
        source = self._padded([s["source"] for s in samples], before)  # (B, tags + S)
        target = self._padded([self._written(s["target"]) for s in samples])  # (B, T)
        previous = np.concatenate([target_tags[:, None], target[:, :-1]], axis=1)  # (B, T)
        target_lengths = np.array([len(s["target"]) for s in samples])
        previous[np.arange(target.shape[1]) >= target_lengths[:, None]] = self.pad
        counts = np.bincount([s["bitext"] for s in samples], weights=target_lengths, minlength=len(self.bitexts))
        return {
            "id": torch.tensor([s["id"] for s in samples]),
            "nsentences": len(samples),
            "ntokens": int(target_lengths.sum()),
            "net_input": {
                "src_tokens": torch.from_numpy(source),
                "src_lengths": torch.tensor(
                    [len(s["source"]) + len(tags) for s, tags in zip(samples, before, strict=True)]
                ),
                "prev_output_tokens": torch.from_numpy(previous),
            },
            "target": torch.from_numpy(target),
            "direction": self._direction(samples),
            "stream_tokens": counts.astype(np.int64).tolist(),  # target tokens of each bitext
        }

    def _written(self, target: np.ndarray) -> np.ndarray:
        """A target in the order in which it is written."""
        return np.append(target[-2::-1], target[-1:]) if self.right_to_left else target

    def _direction(self, samples: list[dict[str, Any]]) -> str:
        """Of all sentences, as in batches of validation; empty where they have several."""
        groups = {self.bitexts[which].group for which in {s["bitext"] for s in samples}}
        return groups.pop() if len(groups) == 1 else ""

    def _padded(self, rows: list[np.ndarray], before: list[tuple[int, ...]] | None = None) -> np.ndarray:
        """Rows of unequal length as one int64 array, padded on the right, `before` each some symbols."""
        before = before or [()] * len(rows)
        width = max(len(tags) + len(row) for tags, row in zip(before, rows, strict=True))
        out = np.full((len(rows), width), self.pad, dtype=np.int64)
        if any(before):
            out[:, 0] = [tags[0] for tags in before]
        for i, (tags, row) in enumerate(zip(before, rows, strict=True)):
            if len(tags) > 1:
                out[i, 1 : len(tags)] = tags[1:]
            out[i, len(tags) : len(tags) + len(row)] = row
        return out

    @property
    def supports_prefetch(self) -> bool:
        return False

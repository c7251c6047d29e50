"""Line-aligned text in many languages as one fairseq dataset: every direction reads the same memory maps.

Shapes: B sentences, S source tokens, T target tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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

    @property
    def stream(self) -> str:
        """How the pair of direction and source is called in plans and logs."""
        return f"{self.direction}/{self.name}"

    @property
    def num_tokens(self) -> int:
        """Tokens that batches of this bitext hold: the longer side, summed; read from file sizes."""
        return max(self.source.num_tokens, self.target.num_tokens)


class MultidirectionalDataset(FairseqDataset):
    """The bitexts one after another; an index counts through all of them.

    An item is `source` (source tag, tokens, </s>), `target` (tokens, </s>) and what the decoder reads: the target tag,
    then the target without its last token.
    """

    def __init__(self, bitexts: Sequence[Bitext], pad: int) -> None:
        super().__init__()
        self.bitexts = list(bitexts)
        self.pad = pad
        #: First index of each bitext, and the total at the end.
        self.starts = np.cumsum([0, *(len(b.source) for b in self.bitexts)], dtype=np.int64)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def locate(self, index: int) -> tuple[int, int]:
        """The bitext and its row behind an index."""
        which = int(np.searchsorted(self.starts, index, side="right")) - 1
        return which, int(index - self.starts[which])

    def __getitem__(self, index: int) -> dict[str, Any]:
        which, row = self.locate(index)
        bitext = self.bitexts[which]
        return {"id": int(index), "bitext": which, "source": bitext.source[row], "target": bitext.target[row]}

    def lengths(self, which: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Source tokens (the tag counted) and target tokens of some rows of one bitext."""
        bitext = self.bitexts[which]
        return bitext.source.sizes[rows] + 1, bitext.target.sizes[rows]

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
        samples = sorted(samples, key=lambda s: -len(s["source"]))
        source_tags = np.array([self.bitexts[s["bitext"]].source_tag for s in samples])
        target_tags = np.array([self.bitexts[s["bitext"]].target_tag for s in samples])
        source = self._padded([s["source"] for s in samples], first=source_tags)  # (B, 1 + S)
        target = self._padded([s["target"] for s in samples])  # (B, T)
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
                "src_lengths": torch.tensor([len(s["source"]) + 1 for s in samples]),
                "prev_output_tokens": torch.from_numpy(previous),
            },
            "target": torch.from_numpy(target),
            "stream_tokens": counts.astype(np.int64).tolist(),  # target tokens of each bitext
        }

    def _padded(self, rows: list[np.ndarray], first: np.ndarray | None = None) -> np.ndarray:
        """Rows of unequal length as one int64 array, padded on the right, `first` put before each."""
        offset = 0 if first is None else 1
        out = np.full((len(rows), offset + max(map(len, rows))), self.pad, dtype=np.int64)
        if first is not None:
            out[:, 0] = first
        for i, row in enumerate(rows):
            out[i, offset : offset + len(row)] = row
        return out

    @property
    def supports_prefetch(self) -> bool:
        return False

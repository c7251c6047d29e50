"""The loss of a model on a binarized validation set: mean negative log-likelihood of a token, in nats.

Without dropout and label smoothing, so that losses of models trained with any settings can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from fairseq import utils

from fairseq_plugins.criterions.label_smoothed_cross_entropy import FusedLabelSmoothedCrossEntropy
from fairseq_plugins.loading import Loaded


class DevLoss:
    """`loss()` of the model as it is now: its weights may be changed between calls."""

    def __init__(
        self, loaded: Loaded, split: str = "valid", *, max_tokens: int = 4096, batches: int | None = None, seed: int = 1
    ) -> None:
        """All of the split in the task's directions, or so many batches of at most `max_tokens`, drawn by `seed`.

        Sentences that are longer than a batch or than the model's positions are left out.
        """
        self.model, self.task = loaded
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model.to(self.device).eval()
        self._criterion = FusedLabelSmoothedCrossEntropy(self.task, sentence_avg=False, label_smoothing=0.0)
        self.task.load_dataset(split)
        longest = tuple(min(each, max_tokens) for each in self.task.max_positions())
        iterator = self.task.get_batch_iterator(
            self.task.dataset(split), max_tokens=max_tokens, max_positions=longest, ignore_invalid_inputs=True
        )
        every = [batch for batch in iterator.next_epoch_itr(shuffle=False) if batch]
        chosen = sorted(np.random.default_rng(seed).permutation(len(every))[:batches])
        self.batches: list[dict[str, Any]] = [every[index] for index in chosen]

    def __call__(self, with_gradient: bool = False) -> float:
        """With gradient: that of the loss is left in the weights."""
        self.model.zero_grad()
        found = [(summed, tokens) for _, summed, tokens in self._sums(with_gradient)]
        total = sum(tokens for _, tokens in found)
        if with_gradient:
            for weight in self.model.parameters():
                if weight.grad is not None:
                    weight.grad /= total
        return sum(summed for summed, _ in found) / total

    def by_direction(self) -> dict[str, float]:
        """Each direction's mean."""
        sums: dict[str, list[float]] = {}
        for name, summed, tokens in self._sums(False):
            total = sums.setdefault(name, [0.0, 0.0])
            total[0], total[1] = total[0] + summed, total[1] + tokens
        return {name: summed / tokens for name, (summed, tokens) in sums.items()}

    def _sums(self, with_gradient: bool) -> Iterator[tuple[str, float, int]]:
        """Direction, summed loss and target tokens of each batch."""
        with torch.set_grad_enabled(with_gradient):
            for batch in self.batches:
                moved = utils.move_to_cuda(batch) if self.device.type == "cuda" else batch
                summed, tokens, _ = self._criterion(self.model, moved)
                if with_gradient:
                    summed.backward()
                yield batch["direction"], float(summed.detach()), int(tokens)

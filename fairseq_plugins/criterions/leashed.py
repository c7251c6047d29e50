"""`vega_leashed_cross_entropy`: the label-smoothed loss and KL to the model that training began with.

The start is a frozen copy in every process, not sharded and not part of any checkpoint: read when the first batch
comes, kept in the number format that training computes in. It runs without dropout. Validation is of the loss alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log
from pathlib import Path
from typing import Any, Optional

import torch
from fairseq.criterions import register_criterion
from fairseq.logging import metrics
from omegaconf import II
from torch import Tensor

from fairseq_plugins.criterions.label_smoothed_cross_entropy import (
    FusedLabelSmoothedConfig,
    FusedLabelSmoothedCrossEntropy,
)
from fairseq_plugins.loading import fairseq_model, open_checkpoint
from vega.errors import UserError
from vega.methods.leash import divergence


@dataclass
class LeashedConfig(FusedLabelSmoothedConfig):
    leash_kl: float = field(default=0.0, metadata={"help": "weight of KL(start || model) per target token"})
    finetune_from_model: Optional[str] = II("checkpoint.finetune_from_model")


@register_criterion("vega_leashed_cross_entropy", dataclass=LeashedConfig)
class LeashedCrossEntropy(FusedLabelSmoothedCrossEntropy):
    """With `--leash-kl 0`: `vega_label_smoothed_cross_entropy`, bit for bit."""

    def __init__(self, task: Any, cfg: LeashedConfig) -> None:
        super().__init__(task, cfg.sentence_avg, cfg.label_smoothing, cfg.ignore_prefix_size, cfg.report_accuracy)
        if cfg.leash_kl < 0:
            raise UserError(f"--leash-kl {cfg.leash_kl} is below 0. 0 leaves it out.")
        if cfg.leash_kl and not cfg.finetune_from_model:
            raise UserError("--leash-kl keeps to the output of --finetune-from-model. Say which.")
        self._weight, self._path = cfg.leash_kl, cfg.finetune_from_model
        self._start: list[Any] = []  # not a submodule: it is neither trained, nor sharded, nor saved

    def forward(self, model: Any, sample: dict[str, Any], reduce: bool = True) -> tuple[Tensor, int, dict[str, Any]]:
        if not self._weight or not self.training:
            return super().forward(model, sample, reduce)
        target = sample["target"]  # (B, T)
        real = target.ne(self.padding_idx)
        hidden = self._features(model, sample["net_input"], real)  # (N, D)
        loss, nll = self.loss_of(model, hidden, target[real])
        start = self._frozen(hidden)
        with torch.no_grad():
            theirs = self._features(start, sample["net_input"], real)
        kl = divergence(
            hidden, model.decoder.output_projection.weight, theirs, start.decoder.output_projection.weight.detach()
        )
        total = loss + self._weight * kl
        sample_size, logged = self.logged(sample, total, nll)
        return total, sample_size, {**logged, "kl_loss": kl.data}

    def _frozen(self, hidden: Tensor) -> Any:
        """The start, where decoder outputs are and in their number format."""
        if not self._start:
            assert self._path is not None
            model = fairseq_model(open_checkpoint(Path(self._path)), self.task)
            self._start.append(model.to(hidden.device, hidden.dtype).requires_grad_(False))
        return self._start[0]

    @classmethod
    def reduce_metrics(cls, logging_outputs: Sequence[dict[str, Any]]) -> None:
        """Also the divergence, in bits per target token."""
        super().reduce_metrics(logging_outputs)
        tokens = sum(float(logged.get("ntokens", 0)) for logged in logging_outputs)
        if tokens and any("kl_loss" in logged for logged in logging_outputs):
            total = sum(float(logged.get("kl_loss", 0)) for logged in logging_outputs)
            metrics.log_scalar("kl_loss", total / tokens / log(2), tokens, round=4)

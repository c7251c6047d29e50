"""`vega_label_smoothed_cross_entropy`: fairseq's label-smoothed loss, without the [tokens, V] matrix."""

from dataclasses import dataclass
from typing import Any

import torch
from fairseq.criterions import register_criterion
from fairseq.criterions.label_smoothed_cross_entropy import (
    LabelSmoothedCrossEntropyCriterion,
    LabelSmoothedCrossEntropyCriterionConfig,
)
from torch import Tensor

from vega.ops.cross_entropy import fused_label_smoothed_cross_entropy


def right_padded(real: Tensor) -> bool:
    """Whether padding (False in `real` (B, T)) only comes after sentences, as packed causal attention counts on."""
    return bool((real[:, 1:] <= real[:, :-1]).all())


@dataclass
class FusedLabelSmoothedConfig(LabelSmoothedCrossEntropyCriterionConfig):
    """fairseq's options; `ignore_prefix_size` and `report_accuracy` need all logits and are refused."""


@register_criterion("vega_label_smoothed_cross_entropy", dataclass=FusedLabelSmoothedConfig)
class FusedLabelSmoothedCrossEntropy(LabelSmoothedCrossEntropyCriterion):
    """For encoder-decoder models whose output is one linear projection without bias (all of fairseq's Transformers)."""

    def __init__(
        self,
        task: Any,
        sentence_avg: bool,
        label_smoothing: float,
        ignore_prefix_size: int = 0,
        report_accuracy: bool = False,
    ) -> None:
        super().__init__(task, sentence_avg, label_smoothing)
        if ignore_prefix_size or report_accuracy:
            raise ValueError(
                "vega_label_smoothed_cross_entropy has no --ignore-prefix-size and no --report-accuracy; "
                "use --criterion label_smoothed_cross_entropy for them"
            )

    def forward(self, model: Any, sample: dict[str, Any], reduce: bool = True) -> tuple[Tensor, int, dict[str, Any]]:
        """Summed loss, the number it is divided by, and what is logged; `reduce` is always true here."""
        target = sample["target"]  # (B, T)
        real = target.ne(self.padding_idx)
        hidden = self._features(model, sample["net_input"], real)  # (N, D)
        loss, nll = self.loss_of(model, hidden, target[real])
        return loss, *self.logged(sample, loss, nll)

    def loss_of(self, model: Any, hidden: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """Summed loss and negative log-likelihood of decoder outputs (N, D) for the symbols `wanted` (N,)."""
        # A wrapped model (DistributedDataParallel) hands its inner module's attributes through.
        weight = model.decoder.output_projection.weight
        return fused_label_smoothed_cross_entropy(hidden, weight, wanted, self.eps)

    def logged(self, sample: dict[str, Any], loss: Tensor, nll: Tensor) -> tuple[int, dict[str, Any]]:
        """The number that a loss is divided by, and what is logged."""
        sentences = sample["target"].size(0)
        sample_size = sentences if self.sentence_avg else sample["ntokens"]
        return sample_size, {
            "loss": loss.data,
            "nll_loss": nll.data,
            "ntokens": sample["ntokens"],
            "nsentences": sentences,
            "sample_size": sample_size,
        }

    def _features(self, model: Any, net_input: dict[str, Any], real: Tensor) -> Tensor:
        """The decoder's output for the `real` (B, T) target tokens; without padding on the way where the model can."""
        previous = net_input["prev_output_tokens"]
        if self.packs(model, previous, real):
            packed: Tensor = model(**net_input, packed_output=True)
            return packed
        hidden, _ = model(**net_input, features_only=True)
        return hidden[real]

    def packs(self, model: Any, previous: Tensor, real: Tensor) -> bool:
        """Whether the model can give packed outputs: padding of `previous` (B, T) and targets is in the same places."""
        can_pack = bool(getattr(model, "can_pack", False))
        return can_pack and right_padded(real) and torch.equal(previous.ne(self.padding_idx), real)

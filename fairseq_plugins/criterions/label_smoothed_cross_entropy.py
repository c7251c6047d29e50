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
        # A wrapped model (DistributedDataParallel) hands its inner module's attributes through.
        projection = model.decoder.output_projection
        loss, nll = fused_label_smoothed_cross_entropy(hidden, projection.weight, target[real], self.eps)
        sample_size = target.size(0) if self.sentence_avg else sample["ntokens"]
        logged = {
            "loss": loss.data,
            "nll_loss": nll.data,
            "ntokens": sample["ntokens"],
            "nsentences": target.size(0),
            "sample_size": sample_size,
        }
        return loss, sample_size, logged

    def _features(self, model: Any, net_input: dict[str, Any], real: Tensor) -> Tensor:
        """The decoder's output for the `real` (B, T) target tokens; without padding on the way where the model can."""
        previous = net_input["prev_output_tokens"]
        # Packed causal attention counts on padding after the sentence, and in the same places on both sides.
        right_padded = bool((real[:, 1:] <= real[:, :-1]).all())
        if getattr(model, "can_pack", False) and right_padded and torch.equal(previous.ne(self.padding_idx), real):
            packed: Tensor = model(**net_input, packed_output=True)
            return packed
        hidden, _ = model(**net_input, features_only=True)
        return hidden[real]

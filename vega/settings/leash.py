"""Settings of the leash: how a tuned model is kept near the one it began with (`vega.methods.leash`)."""

from __future__ import annotations

from pydantic import Field, model_validator

from vega.settings.base import Strict

#: fairseq's names of our loss, and of the same loss with a KL leash.
VEGA_CROSS_ENTROPY, VEGA_LEASHED = "vega_label_smoothed_cross_entropy", "vega_leashed_cross_entropy"


class Leash(Strict):
    """Towards the weights of `init_from`, or towards its output; both may hold."""

    l2: float = Field(
        default=0.0,
        ge=0,
        description="after each update every weight goes back by lr * l2 / (1 + lr * l2) of its way: with Adam it "
        "stays within about 1 / l2. Takes a copy of the weights in fp32, sharded as they are, and no time to speak of",
    )
    kl: float = Field(
        default=0.0,
        ge=0,
        description="weight of KL(start || model) per target token beside the loss. Takes a copy of the weights in "
        "each process, not sharded, and a forward pass more: about a third of the time",
    )

    @model_validator(mode="after")
    def _has_a_meaning(self) -> Leash:
        if not self.l2 and not self.kl:
            raise ValueError("l2 and kl are both 0, which is no leash; give one a value, or leave `leash` out")
        return self

"""How a step of kind `tune` trains: what it states, over what suits tuning, over what the recipe's training states."""

from __future__ import annotations

import re
from typing import Any

from vega.errors import UserError
from vega.settings.base import Strict
from vega.settings.methods import left_out
from vega.settings.train import TrainOptions

#: A short training at a low rate, where the step's `train` does not say otherwise.
DEFAULTS: dict[str, Any] = {
    "lr": 3e-5, "lr_scheduler": "inverse_sqrt", "warmup_updates": 50, "max_update": 1000, "validate_every": 50,
    "save_every": 50, "patience": 5,
}  # fmt: skip


def tuning_name(step: str) -> str:
    """The name of the training set of a step's text."""
    return f"tuning_{_word(step)}"


def dev_name(step: str) -> str:
    """The name of the validation set that stops the tuning."""
    return f"dev_{_word(step)}"


def _word(step: str) -> str:
    return re.sub("[^A-Za-z0-9]", "_", step)


def train_options(general: TrainOptions, own: TrainOptions, step: str, general_share: float) -> TrainOptions:
    """The options `own` of a step over `DEFAULTS`, and these over the `general` ones, but for their mixture.

    Only the step's text is drawn, and `general_share` of all genuine text; only its dev sentences stop the training.
    UserError where options contradict each other. Of its own result it makes the same again.
    """
    weights = {tuning_name(step): 1 - general_share, **({"genuine": general_share} if general_share else {})}
    taken_over = _stated(general)
    for key in ("weights", "curriculum"):
        taken_over.pop(key, None)
    mine = _stated(own)
    extra = {**general.extra, "valid_subset": f"valid.{dev_name(step)}", **own.extra}
    stated = left_out({**taken_over, **DEFAULTS, "weights": weights, **mine, "extra": extra}, mine)
    found = TrainOptions.model_validate(stated)
    if sentence := found.contradiction():
        raise UserError(f"steps: {step}: train: {sentence}.")
    return found


def _stated(settings: Strict) -> dict[str, Any]:
    return settings.model_dump(exclude_unset=True)

"""The leash in settings and on fairseq's command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from vega.errors import UserError
from vega.fairseq_command import train_command
from vega.settings import TrainSettings


def command(**more: Any) -> list[str]:
    given = {"data": Path("data"), "directions": ["en-de"], "init_from": Path("start.pt"), **more}
    return train_command(TrainSettings(**given), Path("out"), on_gpu=False)


def value(options: list[str], name: str) -> str:
    return options[options.index(name) + 1]


def test_l2_leaves_the_criterion_and_kl_changes_it() -> None:
    plain, weights, output = command(), command(leash={"l2": 50}), command(leash={"kl": 0.25, "l2": 2})
    assert not [option for option in plain if "leash" in option]
    assert value(weights, "--leash-l2") == "50.0" and "--leash-kl" not in weights
    assert value(weights, "--criterion") == value(plain, "--criterion") == "vega_label_smoothed_cross_entropy"
    assert value(output, "--criterion") == "vega_leashed_cross_entropy"
    assert (value(output, "--leash-kl"), value(output, "--leash-l2")) == ("0.25", "2.0")
    assert value(output, "--label-smoothing") == value(plain, "--label-smoothing")
    assert value(output, "--finetune-from-model") == "start.pt"


def test_what_cannot_be_is_one_sentence() -> None:
    with pytest.raises(UserError, match="keeps near the model of init_from, and there is none"):
        command(leash={"l2": 1}, init_from=None)
    with pytest.raises(UserError, match=r"leash\.kl is only for criterion"):
        command(leash={"kl": 1}, criterion="vega_e2s2")
    with pytest.raises(ValidationError, match="l2 and kl are both 0"):
        command(leash={})

"""Settings become a fairseq-train line that fairseq's own parser accepts, and no setting is lost on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fairseq import options

import fairseq_plugins  # noqa: F401
from vega.fairseq_command import train_command
from vega.recipe import load_recipe, shipped_recipes
from vega.settings import TrainOptions, TrainSettings
from vega.stages import build_stages

CHANGED: dict[str, Any] = {
    "arch": "vega_big",
    "temperature": 2.5,
    "weights": {"en-de": 2.0},
    "lr_scheduler": "polynomial_decay",
    "optimizer": "adafactor",
    "adam_betas": (0.8, 0.9),
    "criterion": "cross_entropy",
    "precision": "bf16",
    "extra": {"encoder_layers": 3, "share_all_embeddings": True, "left_out": False},
}
NOT_FOR_FAIRSEQ = {"threads", "jemalloc"}  # the environment's: vega/launch.py


def settings(**changes: Any) -> TrainSettings:
    return TrainSettings(data=Path("data"), directions=["en-de", "de-en"], **changes)


def arguments(**changes: Any) -> list[str]:
    return train_command(settings(**changes), Path("out"), on_gpu=False)


@pytest.mark.parametrize("field", sorted(set(TrainOptions.model_fields) - NOT_FOR_FAIRSEQ))
def test_every_setting_reaches_the_command_line(field: str) -> None:
    default = TrainOptions.model_fields[field].default
    value = CHANGED.get(field, default + 1 if isinstance(default, int) else 0.25)
    assert arguments(**{field: value}) != arguments()


def test_extra_options_are_passed_as_given() -> None:
    line = " ".join(arguments(extra=CHANGED["extra"]))
    assert "--encoder-layers 3" in line and "--share-all-embeddings" in line and "left-out" not in line


def test_weights_replace_the_temperature() -> None:
    line = arguments(weights={"en-de": 2.0})
    assert "--sampling-weights" in line and "--sampling-temperature" not in line


def test_several_processes_are_started_by_torchrun() -> None:
    line = arguments(processes=2)
    assert line[0].endswith("torchrun") and "--no-python" in line
    assert line[line.index("--distributed-world-size") + 1] == "2"
    alone = arguments()  # says 1, or fairseq takes every GPU
    assert alone[0].endswith("fairseq-train") and alone[alone.index("--distributed-world-size") + 1] == "1"
    assert "legacy_ddp" in line
    assert "legacy_ddp" not in train_command(settings(processes=2), Path("out"), on_gpu=True)


@pytest.mark.parametrize("name", shipped_recipes())
def test_fairseqs_own_parser_accepts_every_shipped_recipe(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(name, [f"data={tmp_path}"])
    trained = [stage for stage in build_stages(recipe, tmp_path) if stage.command in ("train", "finetune")]
    assert trained
    for stage in trained:
        assert isinstance(stage.settings, TrainSettings)
        line = train_command(stage.settings, tmp_path, on_gpu=True)
        program = next(i for i, part in enumerate(line) if part.endswith("fairseq-train"))
        parsed = options.parse_args_and_arch(options.get_training_parser(), line[program + 1 :])
        assert parsed.max_update == stage.settings.max_update
        assert parsed.directions == ",".join(stage.settings.directions)

"""Settings become a fairseq-train line that fairseq's own parser accepts, and no setting is lost on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fairseq import options
from pydantic import ValidationError

from fairseq_plugins.data.planning import phases_of
from vega.errors import UserError
from vega.fairseq_command import train_command
from vega.recipe import load_recipe, shipped_recipes
from vega.settings import TextNoise, TrainOptions, TrainSettings, Until
from vega.stage_graph import build_stages

CHANGED: dict[str, Any] = {
    "arch": "vega_big",
    "temperature": 2.5,
    "weights": {"en-de": 2.0},
    "noise": {"typos": 0.1},
    "curriculum": [{"name": "clean", "until": {"updates": 9}}, {"name": "end", "noise": {}}],
    "lr_scheduler": "polynomial_decay",
    "optimizer": "adafactor",
    "adam_betas": (0.8, 0.9),
    "criterion": "cross_entropy",
    "precision": "bf16",
    "processes": 2,
    "nodes": 2,
    "batches_per_update": 4,
    "sharding": "full",
    "activation_checkpointing": "selective",
    "cpu_offload": True,
    "adam_states": "8bit",
    "extra": {"encoder_layers": 3, "share_all_embeddings": True, "left_out": False},
}
#: What a setting needs beside it to have a meaning.
NEEDED: dict[str, dict[str, Any]] = {
    "processes": {"batches_per_update": 2},
    "nodes": {"processes": 2, "batches_per_update": 2},
    "cpu_offload": {"sharding": "full"},
    "adam_states": {"optimizer": "vega_adamw"},
    "keep_hourly": {"sharding": "full"},
}
NOT_FOR_FAIRSEQ = {"threads", "jemalloc"}  # the environment's: vega/launch.py


def settings(**changes: Any) -> TrainSettings:
    return TrainSettings(data=Path("data"), directions=["en-de", "de-en"], **changes)


def arguments(**changes: Any) -> list[str]:
    return train_command(settings(**changes), Path("out"), on_gpu=False)


@pytest.mark.parametrize("field", sorted(set(TrainOptions.model_fields) - NOT_FOR_FAIRSEQ))
def test_every_setting_reaches_the_command_line(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER_ADDR", "node1")
    monkeypatch.setenv("MASTER_PORT", "29500")
    default = TrainOptions.model_fields[field].default
    value = CHANGED.get(field, default + 1 if isinstance(default, int) else 0.25)
    needed = NEEDED.get(field, {})
    assert arguments(**{**needed, field: value}) != arguments(**needed)


def test_extra_options_are_passed_as_given() -> None:
    line = " ".join(arguments(extra=CHANGED["extra"]))
    assert "--encoder-layers 3" in line and "--share-all-embeddings" in line and "left-out" not in line


def test_weights_replace_the_temperature() -> None:
    line = arguments(weights={"en-de": 2.0})
    assert "--sampling-weights" in line and "--sampling-temperature" not in line


def test_phases_and_noise_are_read_back_by_the_task_as_they_were_stated() -> None:
    told = settings(noise=CHANGED["noise"], curriculum=CHANGED["curriculum"], synthetic_share=0.5)
    again = TrainSettings.model_validate(told.model_dump(mode="json"))  # as a run writes them, every key stated
    line = train_command(again, Path("out"), on_gpu=False)
    program = next(i for i, part in enumerate(line) if part.endswith("fairseq-train"))
    first, second = phases_of(options.parse_args_and_arch(options.get_training_parser(), line[program + 1 :]))
    assert (first.noise, second.noise) == (TextNoise(typos=0.1), TextNoise())
    assert first.synthetic_share == second.synthetic_share == 0.5
    assert first.until == Until(updates=9) and second.until is None


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ([{"name": "a"}, {"name": "b"}], "phase a has no `until`"),
        ([{"name": "a", "until": {"updates": 1}}], "the last phase, a, has `until`"),
        ([{"name": "a", "until": {"updates": 1}}, {"name": "a"}], "two phases are named 'a'"),
        ([{"name": "a", "until": {"epochs": 1}}, {"name": "b"}], "epochs: N, of: SET"),
        ([{"name": "a", "until": {"updates": 1, "epochs": 1, "of": "x"}}, {"name": "b"}], "epochs: N, of: SET"),
        ([{"name": "a", "weights": {"x": 1}, "temperature": 2}], "exclude each other"),
        ([{"name": "a", "noise": {"upper": 0.6, "lower": 0.6}}], "more than 1 together"),
    ],
)
def test_phases_that_make_no_sense_are_refused(phases: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(curriculum=phases)


def test_several_processes_are_started_by_torchrun() -> None:
    line = arguments(processes=2, batches_per_update=2)
    assert line[0].endswith("torchrun") and "--standalone" in line and "--no-python" in line
    assert line[line.index("--distributed-world-size") + 1] == "2"
    alone = arguments()  # says 1, or fairseq takes every GPU
    assert alone[0].endswith("fairseq-train") and alone[alone.index("--distributed-world-size") + 1] == "1"


def test_several_nodes_meet_at_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    many: dict[str, Any] = {"processes": 16, "nodes": 2, "batches_per_update": 32, "sharding": "hybrid"}
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(UserError, match="MASTER_ADDR is not set"):
        arguments(**many)
    monkeypatch.setenv("MASTER_ADDR", "node1")
    monkeypatch.setenv("MASTER_PORT", "29500")
    line = " ".join(arguments(**many))
    assert "--nnodes 2 --rdzv_backend c10d --rdzv_endpoint node1:29500 --nproc_per_node 8" in line
    assert "--distributed-world-size 16 --ddp-backend vega_fsdp --shard-size 8" in line


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"processes": 2}, "batches_per_update 1 cannot be shared by 2 processes"),
        ({"processes": 3, "nodes": 2, "batches_per_update": 3}, "evenly over 2 nodes"),
        ({"cpu_offload": True}, "cpu_offload needs sharding"),
        ({"adam_states": "8bit", "optimizer": "adam"}, "needs optimizer: vega_adamw"),
        ({"keep_hourly": 5}, "keep_hourly needs sharding"),
    ],
)
def test_settings_that_contradict_each_other_are_one_sentence(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        arguments(**changes)


@pytest.mark.parametrize("name", shipped_recipes())
def test_fairseqs_own_parser_accepts_every_shipped_recipe(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASTER_ADDR", "node1")
    monkeypatch.setenv("MASTER_PORT", "29500")
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

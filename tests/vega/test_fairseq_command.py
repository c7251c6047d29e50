"""Settings become a fairseq-train line that fairseq's own parser accepts, and no setting is lost on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fairseq import options
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from fairseq_plugins.data.planning import phases_of
from vega.errors import UserError
from vega.fairseq_command import train_command
from vega.recipe import load_recipe, shipped_recipes
from vega.settings import (
    E2s2,
    Fsam,
    PretrainOptions,
    PretrainSettings,
    Strict,
    TextNoise,
    TrainerSettings,
    TrainOptions,
    TrainSettings,
    Until,
)
from vega.settings.methods import METHODS, Method
from vega.stage_graph import build_stages
from vega.training_commands import TRAINING

PHASES = [{"name": "all", "until": {"updates": 9}}, {"name": "end", "weights": {"en": 1.0}}]
BLOCKS: dict[str, type[Strict]] = {"e2s2": E2s2, "fsam": Fsam}

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
    "adam_states": "8bit",
    "e2s2": {"clean": 0.25},
    "fsam": {"rho": 0.25},
    "leash": {"l2": 0.25},
    "languages": ["en", "de"],
    "extra": {"encoder_layers": 3, "share_all_embeddings": True, "left_out": False},
}
#: What a setting needs beside it to have a meaning.
NEEDED: dict[str, dict[str, Any]] = {
    "processes": {"batches_per_update": 2},
    "nodes": {"processes": 2, "batches_per_update": 2},
    "cpu_offload": {"sharding": "full"},
    "adam_states": {"optimizer": "vega_adamw"},
    "keep_hourly": {"sharding": "full"},
    "e2s2": {"criterion": "vega_e2s2"},
    "fsam": {"optimizer": "vega_fsam"},
    "leash": {"init_from": Path("start.pt")},
}
#: Of the blocks e2s2 and fsam: a value that is not the default, and what it needs beside it.
CHANGED_IN_BLOCK: dict[str, Any] = {
    "views": "target",
    "sentence": "prompt",
    "prompt": "sense : <mask>",
    "scope": "weights",
    "decay": "coupled",
}
#: Options that are not called by their block and field.
OPTIONS = {name: f"e2s2_{name}_weight" for name in ("noised", "clean", "denoising", "contrastive")}
NEEDED_IN_BLOCK = {"prompt": {"sentence": "prompt"}}
#: The environment's (vega/launch.py), and what reads the log beside training (vega/tracking).
NOT_FOR_FAIRSEQ = {"threads", "jemalloc", "trackers", "tracker_project", "tracker_folder"}


def parse(line: list[str]) -> Any:
    """The options as fairseq's own parser reads them."""
    program = next(i for i, part in enumerate(line) if part.endswith("fairseq-train"))
    return options.parse_args_and_arch(options.get_training_parser(), line[program + 1 :])


def settings(**changes: Any) -> TrainSettings:
    return TrainSettings(data=Path("data"), directions=["en-de", "de-en"], **changes)


def arguments(**changes: Any) -> list[str]:
    return train_command(settings(**changes), Path("out"), on_gpu=False)


def pretraining(**changes: Any) -> list[str]:
    return train_command(PretrainSettings(data=Path("data"), **changes), Path("out"), on_gpu=False)


def changed(field: FieldInfo, name: str, known: dict[str, Any]) -> Any:
    """A value of the field that is not its default."""
    default = field.default
    if isinstance(default, bool):
        return not default
    return known.get(name, default + 1 if isinstance(default, int) else 0.25)


@pytest.mark.parametrize("field", sorted(set(TrainOptions.model_fields) - NOT_FOR_FAIRSEQ))
def test_every_setting_reaches_the_command_line(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER_ADDR", "node1")
    monkeypatch.setenv("MASTER_PORT", "29500")
    value = changed(TrainOptions.model_fields[field], field, CHANGED)
    needed = NEEDED.get(field, {})
    assert arguments(**{**needed, field: value}) != arguments(**needed)


@pytest.mark.parametrize("field", sorted(set(PretrainOptions.model_fields) - NOT_FOR_FAIRSEQ))
def test_every_setting_of_pretraining_does_too(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER_ADDR", "node1")
    monkeypatch.setenv("MASTER_PORT", "29500")
    value = changed(PretrainOptions.model_fields[field], field, {**CHANGED, "curriculum": PHASES})
    needed = NEEDED.get(field, {})
    assert pretraining(**{**needed, field: value}) != pretraining(**needed)


@pytest.mark.parametrize(
    ("method", "field"),
    [(method, field) for method in METHODS for field in BLOCKS[method.block].model_fields],
    ids=lambda each: each if isinstance(each, str) else each.block,
)
def test_every_setting_of_a_method_reaches_the_command_line_under_its_name(method: Method, field: str) -> None:
    value = changed(BLOCKS[method.block].model_fields[field], field, CHANGED_IN_BLOCK)
    needed = NEEDED_IN_BLOCK.get(field, {})

    def line(**block: Any) -> list[str]:
        return arguments(**{method.chosen_by: method.choice, method.block: block})

    before, after = line(**needed), line(**needed, **{field: value})
    option = f"--{OPTIONS.get(field, f'{method.block}-{field}').replace('_', '-')}"
    if value is True:
        assert option in after and option not in before
    else:
        assert after[after.index(option) + 1] == str(value)
        assert option not in before or before[before.index(option) + 1] != str(value)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.block)
def test_a_method_is_told_its_settings_whether_or_not_they_are_stated(method: Method) -> None:
    chosen = {method.chosen_by: method.choice}
    assert arguments(**chosen) == arguments(**chosen, **{method.block: {}})
    assert not [option for option in arguments() if option.startswith(f"--{method.block}")]


def test_fairseq_reads_vega_fsam_back_as_it_was_stated() -> None:
    stated = Fsam(rho=0.1, density=0.5, refresh=7, period=3, scope="weights", fisher_groups=4, adaptive=True)
    parsed = parse(arguments(optimizer="vega_fsam", fsam=stated, adam_states="bf16", weight_decay=0.25))
    assert {name: getattr(parsed, f"fsam_{name}") for name in Fsam.model_fields} == stated.model_dump()
    assert (parsed.adam_states, parsed.weight_decay) == ("bf16", 0.25)


def test_pretraining_has_its_own_task_and_no_directions() -> None:
    line = " ".join(pretraining(languages=["en", "de"]))
    assert "--task vega_denoising --languages en,de --mask-share 0.15 --mask-span 3.0" in line
    assert "--directions" not in line and "--languages" not in " ".join(pretraining())


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
    first, second = phases_of(parse(line))
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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mask_share": 0}, "nothing to learn but copying"),
        ({"curriculum": [{"name": "a", "noise": {}}]}, "phase a: pre-training has no synthetic_share and no noise"),
        ({"curriculum": [{"name": "a", "synthetic_share": 0.5}]}, "phase a: pre-training has no synthetic_share"),
        ({"e2s2": {}}, "e2s2 is only for criterion: vega_e2s2"),
    ],
)
def test_pretraining_that_could_not_be_meant_is_one_sentence(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        pretraining(**changes)
    assert "vega_e2s2" in pretraining(mask_share=0, criterion="vega_e2s2")  # that corrupts text itself


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"noised": 0, "clean": 0}, "no text would be learnt"),
        ({"shuffle_share": 0, "replace_share": 0}, "denoising has a weight, but"),
        ({"prompt": "sense : <mask>"}, "a prompt needs sentence: prompt"),
        ({"sentence": "prompt", "prompt": "sense"}, "write <mask> once in the prompt"),
        ({"density": 1, "fisher_groups": 2}, "density: 1 moves all of them"),
        ({"per_batch": True, "period": 2}, "leave period out"),
        ({"clean": 1, "temprature": 1}, "Extra inputs"),
        ({"density": 0}, "greater than 0"),
    ],
)
def test_a_method_refuses_what_makes_no_sense(block: dict[str, Any], message: str) -> None:
    method = next(m for m in METHODS if set(block) & set(BLOCKS[m.block].model_fields))
    with pytest.raises(ValidationError, match=message):
        settings(**{method.chosen_by: method.choice, method.block: block})


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
        ({"e2s2": {}}, "e2s2 is only for criterion: vega_e2s2, not vega_label_smoothed_cross_entropy; leave e2s2 out"),
        ({"fsam": {}, "optimizer": "adam"}, "fsam is only for optimizer: vega_fsam, not adam"),
        (
            {"optimizer": "vega_fsam", "fsam": {"decay": "coupled"}, "adam_states": "8bit"},
            "fsam.decay: coupled needs adam_states: fp32",
        ),
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
    trained = [stage for stage in build_stages(recipe, tmp_path) if stage.command in TRAINING]
    assert trained
    for stage in trained:
        assert isinstance(stage.settings, TrainerSettings)
        line = train_command(stage.settings, tmp_path, on_gpu=True)
        parsed = parse(line)
        assert parsed.max_update == stage.settings.max_update
        if isinstance(stage.settings, TrainSettings):
            assert parsed.directions == ",".join(stage.settings.directions)

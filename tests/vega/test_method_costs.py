"""What vega_fsam and vega_e2s2 are planned to cost: passes, memory, checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.vega.runs import small_recipe
from vega.estimates import training_flops
from vega.memory import MOMENTS, passes_of, training_memory
from vega.model_sizes import SIZES
from vega.plan import make_plan, vocabulary_size
from vega.plan_text import render_plan
from vega.recipe import load_recipe
from vega.settings import E2s2, TrainOptions

VEGA_BASE = SIZES["vega_base"]


@pytest.mark.parametrize(
    ("fsam", "passes"),
    [
        ("{}", 2.0),
        ("{density: 1}", 2.0),
        ("{period: 5}", 1.2),
        ("{fisher_groups: 4, refresh: 10}", 2.1),
    ],
)
def test_vega_fsam_costs_its_second_passes(tmp_path: Path, fsam: str, passes: float) -> None:
    plain = make_plan(small_recipe(tmp_path), tflops=1)["training"][0]
    plan = make_plan(small_recipe(tmp_path, "train.optimizer=vega_fsam", f"train.fsam={fsam}"), tflops=1)
    entry = plan["training"][0]
    assert entry["passes"] == pytest.approx(passes)
    assert entry["seconds"] == pytest.approx(passes * plain["seconds"])
    assert f"{passes:g} passes each" in render_plan(plan)
    assert entry["tokens"] == plain["tokens"]


@pytest.mark.parametrize(
    ("e2s2", "encoder", "decoder"),
    [
        ({}, 2, 2),  # noised and clean
        ({"clean": 0, "contrastive": 0}, 1, 1),
        ({"clean": 0}, 2, 1),  # the second view is only encoded
        ({"noised": 0, "denoising": 0, "contrastive": 0}, 1, 1),
        ({"noised": 0}, 2, 1),
        ({"noised": 0, "denoising": 0, "views": "target"}, 2, 1),
        ({"views": "target"}, 3, 2),
        ({"sentence": "prompt"}, 3, 2),
        ({"sentence": "prompt", "clean": 0}, 2, 1),
    ],
)
def test_vega_e2s2_costs_what_has_weight(tmp_path: Path, e2s2: dict[str, Any], encoder: int, decoder: int) -> None:
    assert E2s2(**e2s2).passes == passes_of(TrainOptions(criterion="vega_e2s2", e2s2=e2s2)) == (encoder, decoder)
    recipe = small_recipe(tmp_path, "train.criterion=vega_e2s2", f"train.e2s2={json.dumps(e2s2)}")
    entry = make_plan(recipe, tflops=1)["training"][0]
    rates = training_flops(VEGA_BASE, vocabulary_size(recipe))
    assert entry["flops"] == pytest.approx(entry["tokens"] * (rates.source * encoder + rates.target * decoder))


def test_an_e2s2_batch_is_in_memory_twice() -> None:
    def memory(tokens: int, **options: Any) -> dict[str, int]:
        return training_memory(VEGA_BASE, 1000, TrainOptions(max_tokens=tokens, **options), "fp32")

    twice, double = memory(1000, criterion="vega_e2s2"), memory(2000)
    assert twice["activations"] == double["activations"]
    alone = memory(1000, criterion="vega_e2s2", e2s2={"clean": 1, "noised": 0, "denoising": 0, "contrastive": 0})
    assert alone == memory(1000)


@pytest.mark.parametrize(
    ("fsam", "more", "stored"),
    [
        ({}, 0.1 * (8 + 4), 1),
        ({"density": 1}, 4, 0),
        ({"period": 5, "density": 0.5}, 0.5 * (8 + 4 + 12), 5),
    ],
)
def test_vega_fsam_holds_places_originals_and_a_direction(
    tmp_path: Path, fsam: dict[str, Any], more: float, stored: int
) -> None:
    options: dict[str, Any] = {"optimizer": "vega_fsam", "fsam": fsam, "adam_states": "8bit"}
    parameters = VEGA_BASE.num_parameters(1000)
    memory = training_memory(VEGA_BASE, 1000, TrainOptions(**options), "fp32")
    assert memory["optimizer"] == pytest.approx((MOMENTS["8bit"] + more) * parameters)
    sharded = training_memory(VEGA_BASE, 1000, TrainOptions(**options, sharding="full", processes=4), "fp32")
    assert sharded["optimizer"] == pytest.approx(memory["optimizer"] / 4, rel=1e-3)
    recipe = small_recipe(tmp_path, "train.optimizer=vega_fsam", f"train.fsam={json.dumps(fsam)}")
    plan = make_plan(recipe)
    assert plan["checkpoint"]["bytes"] == (12 + stored) * plan["parameters"]


def test_a_moving_average_takes_4_bytes_per_parameter_and_is_in_every_checkpoint(tmp_path: Path) -> None:
    def optimizer(**options: Any) -> int:
        return training_memory(VEGA_BASE, 1000, TrainOptions(**options), "fp32")["optimizer"]

    parameters = VEGA_BASE.num_parameters(1000)
    assert optimizer(ema_decay=0.999) - optimizer() == 4 * parameters
    spread = {"sharding": "full", "processes": 4}
    assert optimizer(ema_decay=0.999, **spread) - optimizer(**spread) == pytest.approx(parameters, abs=4)
    plain, averaging, keeping = (
        make_plan(small_recipe(tmp_path, *options))
        for options in ((), ("train.ema_decay=0.9",), ("train.keep_best=2",))
    )
    assert averaging["checkpoint"]["bytes"] - plain["checkpoint"]["bytes"] == 4 * plain["parameters"]
    more = keeping["disk"]["checkpoints"] - plain["disk"]["checkpoints"]
    assert more == 2 * plain["checkpoint"]["bytes"] * len(plain["training"])


def test_a_leash_takes_a_copy_of_the_start(tmp_path: Path) -> None:
    """For l2 in fp32, spread as the weights are; for kl in each process, as wide as training computes."""

    def memory(precision: str, **options: Any) -> dict[str, int]:
        return training_memory(VEGA_BASE, 1000, TrainOptions.model_validate(options), precision)

    parameters, spread = VEGA_BASE.num_parameters(1000), {"sharding": "full", "processes": 4}
    assert memory("fp32", leash={"l2": 1})["total"] - memory("fp32")["total"] == 4 * parameters
    pulled = memory("bf16", leash={"l2": 1}, **spread)["total"] - memory("bf16", **spread)["total"]
    assert pulled == pytest.approx(parameters, abs=4)
    offloaded = {**spread, "cpu_offload": True}
    kept = memory("bf16", leash={"kl": 1}, **offloaded)["total"] - memory("bf16", **offloaded)["total"]
    assert kept == 2 * parameters


def test_saving_memory_does_not_change_the_method(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vega.hardware._ask_gpu", lambda field: None)
    changes = ["processes=1", "nodes=1", "sharding=none", "max_tokens=4096", "optimizer=vega_fsam"]
    plan = make_plan(load_recipe("vega_mt_wmt22", [f"train.{change}" for change in changes], needs_data=False))
    assert "adam_states: 8bit" in plan["remedies"]
    assert not [remedy for remedy in plan["remedies"] if remedy.startswith("optimizer")]

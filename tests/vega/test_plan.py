from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.vega.runs import small_recipe
from vega.estimates import activation_bytes, training_flops, training_memory
from vega.model_sizes import SIZES, ModelSize
from vega.plan import make_plan, vocabulary_size
from vega.plan_text import amount, duration, render_plan
from vega.recipe import load_recipe, shipped_recipes

KEYS = {
    "recipe", "description", "arch", "parameters", "vocabulary", "languages", "directions", "corpora", "stages",
    "training", "memory", "disk", "device", "notes",
}  # fmt: skip


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_is_planned_without_its_data(name: str) -> None:
    plan = make_plan(load_recipe(name, needs_data=False))
    assert set(plan) == KEYS
    assert json.loads(json.dumps(plan)) == plan
    assert name in render_plan(plan)


def test_the_paper_model_has_4693_million_parameters() -> None:
    plan = make_plan(load_recipe("vega_mt_wmt22", needs_data=False))
    assert plan["vocabulary"] == 128_009
    assert plan["parameters"] == pytest.approx(4.693e9, rel=1e-3)
    assert len(plan["training"]) == 11
    assert "planned as empty; add --set data=FOLDER" in " ".join(plan["notes"])


def test_text_is_counted(tmp_path: Path) -> None:
    plan = make_plan(small_recipe(tmp_path))
    expected = {"stored_bytes": 18, "text_bytes": 18, "lines": 1, "missing": []}  # "train en\n" and "train de\n"
    assert plan["corpora"][0] == {"split": "train", "name": "a", "group": "en-de", **expected}
    assert plan["disk"]["text"] == 18


def test_time_is_operations_over_rate(tmp_path: Path) -> None:
    recipe = small_recipe(tmp_path, "train.processes=2", "train.batches_per_update=6", "train.max_tokens=100")
    entry = make_plan(recipe, tflops=0.5)["training"][0]
    assert entry["tokens_per_update"] == 600
    rates = training_flops(SIZES["vega_base"], vocabulary_size(recipe))
    assert entry["flops"] == pytest.approx(600 * entry["updates"] * (rates.source + rates.target))
    assert entry["seconds"] == pytest.approx(entry["flops"] / 1e12)


def test_an_unknown_architecture_is_planned_as_far_as_possible(tmp_path: Path) -> None:
    plan = make_plan(small_recipe(tmp_path, "train.arch=transformer_wmt_en_de"))
    assert plan["parameters"] is None
    assert plan["memory"] is None
    assert "unknown" in render_plan(plan)


@pytest.mark.parametrize("size", SIZES.values())
def test_operations_without_attention_scores_are_six_per_weight(size: ModelSize) -> None:
    """Every weight matrix is used once per source or target token; the keys and values of the cross-attention per
    source token, the embedding per target token. Biases and norms are not matrix products."""
    rates = training_flops(size, vocabulary=1000, sentence=0)
    assert rates.source + rates.target == pytest.approx(6 * size.num_parameters(1000), rel=0.01)


def test_memory_adds_up_and_grows_with_the_batch() -> None:
    size = SIZES["vega_base"]
    memory = training_memory(size, 1000, tokens=10, precision="fp32")
    parameters = size.num_parameters(1000)
    assert memory["weights"] + memory["gradients"] + memory["optimizer"] == 16 * parameters
    assert memory["total"] == sum(value for name, value in memory.items() if name != "total")
    ten, twenty = (activation_bytes(size, 1000, tokens, "bf16") for tokens in (10, 20))
    assert twenty == 2 * ten
    # One encoder layer in 16 bit, by Korthikanti et al.: 34 s b h + 5 a s^2 b, for F = 4 D, and s b = 1 token.
    assert 18 * 512 + 4 * 2048 == 34 * 512


def test_units() -> None:
    assert [amount(n) for n in (None, 10, 1536, 3 * 2**40)] == ["unknown", "10 B", "1.5 KiB", "3.0 TiB"]
    assert [duration(s) for s in (None, 5, 300, 7200, 864_000)] == [
        "unknown", "5 seconds", "5.0 minutes", "2.0 hours", "10.0 days",
    ]  # fmt: skip

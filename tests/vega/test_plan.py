from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.vega.runs import small_recipe
from vega.estimates import training_flops
from vega.hardware import CARDS, usable_bytes
from vega.memory import training_memory
from vega.model_sizes import SIZES
from vega.plan import make_plan, vocabulary_size
from vega.plan_text import amount, duration, render_plan
from vega.recipe import Recipe, load_recipe, shipped_recipes

KEYS = {
    "recipe", "description", "arch", "parameters", "vocabulary", "languages", "directions", "corpora", "stages",
    "training", "memory", "fits", "cards", "remedies", "checkpoint", "disk", "device", "notes",
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
    assert entry["tokens_per_second"] * entry["seconds"] == pytest.approx(entry["tokens"])


def test_a_checkpoint_takes_the_disk_its_time_and_training_a_copy_to_the_host() -> None:
    recipe = load_recipe("vega_mt_wmt22", needs_data=False)
    whole = make_plan(recipe, disk_rate=10)["checkpoint"]
    assert whole["bytes"] == 12 * 4_693_321_728
    assert whole["seconds"] == pytest.approx(whole["bytes"] / 10e9)
    assert whole["pause_seconds"] == pytest.approx(whole["bytes"] / 8 / 5e9)  # hybrid: eight processes of a node
    one = recipe.model_copy(update={"train": recipe.train.model_copy(update={"sharding": "none"})})
    assert make_plan(one, disk_rate=10)["checkpoint"]["pause_seconds"] == pytest.approx(whole["seconds"])


def test_an_unknown_architecture_is_planned_as_far_as_possible(tmp_path: Path) -> None:
    plan = make_plan(small_recipe(tmp_path, "train.arch=transformer_wmt_en_de"))
    assert plan["parameters"] is None
    assert plan["memory"] is None
    assert "unknown" in render_plan(plan)


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """An H100 is assumed wherever the tests run."""
    monkeypatch.setattr("vega.hardware._ask_gpu", lambda field: None)


def paper(**changes: object) -> Recipe:
    return load_recipe("vega_mt_wmt22", [f"train.{name}={value}" for name, value in changes.items()], needs_data=False)


def test_the_paper_recipe_fits_what_it_is_made_for() -> None:
    plan = make_plan(paper())
    train = paper().train
    assert plan["fits"] and plan["remedies"] == []
    assert plan["memory"] == training_memory(SIZES["vega_xl"], 128_009, train, "bf16")
    assert train.sharding == "hybrid" and train.batches_per_update % train.processes == 0
    assert train.max_tokens * train.batches_per_update == 917_504
    assert "fits H100 (78 GiB)" in render_plan(plan)


def test_what_does_not_fit_is_told_with_settings_that_do() -> None:
    plan = make_plan(paper(processes=1, nodes=1, sharding="none", max_tokens=4096))
    assert plan["fits"] is False
    assert plan["cards"][0] == "H200" and "H100" not in plan["cards"]
    text = render_plan(plan)
    assert "does not fit H100 (78 GiB), fits H200: try sharding: full" in text
    remedies = dict(remedy.split(": ") for remedy in plan["remedies"])
    better = make_plan(paper(processes=1, nodes=1, max_tokens=4096, **remedies))
    assert better["fits"]
    needs_more = make_plan(paper(processes=1, nodes=1, sharding="none", max_tokens=10**6))
    assert needs_more["remedies"][-1] == "max_tokens: fewer"


def test_cards_are_those_with_room() -> None:
    plan = make_plan(paper())
    total = plan["memory"]["total"]
    assert [usable_bytes(CARDS[name].gib) >= total for name in plan["cards"]] == [True] * len(plan["cards"])
    assert all(usable_bytes(CARDS[name].gib) < total for name in set(CARDS) - set(plan["cards"]))


def test_offloaded_states_are_told_as_host_memory() -> None:
    plan = make_plan(paper(cpu_offload=True))
    assert plan["memory"]["host"] and "and host memory: 8.7 GiB" in render_plan(plan)


def test_on_a_cpu_nothing_is_said_about_fitting(tmp_path: Path) -> None:
    plan = make_plan(small_recipe(tmp_path))
    assert plan["device"]["memory"] is None
    assert plan["fits"] is None and plan["remedies"] == []
    assert "fit " not in render_plan(plan)


def test_units() -> None:
    assert [amount(n) for n in (None, 10, 1536, 3 * 2**40)] == ["unknown", "10 B", "1.5 KiB", "3.0 TiB"]
    assert [duration(s) for s in (None, 5, 300, 7200, 864_000)] == [
        "unknown", "5 seconds", "5.0 minutes", "2.0 hours", "10.0 days",
    ]  # fmt: skip

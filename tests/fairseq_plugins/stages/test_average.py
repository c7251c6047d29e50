"""`vega average`: the mean it claims to be, of the checkpoints it says, against the best of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from fairseq_plugins.stages import average
from tests.fairseq_plugins.averaging import UPDATES, dev, named, of_update, read, same_bytes
from tests.fairseq_plugins.fusing import write_model
from vega.checkpoints.ema import EmaWeights
from vega.checkpoints.saved import saved_checkpoints
from vega.checkpoints.sources import Weights, open_weights
from vega.checkpoints.verify import problems
from vega.errors import UserError
from vega.settings import Corpus
from vega.settings.average import AverageSettings
from vega.stage_run import Work, is_finished, run_stage
from vega.strict_yaml import load

Corpora = dict[str, Corpus]


def run(output: Path, data: Path, corpora: Corpora, **settings: Any) -> dict[str, Any]:
    output.mkdir()
    average.run(AverageSettings(**dev(data, corpora), **settings), output)
    return read(output / "average.json")


def is_mean(found: Weights, parts: list[Weights]) -> bool:
    return all(
        torch.allclose(found.tensor(name), torch.stack([p.tensor(name).double() for p in parts]).mean(0).float())
        for name in found.tensors()
    )


def model(output: Path) -> Weights:
    return open_weights(output / "checkpoints" / "checkpoint_best.pt")


def test_training_has_left_the_best_few_and_the_newest(checkpoints: Path) -> None:
    found = saved_checkpoints(checkpoints)
    assert [each.update for each in found] == list(UPDATES[1:])  # 2 newest, 3 best
    losses = [each.loss for each in found]
    assert losses == sorted(losses, reverse=True) and None not in losses  # it was not trained for long
    names = {path.name for path in checkpoints.glob("checkpoint_best_*")}
    assert names == {f"checkpoint_best_{update:08d}.pt" for update in UPDATES[1:]}


@pytest.mark.parametrize("choice", [{"last": 3}, {"best": 2}], ids=str)
def test_the_mean_of_the_last_and_of_the_best(
    choice: dict[str, int], checkpoints: Path, data: Path, corpora: Corpora, tmp_path: Path
) -> None:
    content = run(tmp_path / "out", data, corpora, checkpoints=checkpoints, **choice)
    (count,) = choice.values()
    updates = list(UPDATES[::-1][:count])
    assert [part["update"] for part in content["parts"]] == updates
    assert all(part["validation_loss"] > 0 for part in content["parts"])
    assert is_mean(model(tmp_path / "out"), [open_weights(of_update(checkpoints, update)) for update in updates])
    gain = read(tmp_path / "out" / "gain.json")
    assert (content["base"], gain["base"], gain["system"]) == ("update 120", "update 120", f"average of {count}")
    assert content["score"] == gain["score"]
    assert content["base_score"] == pytest.approx(gain["score"] - gain["gain"], abs=2e-3)


def test_the_moving_average_of_training(checkpoints: Path, data: Path, corpora: Corpora, tmp_path: Path) -> None:
    content = run(tmp_path / "out", data, corpora, checkpoints=checkpoints, ema=True)
    assert [part["name"] for part in content["parts"]] == ["EMA at update 120"]
    newest = checkpoints / "checkpoint_last.pt"
    assert is_mean(model(tmp_path / "out"), [EmaWeights(newest)])
    assert not is_mean(model(tmp_path / "out"), [open_weights(newest)])
    assert (tmp_path / "out" / "checkpoints" / "checkpoint_best.pt").stat().st_size < newest.stat().st_size


def test_of_models_the_base_is_the_one_that_translates_best(
    checkpoints: Path, data: Path, corpora: Corpora, tmp_path: Path
) -> None:
    content = run(tmp_path / "out", data, corpora, models=named(checkpoints, 60, 120), to="sharded")
    scores = {part["name"]: part["score"] for part in content["parts"]}
    assert content["base_score"] == max(scores.values()) == scores[content["base"]]
    folder = tmp_path / "out" / "checkpoints" / "best"
    assert not list(problems(folder, values=True))
    assert is_mean(open_weights(folder), [open_weights(of_update(checkpoints, update)) for update in (60, 120)])


def test_twice_the_same_bytes(checkpoints: Path, data: Path, corpora: Corpora, tmp_path: Path) -> None:
    for name in ("first", "second"):
        run(tmp_path / name, data, corpora, checkpoints=checkpoints, last=2)
    assert same_bytes(tmp_path / "first", tmp_path / "second")


def test_models_that_do_not_fit_together_are_refused_before_any_work(
    checkpoints: Path, data: Path, corpora: Corpora, tmp_path: Path
) -> None:
    other = write_model(tmp_path / "other.pt", 1, vocabulary=345)
    models = [*named(checkpoints, 120), {"name": "other", "checkpoint": other}]
    with pytest.raises(UserError, match=r"not one (architecture|size)"):
        run(tmp_path / "out", data, corpora, models=models)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "either checkpoints"),
        ({"checkpoints": "x", "models": [{"name": "a", "checkpoint": "a"}]}, "either checkpoints"),
        ({"checkpoints": "x"}, "Say which checkpoints"),
        ({"checkpoints": "x", "last": 2, "best": 2}, "Leave one of them out"),
        ({"checkpoints": "x", "last": 1}, "average of one checkpoint is itself"),
        ({"models": [{"name": "a", "checkpoint": "a"}]}, "average of one checkpoint is itself"),
        ({"models": [{"name": "a", "checkpoint": "a"}] * 2, "ema": True}, "two are named 'a'"),
        ({"models": [{"name": n, "checkpoint": n} for n in "ab"], "ema": True}, "Leave them out with models"),
    ],
)
def test_settings_without_a_meaning(settings: dict[str, Any], message: str, data: Path, corpora: Corpora) -> None:
    with pytest.raises(UserError, match=message):
        AverageSettings(**dev(data, corpora), **settings)


def test_as_a_command_it_is_done_once(checkpoints: Path, data: Path, corpora: Corpora, tmp_path: Path) -> None:
    settings = AverageSettings(**dev(data, corpora), checkpoints=checkpoints, ema=True)
    work = Work("average", settings, tmp_path / "out")
    assert not is_finished(work)
    run_stage(work, average.run)
    assert is_finished(work)
    assert load(tmp_path / "out" / "settings.yaml", AverageSettings) == settings
    other = settings.model_copy(update={"lines": 5})
    assert not is_finished(Work("average", other, tmp_path / "out"))

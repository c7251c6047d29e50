"""`vega tune` on tiny models: what is taken, what is written, and that a loss is never left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from eval.report import tune as report
from fairseq_plugins.stages import tune
from tests.fairseq_plugins.running import LANGUAGES, run_train, train_arguments, write_corpus
from vega.checkpoints.sources import open_weights
from vega.errors import UserError
from vega.methods.ot_fusion import interpolated
from vega.settings import NamedModel
from vega.settings.tuning import TuneSettings
from vega.stages import BEST_CHECKPOINT


@pytest.fixture(scope="module")
def models(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, NamedModel]:
    """One that has seen one update, and one that knows some words."""
    found = {}
    for name, updates in (("poor", 1), ("good", 250)):
        folder = tmp_path_factory.mktemp(name)
        given = train_arguments(data, folder, updates, "--disable-validation", directions="en-de,de-en")
        given[given.index("--dropout") + 1] = "0.0"
        run_train(given, folder / "log")
        found[name] = NamedModel(name=name, checkpoint=folder / "checkpoint_last.pt")
    return found


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `vega tuning-text` writes, as far as it is read."""
    folder = tmp_path_factory.mktemp("text")
    facts: dict[str, Any] = {"score": "length_ratio", "held_out_domains": ["talks"]}
    for seed, half in enumerate(("choose", "check")):
        facts[half] = []
        for number, domain in enumerate(("news", "talks")):
            write_corpus(folder / half, domain, 12, 10 * seed + number)
            files = f"{half}/{domain}.{{lang}}"
            facts[half].append({"name": domain, "languages": LANGUAGES, "files": files, "lines": 12})
    count = {"lines": 9, "candidates": 5, "chosen": 4, "written": 6, "dropped": {"held_out": 1}, "median_score": -1.5}
    facts["text"] = {"en-de-ja": {"news": count}}
    (folder / "tuning.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def settings(
    models: dict[str, NamedModel], text: Path, data: Path, untuned: str, tuned: str, **more: Any
) -> TuneSettings:
    return TuneSettings(
        data=data, text=text, untuned=models[untuned], tuned=models[tuned], directions=["en-de", "de-en"], beam=1,
        max_len_a=1.0, max_len_b=3, resamples=60, **{"points": [0.5, 1.0], **more},
    )  # fmt: skip


def result(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "tune.json").read_text(encoding="utf-8"))
    return content


def same(first: Path, second: Path) -> bool:
    ours, theirs = open_weights(first), open_weights(second)
    return all(torch.equal(ours.tensor(name), theirs.tensor(name)) for name in theirs.tensors())


def test_a_better_model_is_taken(models: dict[str, NamedModel], text: Path, data: Path, tmp_path: Path) -> None:
    tune.run(settings(models, text, data, "poor", "good"), tmp_path)
    content = result(tmp_path)
    assert content["chosen"] == 1.0 and content["table"]["taken"]
    assert content["table"]["sentences"] == "check" and content["table"]["regressions"] == []
    assert [row["domain"] for row in content["table"]["domains"]] == ["news", "talks"]
    assert [row["held_out"] for row in content["table"]["domains"]] == [False, True]
    assert all(row["sentences"] == 24 and row["low"] > 0 for row in content["table"]["domains"])
    assert content["sentence"].startswith("Tuned: 1 x tuned + 0 x untuned changes the mean of all domains by +")
    assert same(tmp_path / BEST_CHECKPOINT, models["good"].checkpoint)
    gain = json.loads((tmp_path / "gain.json").read_text())
    assert gain["gain"] == content["table"]["mean"]["gain"] > 0 and gain["base"] and gain["low"] > 0


def test_a_worse_model_is_not_taken_and_its_losses_are_named(
    models: dict[str, NamedModel], text: Path, data: Path, tmp_path: Path
) -> None:
    tune.run(settings(models, text, data, "good", "poor"), tmp_path)
    content = result(tmp_path)
    assert content["chosen"] == 0.0 and not content["table"]["taken"]
    assert "The untuned model is kept" in content["sentence"] and "significantly worse in" in content["sentence"]
    assert all(point["losses"] for point in content["points"] if point["weight"] == 1.0)
    assert same(tmp_path / BEST_CHECKPOINT, models["good"].checkpoint)
    assert json.loads((tmp_path / "gain.json").read_text())["gain"] == 0


def test_a_model_like_the_untuned_one_is_not_called_tuned(
    models: dict[str, NamedModel], text: Path, data: Path, tmp_path: Path
) -> None:
    tune.run(settings(models, text, data, "poor", "poor", points=[0.3, 1.0]), tmp_path)
    content = result(tmp_path)
    assert content["chosen"] == 0.0 and "no domain is significantly worse" in content["sentence"]
    assert {point["mean"]["gain"] for point in content["points"]} == {0.0}


def test_a_point_between_is_the_interpolation(
    models: dict[str, NamedModel], text: Path, data: Path, tmp_path: Path
) -> None:
    tune.run(settings(models, text, data, "poor", "good", points=[0.9]), tmp_path)
    assert result(tmp_path)["chosen"] == 0.9
    made, poor, good = (
        open_weights(path) for path in (tmp_path / BEST_CHECKPOINT, *(models[n].checkpoint for n in ("poor", "good")))
    )
    for name in poor.tensors():
        assert torch.equal(made.tensor(name), interpolated(good.tensor(name), poor.tensor(name), 0.9))


def test_without_sentences_to_check_the_report_says_that_it_flatters(
    models: dict[str, NamedModel], text: Path, data: Path, tmp_path: Path
) -> None:
    facts = json.loads((text / "tuning.json").read_text())
    unchecked = {
        **facts,
        "check": [],
        "choose": [{**each, "files": str(text / each["files"])} for each in facts["choose"]],
    }
    (tmp_path / "tuning.json").write_text(json.dumps(unchecked))
    tune.run(settings(models, tmp_path, data, "poor", "good"), tmp_path / "out")
    content = result(tmp_path / "out")
    assert content["table"]["sentences"] == "choose"
    (mine,) = [point for point in content["points"] if point["weight"] == content["table"]["weight"]]
    assert mine["mean"] == content["table"]["mean"]
    assert any("it flatters" in table.caption for table in report.tables(content))


def test_the_report_marks_losses(models: dict[str, NamedModel], text: Path, data: Path, tmp_path: Path) -> None:
    tune.run(settings(models, text, data, "good", "poor"), tmp_path)
    content = result(tmp_path)
    domains, points, chosen = report.tables(content)
    assert [row[0] for row in domains.rows] == ["news", "talks (held out)", "mean"]
    assert domains.rows[0][-1] == "worse" and content["sentence"] in domains.caption
    assert all(len(row) == len(table.head) for table in (domains, points, chosen) for row in table.rows)
    assert points.rows[0][-1] == "taken" and any("refused" in row[-1] for row in points.rows)
    assert chosen.rows == [["news", "9", "4", "6", "-1.5", "held_out 1"]]
    (caption, by_domain), (_, line) = report.figures(content)
    assert "Significantly worse: " in caption and "which was not taken" in caption
    assert by_domain.count("<circle") == 3 and "worst domain" in line


def test_a_folder_of_something_else_is_one_sentence(models: dict[str, NamedModel], data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tuning\.json: no such file"):
        tune.run(settings(models, tmp_path, data, "poor", "good"), tmp_path / "out")
    (tmp_path / "tuning.json").write_text("{}")
    with pytest.raises(UserError, match="not what this Vega writes"):
        tune.run(settings(models, tmp_path, data, "poor", "good"), tmp_path / "out")

"""COMET by the real package, in its own process, from local files: tiny checkpoints with random weights."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from eval import evaluate
from eval.neural.run import Job, score
from tests.vega.neural import many_models
from vega.errors import UserError
from vega.methods.mbr import choose
from vega.neural.mbr_utility import NeuralUtility
from vega.neural.process import CHILD, OFFLINE, Segment
from vega.neural.scorer import NeuralScorer
from vega.settings import Corpus, EvaluateSettings, NeuralMetric

needs_comet = pytest.mark.skipif(
    importlib.util.find_spec("comet") is None, reason="unbabel-comet is not installed (pip install 'vega-mt[comet]')"
)

SOURCE = ["the red house", "a fish eats", "", "der alte Baum, der lange da stand", "日本", "the red house"]
OUTPUT = ["das rote haus", "ein fisch", "", "the old tree", "japan", "das rote haus"]
FIRST = ["das rote haus", "ein fisch frisst", "leer", "the old tree that stood there for long", "Japan", "haus, rot"]
SECOND = ["ein rotes haus", "", "", "an old tree", "", ""]
SEGMENTS = [Segment(*texts) for texts in zip(SOURCE, OUTPUT, FIRST, strict=True)]


def metric(path: Path, **options: Any) -> NeuralMetric:
    return NeuralMetric(path=path, device="cpu", **options)


def job(**changes: Any) -> Job:
    return Job(**{
        "test_set": "test", "direction": "en-de", "system": "ours", "source": SOURCE, "hypothesis": OUTPUT,
        "references": [FIRST], **changes,
    })  # fmt: skip


@pytest.fixture(scope="module")
def kept(regression: Path, tmp_path_factory: pytest.TempPathFactory) -> NeuralMetric:
    return metric(regression, batch_size=3, cache=str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def scorer(kept: NeuralMetric) -> Iterator[NeuralScorer]:
    """With a process that stays for the whole file."""
    with NeuralScorer(kept) as started:
        yield started


@pytest.fixture(scope="module")
def results(
    regression: Path, referenceless: Path, unified: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What the adapter makes of several models."""
    folder = tmp_path_factory.mktemp("models")
    paths = {"regression": regression, "referenceless": referenceless, "unified": unified}
    paths |= {"partial": partial(regression, folder), "harmful": harmful(regression, folder)}
    requests = [
        {
            "folder": str(path), "checkpoint": str(path / "checkpoints" / "model.ckpt"), "device": "cpu",
            "batch_size": 4, "with_references": name not in ("referenceless", "unified"),
        } for name, path in paths.items()
    ]  # fmt: skip
    command = [sys.executable, many_models.__file__, str(CHILD), str(folder / "results.json")]
    asked = json.dumps([requests, SEGMENTS])
    done = subprocess.run(command, input=asked, text=True, capture_output=True, env={**os.environ, **OFFLINE})
    assert done.returncode == 0, done.stderr
    return dict(zip(paths, json.loads((folder / "results.json").read_text()), strict=True))


def partial(model: Path, folder: Path) -> Path:
    """Without some weights."""
    path = Path(shutil.copytree(model, folder / "partial"))
    file = path / "checkpoints" / "model.ckpt"
    content = torch.load(file, weights_only=True)
    del content["state_dict"]["estimator.ff.0.weight"]
    torch.save(content, file)
    return path


class Harm:
    """A pickle that makes a folder when it is loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def harmful(model: Path, folder: Path) -> Path:
    """With a function in it."""
    path = Path(shutil.copytree(model, folder / "harmful"))
    file = path / "checkpoints" / "model.ckpt"
    torch.save({**torch.load(file, weights_only=True), "callbacks": Harm(path / "harm")}, file)
    return path


@needs_comet
@pytest.mark.parametrize("name", ["regression", "referenceless", "unified"])
def test_every_kind_of_model_has_the_packages_own_scores(results: dict[str, Any], name: str) -> None:
    ours, package = results[name]
    assert ours == pytest.approx(package, abs=1e-5)
    different = 5 if name != "regression" else 6  # the first and the last differ in the reference only
    assert len({round(each, 4) for each in ours}) == different


@needs_comet
def test_a_checkpoint_that_lacks_weights_or_would_run_code_is_refused(results: dict[str, Any]) -> None:
    assert "model.ckpt has no estimator.ff.0.weight; copy it again" in results["partial"]
    assert "more in it than weights (posix.mkdir)" in results["harmful"]


@needs_comet
def test_scores_are_in_order_for_any_batches_and_from_disk_without_a_process(
    kept: NeuralMetric, scorer: NeuralScorer, results: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = pytest.approx(results["regression"][0], abs=1e-5)
    percent = pytest.approx([100 * each for each in results["regression"][0]], abs=1e-3)
    assert [each.score for each in scorer.score(SEGMENTS)] == expected
    assert [each.score for each in scorer.score(SEGMENTS[::-1])[::-1]] == expected
    assert scorer.score(SEGMENTS)[0].package == "unbabel-comet-2.2.7"
    jobs = [job(), job(system="copy", hypothesis=SOURCE), job(references=[SECOND]), job(references=[FIRST, SECOND])]
    scorer.score([Segment(s, s, r) for s, r in zip(SOURCE, FIRST, strict=True)])
    scorer.score([Segment(*texts) for texts in zip(SOURCE, OUTPUT, SECOND, strict=True)])
    monkeypatch.setattr("vega.neural.scorer.MetricProcess", None)
    ((first, copy, second, both),) = score([kept], jobs)
    assert first.segments == percent and copy.segments != percent
    means = [(a + b) / 2 if line else a for line, a, b in zip(SECOND, first.segments, second.segments, strict=True)]
    assert both.segments == pytest.approx(means, abs=1e-9)
    assert first.name == "tiny-comet-da"
    assert first.signature == (
        f"model:tiny-comet-da|sha256:{scorer.assets.sha256[:12]}|package:unbabel-comet-2.2.7|refs:1|scale:100"
    )
    assert both.signature.endswith("|refs:2|scale:100")
    assert score([kept], jobs) == [[first, copy, second, both]]


@needs_comet
def test_the_chosen_candidate_has_the_highest_mean_utility(
    scorer: NeuralScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidates = [["das rote haus", "ein haus", "das haus ist rot", "ein haus"], ["fisch", "ein fisch frisst"]]
    samples = [[*texts[:3], texts[0]] for texts in candidates]
    utility = NeuralUtility(scorer.metric)
    monkeypatch.setattr(utility, "_scorer", scorer)
    tables = utility.pairwise(SOURCE[:2], candidates, samples)
    for source, texts, drawn, pairs in zip(SOURCE, candidates, samples, tables, strict=False):
        means = {}
        for text in texts:
            scores = scorer.score([Segment(source, text, other) for other in drawn])
            means[text] = sum(each.score for each in scores) / len(drawn)
        best = max(means, key=lambda text: means[text])
        chosen = choose(texts, drawn, pairwise=pairs)
        assert chosen.text == best and chosen.utility == pytest.approx(means[best], abs=1e-9)


def test_wrong_lengths_and_missing_references_are_refused(regression: Path) -> None:
    with pytest.raises(UserError, match=r"test en-de ours: .* they have 6, 5 and 6"):
        score([metric(regression)], [job(hypothesis=OUTPUT[1:])])
    with pytest.raises(UserError, match="no reference, which tiny-comet-da needs"):
        score([metric(regression)], [job(references=[])])
    with pytest.raises(UserError, match="two metrics are named tiny-comet-da"):
        score([metric(regression)] * 2, [job()])


def test_a_model_without_references_is_no_utility(referenceless: Path) -> None:
    with pytest.raises(UserError, match="tiny-comet-qe takes no references"):
        NeuralUtility(metric(referenceless))


@needs_comet
def test_the_stage_evaluate_scores_with_it(kept: NeuralMetric, scorer: NeuralScorer, tmp_path: Path) -> None:
    """In a process that is there already: the scores are known by then."""
    lines = [number for number, text in enumerate(OUTPUT) if text]
    for name, texts in (("dev.en", SOURCE), ("dev.de", FIRST), ("translate/ours/dev.en-de.de", OUTPUT)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("".join(f"{texts[number]}\n" for number in lines), encoding="utf-8")
    expected = [each.score for each in scorer.score([SEGMENTS[number] for number in lines])]
    corpus = Corpus(name="dev", languages=["en", "de"], files=str(tmp_path / "dev.{lang}"))
    settings = EvaluateSettings(
        translations=tmp_path / "translate", test=[corpus], neural=[kept], metrics=["chrf"], resamples=20, trials=0
    )
    evaluate.run(settings, tmp_path / "evaluate")
    rows = json.loads((tmp_path / "evaluate" / "scores.json").read_text())
    (row,) = [row for row in rows if row["metric"] == "tiny-comet-da"]
    assert row["score"] == pytest.approx(100 * sum(expected) / len(expected), abs=1e-3)
    assert row["low"] <= row["score"] <= row["high"]
    assert row["signature"].startswith(f"model:tiny-comet-da|sha256:{scorer.assets.sha256[:12]}|")
    segments = json.loads((tmp_path / "evaluate" / "segments.json").read_text())
    (mine,) = [each for each in segments if each["metric"] == "tiny-comet-da"]
    assert mine["scores"]["ours"] == pytest.approx([100 * each for each in expected], abs=0.006)

"""The stage `fuse`: what it writes, what it says of models that are no better, and the barrier between models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from fairseq_plugins.checkpoint_parity import largest_difference
from fairseq_plugins.dev.loss import DevLoss
from fairseq_plugins.dev.text import DevText, read_gain
from fairseq_plugins.fusion.guard import BETTER, SAME, WORSE, verdict
from fairseq_plugins.fusion.loss_line import Line
from fairseq_plugins.loading import load
from fairseq_plugins.stages import fuse
from tests.fairseq_plugins.fusing import reordered
from tests.fairseq_plugins.running import run_train, train_arguments
from vega.checkpoints.fuse import Fused, align, squared_distance
from vega.checkpoints.sources import all_names, open_weights
from vega.errors import UserError
from vega.metrics import Gain
from vega.settings import Corpus
from vega.settings.dev import NamedModel
from vega.settings.fuse import FuseSettings
from vega.stages import best_checkpoint

pytest.importorskip("ot", reason="soft plans are POT's")

DIRECTIONS = ["en-de", "de-en"]


@pytest.fixture(scope="module")
def ri(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained until it knows the word-by-word lexicon a little."""
    return trained(data, tmp_path_factory.mktemp("ri"), 150, "7")


@pytest.fixture(scope="module")
def pt(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From other random weights, and less far."""
    return trained(data, tmp_path_factory.mktemp("pt"), 110, "8")


def trained(data: Path, folder: Path, updates: int, seed: str) -> Path:
    more = ("--disable-validation", "--dropout", "0", "--seed", seed)
    run_train(train_arguments(data, folder, updates, *more), folder / "train.log")
    return folder / "checkpoint_last.pt"


def destroyed(path: Path, output: Path) -> Path:
    """The same architecture with random weights."""
    state = torch.load(path, weights_only=False)  # made by this test
    torch.manual_seed(1)
    state["model"] = {name: torch.randn_like(tensor) * 0.1 for name, tensor in state["model"].items()}
    for name in ("decoder.embed_tokens.weight", "decoder.output_projection.weight"):
        state["model"][name] = state["model"]["encoder.embed_tokens.weight"]
    torch.save(state, output)
    return output


def settings(data: Path, dev: Corpus, first: Path, second: Path, **more: Any) -> FuseSettings:
    return FuseSettings(
        data=data,
        valid=[dev],
        directions=DIRECTIONS,
        first=NamedModel(name="ri", checkpoint=first),
        second=NamedModel(name="pt", checkpoint=second),
        **{"beam": 1, "resamples": 100, "barrier_points": 0, **more},
    )


def fused(output: Path, given: FuseSettings) -> dict[str, Any]:
    fuse.run(given, output)
    content: dict[str, Any] = json.loads((output / fuse.FUSE_FILE).read_text(encoding="utf-8"))
    return content


def same(first: Path, second: Path) -> bool:
    a, b = open_weights(first), open_weights(second)
    names = dict(all_names(a))
    assert names.keys() == dict(all_names(b)).keys()
    return all(torch.equal(a.tensor(name), b.tensor(name)) for name in names)


def test_models_with_one_beginning_have_no_neuron_to_move(
    data: Path, corpora: dict[str, Corpus], ri: Path, tmp_path: Path
) -> None:
    state = torch.load(ri, weights_only=False)  # made by this test
    for tensor in {tensor.data_ptr(): tensor for tensor in state["model"].values()}.values():
        tensor.mul_(1.01)  # in place: tied ones stay tied
    torch.save(state, tmp_path / "longer.pt")
    content = fused(tmp_path / "fuse", settings(data, corpora["dev"], ri, tmp_path / "longer.pt"))
    assert content["squared_distance"]["before"] == content["squared_distance"]["after"] > 0
    assert fuse.NOT_MOVED in content["sentences"]


def test_two_models_fuse_and_are_judged(
    data: Path, corpora: dict[str, Corpus], ri: Path, pt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is the mixture, the tables are DevText's and say what was written."""
    given = settings(data, corpora["dev"], ri, pt, p0=0.3, barrier_points=5)
    content = fused(tmp_path / "fuse", given)
    first, second = open_weights(ri), open_weights(pt)
    expected, written = Fused(align(first, second), second, 0.3), open_weights(best_checkpoint(tmp_path / "fuse"))
    assert squared_distance(expected, written) == 0
    distances = content["squared_distance"]
    assert distances["before"] == squared_distance(first, second) > distances["after"] > 0
    assert content["fixed_streams"] == ["stream"]
    assert fuse.NOT_MOVED not in content["sentences"]

    models = {each["name"]: each for each in content["models"]}
    assert list(models) == ["ri", "pt", "fused model", "plain average, p0 0.3", "plain average"]
    dev = DevText(given)
    outputs = {
        name: dev.translate(dev.translator([weights]))
        for name, weights in {
            "fused model": written,
            "plain average": Fused(first, second, 0.5, False),
            "ri": first,
        }.items()
    }
    for name, each in outputs.items():
        gain = dev.gain(each, outputs["fused model"])
        assert models[name]["score"] == pytest.approx(dev.score(each), abs=1e-3)
        assert models[name]["fused_gain"] == pytest.approx(gain.gain, abs=1e-3)
        assert models[name]["fused_low"] == pytest.approx(gain.low, abs=1e-3)
    for name, each in {"ri": first, "pt": second, "fused model": written}.items():
        loss = DevLoss(load(each, data, ",".join(DIRECTIONS)), batches=given.loss_batches, seed=given.seed)
        assert models[name]["loss"] == pytest.approx(loss(), abs=1e-4)
    gain_file = read_gain(tmp_path / "fuse")
    better = max(("ri", "pt"), key=lambda name: models[name]["score"])
    assert (gain_file["base"], gain_file["system"], gain_file["verdict"]) == (better, "fused model", content["verdict"])
    assert gain_file["gain"] == models[better]["fused_gain"]

    before, after = content["lines"]["before"], content["lines"]["after"]
    assert before["shares"] == after["shares"] == [0.0, 0.25, 0.5, 0.75, 1.0]
    for line in (before, after):  # alignment keeps the function, so both lines have the parents at their ends
        assert [line["losses"][0], line["losses"][-1]] == pytest.approx(
            [models["pt"]["loss"], models["ri"]["loss"]], abs=1e-4
        )
    assert before["losses"][2] == pytest.approx(models["plain average"]["loss"], abs=1e-4)
    said = capsys.readouterr().err
    assert content["sentences"][0] in said and "barrier before alignment" in said
    assert sorted(path.name for path in (tmp_path / "fuse").iterdir()) == ["checkpoints", "fuse.json", "gain.json"]


def test_the_barrier_to_ones_own_reordered_copy_is_gone_after_alignment(
    data: Path, corpora: dict[str, Corpus], ri: Path, tmp_path: Path
) -> None:
    copy = reordered(ri, tmp_path / "copy.pt", 3)
    for align_by in ("weights", "activations"):
        content = fused(
            tmp_path / align_by,
            settings(data, corpora["dev"], copy, ri, align=align_by, tokens=300, p0=0.5, barrier_points=5),
        )
        before, after = content["lines"]["before"], content["lines"]["after"]
        assert before["height"] > 0.1 and before["highest"] == 0.5
        assert after["height"] == pytest.approx(0, abs=1e-9)
        assert content["squared_distance"]["after"] == 0
        assert same(best_checkpoint(tmp_path / align_by), ri)
        assert content["verdict"] == SAME
        plain = next(each for each in content["models"] if each["name"] == "plain average")
        assert plain["loss"] > content["models"][1]["loss"] + 0.1


def test_identical_parents_gain_nothing(data: Path, corpora: dict[str, Corpus], ri: Path, tmp_path: Path) -> None:
    content = fused(tmp_path / "fuse", settings(data, corpora["dev"], ri, ri, align="none", barrier_points=3))
    assert content["verdict"] == SAME and not content["training_must_follow"]
    assert "no gain" in content["sentences"][0]
    assert [each["name"] for each in content["models"]] == ["ri", "pt", "fused model", "plain average"]
    assert {each[f"fused_{key}"] for each in content["models"] for key in ("gain", "low", "high")} == {0.0}
    assert len({each["loss"] for each in content["models"]}) == 1
    gain = read_gain(tmp_path / "fuse")
    assert (gain["base"], gain["gain"], gain["low"], gain["high"]) == ("pt", 0.0, 0.0, 0.0)
    assert list(content["lines"]) == ["before"]
    assert content["lines"]["before"]["height"] == pytest.approx(0, abs=1e-9)
    assert same(best_checkpoint(tmp_path / "fuse"), ri)


def test_a_destroyed_model_is_called_worse_and_may_be_refused(
    data: Path, corpora: dict[str, Corpus], ri: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = destroyed(ri, tmp_path / "bad.pt")
    all_of_it = settings(data, corpora["dev"], bad, ri, p0=1.0, embeddings="fused")
    content = fused(tmp_path / "fuse", all_of_it)
    assert content["verdict"] == WORSE and content["training_must_follow"]
    assert content["better_parent"] == "pt"
    assert "no improvement" in content["sentences"][0] and "training must follow" in content["sentences"][0]
    assert content["sentences"][0] in capsys.readouterr().err
    assert largest_difference(bad, best_checkpoint(tmp_path / "fuse")) < 1e-4  # written all the same
    assert read_gain(tmp_path / "fuse")["high"] < 0
    with pytest.raises(UserError, match=r"worse on dev than pt, the better parent.*Nothing was written"):
        fuse.run(all_of_it.model_copy(update={"refuse_worse": True}), tmp_path / "refused")
    assert not list((tmp_path / "refused").iterdir())


def test_a_better_parent_alone_is_no_improvement(
    data: Path, corpora: dict[str, Corpus], ri: Path, tmp_path: Path
) -> None:
    """A fused model that is one of its parents is not called better for being better than the other one."""
    bad = destroyed(ri, tmp_path / "bad.pt")
    content = fused(tmp_path / "fuse", settings(data, corpora["dev"], bad, ri, p0=0.0, refuse_worse=True))
    assert (content["verdict"], content["better_parent"]) == (SAME, "pt")
    assert content["models"][0]["fused_low"] > 0


@pytest.mark.parametrize(
    ("over_better", "over_other", "expected"),
    [
        ((0.1, 2.0), (0.5, 3.0), BETTER),
        ((0.1, 2.0), (-0.1, 3.0), SAME),
        ((-0.1, 2.0), (0.5, 3.0), SAME),
        ((0.0, 0.0), (0.5, 3.0), SAME),
        ((-2.0, -0.1), (0.5, 3.0), WORSE),
    ],
)
def test_better_is_only_what_is_surely_better_than_both(
    over_better: tuple[float, float], over_other: tuple[float, float], expected: str
) -> None:
    assert verdict(*(Gain(30, 31, 1, low, high) for low, high in (over_better, over_other))) == expected


def test_the_height_is_measured_from_the_line_between_the_ends() -> None:
    line = Line([0.0, 0.5, 1.0], [2.0, 3.5, 4.0])
    assert (line.height, line.highest) == (0.5, 0.5)
    assert Line([0.0, 0.25, 1.0], [2.0, 2.0, 4.0]).height == 0


@pytest.mark.parametrize(("align_by", "more"), [("weights", {"regularisation": 0.4}), ("paper", {"tokens": 50})])
def test_plans_that_change_the_function_are_judged_as_they_are(
    data: Path, corpora: dict[str, Corpus], ri: Path, pt: Path, tmp_path: Path, align_by: str, more: dict[str, Any]
) -> None:
    """The end of the line after alignment is no more the first model; both formats hold the same model."""
    given = settings(data, corpora["dev"], ri, pt, align=align_by, barrier_points=3, to="sharded", **more)
    content = fused(tmp_path / "fuse", given)
    before, after = content["lines"]["before"], content["lines"]["after"]
    assert before["losses"][0] == after["losses"][0]
    assert after["losses"][-1] > before["losses"][-1] + 0.01
    written = open_weights(tmp_path / "fuse" / "checkpoints" / "best")
    assert 0 < squared_distance(written, open_weights(pt)) < content["squared_distance"]["after"]
    assert not list((tmp_path / "fuse").glob(".*"))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"align": "magic"}, "'weights', 'activations', 'paper' or 'none'"),
        ({"align": "none", "regularisation": 0.1}, "regularisation: is for align: weights and activations, not none"),
        ({"barrier_points": 2}, "at least 3 points"),
        ({"first": {"name": "pt", "checkpoint": "x.pt"}}, "both named 'pt'"),
    ],
)
def test_mistakes_in_settings_are_said(more: dict[str, Any], message: str) -> None:
    fine = {
        "data": "data", "valid": [{"name": "dev", "languages": ["en", "de"], "files": "dev.{lang}"}],
        "directions": ["en-de"], "first": {"name": "ri", "checkpoint": "ri.pt"},
        "second": {"name": "pt", "checkpoint": "pt.pt"},
    }  # fmt: skip
    FuseSettings.model_validate(fine)
    with pytest.raises((ValidationError, UserError), match=message):
        FuseSettings.model_validate({**fine, **more})


def test_models_that_do_not_fit_together_are_refused_before_anything_runs(
    data: Path, corpora: dict[str, Corpus], ri: Path, tmp_path: Path
) -> None:
    state = torch.load(ri, weights_only=False)  # made by this test
    state["model"]["encoder.layers.0.fc1.weight"] = torch.zeros(32, 32)
    torch.save(state, tmp_path / "narrow.pt")
    with pytest.raises(UserError, match="not one size"):
        fuse.run(settings(data, corpora["dev"], tmp_path / "narrow.pt", ri), tmp_path / "fuse")
    with pytest.raises(UserError, match="no such checkpoint"):
        fuse.run(settings(data, corpora["dev"], tmp_path / "none.pt", ri), tmp_path / "fuse")
    state["model"]["encoder.layers.0.fc1.weight"] = torch.full((64, 32), float("nan"))
    torch.save(state, tmp_path / "damaged.pt")
    with pytest.raises(UserError, match=r"damaged\.pt or .* not finite"):
        fuse.run(settings(data, corpora["dev"], tmp_path / "damaged.pt", ri), tmp_path / "fuse")
    assert not (tmp_path / "fuse").exists()

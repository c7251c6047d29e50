"""The stage that looks into models."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from fairseq import utils

from fairseq_plugins.dev.loss import DevLoss
from fairseq_plugins.loading import load, open_checkpoint
from fairseq_plugins.probes.lexical import of_batch
from fairseq_plugins.stages import probe
from fairseq_plugins.translator import FairseqTranslator, Search
from tests.fairseq_plugins.running import run_train, train_arguments
from vega.checkpoints.export import export_fairseq
from vega.directions import parse_direction
from vega.errors import UserError
from vega.methods.landscape import moving
from vega.metrics import Judge, Reference
from vega.settings import Corpus
from vega.settings.dev import NamedModel
from vega.settings.probe import LandscapeProbe, LexicalProbe, NoiseProbe, ProbeSettings, SharpnessProbe
from vega.source_noise import noised

DIRECTIONS = ["en-de", "de-en"]
NOTHING: dict[str, Any] = {
    "landscape": None, "sharpness": None, "lexical": None, "noise": None, "diversity": False,
}  # fmt: skip
SMALL = LandscapeProbe(reach=1, steps=1, batches=None)


@pytest.fixture(scope="module")
def models(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two models of one shape from two seeds, and one of another shape."""
    kinds = {"one": ("--seed", "7"), "two": ("--seed", "8"), "wide": ("--encoder-ffn-embed-dim", "48")}
    found = {}
    for name, options in kinds.items():
        folder, updates = tmp_path_factory.mktemp(name), 200 if name == "one" else 40
        run_train(train_arguments(data, folder, updates, "--disable-validation", *options), folder / "log")
        found[name] = folder / "checkpoint_last.pt"
    return found


@pytest.fixture
def stage(data: Path, corpora: dict[str, Corpus], models: dict[str, Path], tmp_path: Path) -> Any:
    """Runs the stage with some probes on; what it wrote."""

    def run(*names: str, **options: Any) -> dict[str, Any]:
        settings = ProbeSettings(
            data=data, valid=[corpora["dev"]], directions=DIRECTIONS, beam=1, resamples=50,
            models=[NamedModel(name=name, checkpoint=models[name]) for name in names],
            **{**NOTHING, **options},
        )  # fmt: skip
        probe.run(settings, tmp_path)
        found: dict[str, Any] = json.loads((tmp_path / probe.PROBE_FILE).read_text(encoding="utf-8"))
        return found

    return run


def dev_loss(data: Path, checkpoint: Path) -> DevLoss:
    return DevLoss(load(open_checkpoint(checkpoint), data, ",".join(DIRECTIONS)))


def test_training_begins_with_the_weights_of_its_seed(data: Path, tmp_path: Path) -> None:
    """What the landscape's start is made of. One update with next to no step shows them."""
    run_train(train_arguments(data, tmp_path, 1, "--disable-validation", "--lr", "1e-12"), tmp_path / "log")
    weights = open_checkpoint(tmp_path / "checkpoint_last.pt")
    utils.set_torch_seed(7)
    fresh = dict(load(weights, data, trained=False).model.named_parameters())
    assert moving(fresh)
    assert all(torch.allclose(weights.tensor(name), tensor, atol=1e-7) for name, tensor in fresh.items())


def test_the_landscape_has_the_models_loss_at_1_0_and_its_starts_at_0_0(
    stage: Any, data: Path, models: dict[str, Path]
) -> None:
    found = stage("one", "two", landscape=SMALL)["landscape"]
    for name, seed, row in zip(("one", "two"), (7, 8), found, strict=True):
        loss = dev_loss(data, models[name])
        assert row["axis"] == [-1, 0, 1] and row["start"] == f"seed {seed}"
        assert row["losses"][1][2] == row["loss"] == pytest.approx(loss(), abs=1e-5)
        utils.set_torch_seed(seed)
        fresh = dict(load(open_checkpoint(models[name]), data, trained=False).model.named_parameters())
        weights = dict(loss.model.named_parameters())
        with torch.no_grad():
            for each in moving(weights):
                weights[each].copy_(fresh[each])
        assert row["losses"][1][1] == row["start_loss"] == pytest.approx(loss(), abs=1e-4)
        assert row["start_loss"] > row["loss"]
        below = sum(value < row["lowest"] + 1 for line in row["losses"] for value in line)
        assert row["flatness"] == pytest.approx(below / 9, abs=1e-4)
    assert [row["other"] for row in found] == ["two", "one"]
    assert found[0]["losses"] != found[1]["losses"]


def test_a_model_that_does_not_fit_is_no_axis(stage: Any) -> None:
    first, second = stage("wide", "one", landscape=SMALL)["landscape"]
    assert first["other"] is second["other"] is None and first["start"] == second["start"] == "seed 7"
    assert "no other model fits" in first["directions"]


def test_where_the_start_is_not_known_directions_are_random(
    stage: Any, models: dict[str, Path], tmp_path: Path
) -> None:
    """The seed in the checkpoint is not the one it was trained with, as after tuning a model of another seed."""
    stored = torch.load(models["one"], weights_only=False)  # made by a test
    stored["cfg"]["common"]["seed"] = 99
    torch.save(stored, tmp_path / "other_seed.pt")
    models["other_seed"] = tmp_path / "other_seed.pt"
    (row,) = stage("other_seed", landscape=SMALL)["landscape"]
    (known,) = stage("one", landscape=SMALL)["landscape"]
    assert row["start"] is row["start_cosine"] is row["start_loss"] is None and row["directions"].startswith(
        "two random"
    )
    assert known["start"] == "seed 7" and known["start_cosine"] > 0.5
    assert row["loss"] == known["loss"] == row["losses"][1][2]


def test_a_start_can_be_given(stage: Any, models: dict[str, Path]) -> None:
    """The other model as the start: it is at 0, 0, but for what does not move."""
    given = NamedModel(name="rival", checkpoint=models["two"])
    (row,) = stage("one", landscape=SMALL, init=given)["landscape"]
    assert row["start"] == "rival" and row["start_loss"] == row["losses"][1][1]
    with pytest.raises(UserError, match=r"init: .* has other tensors"):
        stage("one", landscape=SMALL, init=NamedModel(name="wide", checkpoint=models["wide"]))


def test_weights_are_the_same_for_every_probe(stage: Any, data: Path, models: dict[str, Path]) -> None:
    """Probes share a model, and each leaves it as it was."""
    every = {"landscape": SMALL, "sharpness": SharpnessProbe(batches=None), "lexical": LexicalProbe(batches=None)}
    together = stage("one", **every)
    for name, options in every.items():
        assert stage("one", **{name: options})[name] == together[name]
    assert together["sharpness"][0]["loss"] == pytest.approx(dev_loss(data, models["one"])(), rel=1e-6)


def test_sharpness_begins_at_the_loss_that_validation_found_and_grows_with_the_radius(
    stage: Any, data: Path, models: dict[str, Path], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    run_train(train_arguments(data, tmp_path, 12, directions=",".join(DIRECTIONS)), log)
    validated = [json.loads(line[line.index("{") :]) for line in log.read_text().splitlines() if "valid_nll" in line]
    models["validated"] = tmp_path / "checkpoint_last.pt"
    (row,) = stage("validated", sharpness=SharpnessProbe(radii=[0.05, 1], batches=None))["sharpness"]
    near, far = row["rises"]
    assert row["loss"] == pytest.approx(float(validated[-1]["valid_nll_loss"]) * math.log(2), abs=1e-3)
    assert (near["rho"], far["rho"]) == (0.05, 1)
    assert 0 < near["along_gradient"] < far["along_gradient"]
    assert abs(near["at_random"]) < near["along_gradient"]


def test_every_target_token_has_an_entropy_and_padding_has_none(
    stage: Any, data: Path, models: dict[str, Path]
) -> None:
    (row,) = stage("one", lexical=LexicalProbe(batches=None))["lexical"]
    loss = dev_loss(data, models["one"])
    assert sum(row["histogram"]) == row["tokens"] == sum(int(batch["ntokens"]) for batch in loss.batches)
    assert 0 < row["entropy"] < math.log2(row["vocabulary"]) and 0 < row["negative"] < 1
    assert list(row["by_direction"]) == sorted(DIRECTIONS)
    batch = next(batch for batch in loss.batches if (batch["target"] == 1).any())
    for sentence in range(2):
        alone = {"target": batch["target"][sentence : sentence + 1], "net_input": {}}
        real = alone["target"][0] != 1
        alone["target"] = alone["target"][:, real]
        for key, value in batch["net_input"].items():
            alone["net_input"][key] = value[sentence : sentence + 1]
        alone["net_input"]["prev_output_tokens"] = alone["net_input"]["prev_output_tokens"][:, real]
        before = int((batch["target"][:sentence] != 1).sum())
        with torch.no_grad():
            mine, whole = of_batch(loss.model, alone), of_batch(loss.model, batch)
        torch.testing.assert_close(mine.entropy, whole.entropy[before : before + len(mine.entropy)])


def test_scores_over_noise_begin_with_the_clean_one(
    stage: Any, data: Path, corpora: dict[str, Corpus], models: dict[str, Path]
) -> None:
    noise = NoiseProbe(drop=[0.5], blank=[], shuffle=[4, 2], typos=[])
    curves = stage("one", "two", noise=noise, max_len_a=0, max_len_b=15)["noise"]
    assert [(row["model"], row["kind"], row["metric"]) for row in curves] == [
        (model, kind, metric) for model in ("one", "two") for kind in ("drop", "shuffle") for metric in ("BLEU", "chrF")
    ]  # fmt: skip
    for row in curves:
        clean = row["points"][0]
        assert (clean["level"], clean["gain"], clean["low"], clean["high"]) == (0, 0, 0, 0)
        assert all(
            point["score"] == pytest.approx(clean["score"] + point["gain"], abs=0.002) for point in row["points"]
        )
    assert [point["level"] for point in curves[2]["points"]] == [0, 2, 4]
    clean, noisy = (point["score"] for point in curves[1]["points"])
    assert noisy < clean
    # by hand, in batches of another size; fairseq's longest output would depend on the batch
    search = Search(beam=1, max_len_a=0, max_len_b=15, max_tokens=40)
    translator = FairseqTranslator([open_checkpoint(models["one"])], data, search)
    texts = {code: Path(corpora["dev"].files.format(lang=code)).read_text().splitlines() for code in ("en", "de")}
    outputs, references = [], []
    for direction in map(parse_direction, DIRECTIONS):
        outputs.append(translator.translate(noised(texts[direction.source], "drop", 0.5, "en", 1), direction))
        references.append(Reference(direction.target, texts[direction.target]))
    judge = Judge(references, "chrf")
    assert noisy == pytest.approx(judge.score(judge.statistics(outputs)), abs=0.001)


def test_outputs_and_references_are_counted(stage: Any, corpora: dict[str, Corpus]) -> None:
    rows = stage("one", diversity=True, lines=12)["diversity"]
    assert [(row["system"], row["set"]) for row in rows] == [
        (name, f"dev {direction}") for name in ("one", "reference") for direction in DIRECTIONS
    ]
    assert all(row["sentences"] == 12 and row["variety"] == row["distinct"][0] for row in rows)
    whole = stage("one", diversity=True)["diversity"][2]
    words = Path(corpora["dev"].files.format(lang="de")).read_text(encoding="utf-8").split()
    assert (whole["tokens"], whole["types"]) == (len(words), len(set(words)))


def test_a_sharded_checkpoint_is_as_good(stage: Any, data: Path, models: dict[str, Path], tmp_path: Path) -> None:
    sharded = tmp_path / "sharded"
    run_train(
        train_arguments(
            data, sharded, 5, "--disable-validation", "--checkpoint-format", "sharded", "--ddp-backend", "vega_fsdp"
        ),
        tmp_path / "log",
    )
    folder = sharded / "last"
    export_fairseq(open_checkpoint(folder), tmp_path / "exported.pt")
    models["folder"], models["file"] = folder, tmp_path / "exported.pt"
    every = {"landscape": SMALL, "sharpness": SharpnessProbe(radii=[0.1]), "lexical": LexicalProbe()}
    first, second = (stage(name, **every) for name in ("folder", "file"))
    for name in every:
        assert {**first[name][0], "model": ""} == {**second[name][0], "model": ""}


def test_two_models_of_one_name_are_refused(stage: Any) -> None:
    with pytest.raises(UserError, match="Give each a name of its own"):
        stage("one", "one", lexical=LexicalProbe())

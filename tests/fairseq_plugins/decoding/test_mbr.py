"""Minimum Bayes risk decoding by a model, its stage, and what the translate stage makes of its folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.report.mbr import tables
from fairseq_plugins.decoders import open_decoder
from fairseq_plugins.decoders.mbr import MbrDecoder, _open_utility
from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.sampling import Sampling
from fairseq_plugins.stages import mbr, translate
from fairseq_plugins.translator import FairseqTranslator, Search
from tests.vega.neural.tiny_comet import make_comet
from vega.corpus import read_rows
from vega.directions import parse_direction
from vega.errors import UserError
from vega.methods.mbr import choose
from vega.neural.assets import Assets, find_assets
from vega.neural.process import MetricProcess, Segment
from vega.neural.scorer import NeuralScorer
from vega.settings import Corpus, NeuralMetric, System, TranslateSettings
from vega.settings.dev import NamedModel
from vega.settings.mbr import MbrSettings

EN_DE = parse_direction("en-de")
LINES = ["the red house", "", "a fish eats near the tree", "tree"]


@pytest.fixture(scope="module")
def translator(forward: NamedModel, data: Path) -> FairseqTranslator:
    return FairseqTranslator([open_checkpoint(forward.checkpoint)], data, Search(max_len_a=1, max_len_b=5))


@pytest.mark.parametrize("with_beam", [True, False])
def test_the_sample_most_like_the_others_is_chosen(translator: FairseqTranslator, with_beam: bool) -> None:
    sampling = Sampling(count=8, top_p=0.9)
    outputs = MbrDecoder(translator, sampling, with_beam=with_beam).translate(LINES, EN_DE)
    beam = translator.translate(LINES, EN_DE)
    for line, output, best in zip(translator.candidates(LINES, EN_DE, sampling=sampling), outputs, beam, strict=True):
        samples = [each.text for each in line]
        assert output == choose([*samples, best] if with_beam else samples, samples).text
    assert outputs[1] == ""


def test_the_choice_does_not_hang_on_other_lines(translator: FairseqTranslator) -> None:
    decoder = MbrDecoder(translator, Sampling(count=8), with_beam=False, aggregated=True)
    together = decoder.translate(LINES, EN_DE)
    assert decoder.translate(LINES[::-1], EN_DE)[::-1] == together
    assert [decoder.translate([line], EN_DE)[0] for line in LINES] == together


def test_samples_that_are_all_alike_give_the_search(translator: FairseqTranslator, forward: NamedModel) -> None:
    lines = [line for line in LINES if line]
    decoder = MbrDecoder(translator, Sampling(count=3, top_k=1), with_beam=False)
    alike = translator.candidates(lines, EN_DE, sampling=Sampling(count=1, top_k=1))
    assert decoder.translate(lines, EN_DE) == [each[0].text for each in alike]


def settings(data: Path, corpus: Corpus, model: NamedModel, **options: Any) -> MbrSettings:
    given = {"valid": [corpus], "directions": ["en-de"], "lines": 21, "samples": 6, "max_len_a": 1, "max_len_b": 5}
    return MbrSettings(data=data, models=[model], **{**given, **options})


def test_the_stage_and_the_translate_stage_give_the_same(
    forward: NamedModel, data: Path, corpora: dict[str, Corpus], tmp_path: Path
) -> None:
    mbr.run(settings(data, corpora["dev"], forward), tmp_path / "mbr")
    decoder, gain, facts = (
        json.loads((tmp_path / "mbr" / f"{name}.json").read_text()) for name in ("decoder", "gain", "mbr")
    )
    assert decoder["models"] == ["forward"] and decoder["sampling"]["count"] == 6
    assert gain["base_score"] + gain["gain"] == pytest.approx(gain["score"], abs=2e-3)
    assert 0 < facts["changed"] <= facts["sentences"] == gain["sentences"] == 21
    assert 1 < facts["different"] <= 7 and 0 < facts["utility"] < 100
    assert tables(facts)[0].rows[3][1] == f"{facts['changed']} of 21"
    systems = [
        System(name="chosen", kind="decoder", decoder=tmp_path / "mbr", models=[forward]),
        System(name="ours", checkpoint=forward.checkpoint),
    ]
    expected = (tmp_path / "mbr/dev/dev.en-de.de").read_text()
    stage = TranslateSettings(
        data=data, systems=systems, test=[corpora["dev"]], directions=["en-de"], workers=1, max_len_a=1, max_len_b=5
    )
    translate.run(stage, tmp_path / "1")
    assert (tmp_path / "1/chosen/dev.en-de.de").read_text() == expected
    lines = [path.read_text().split("\n") for path in sorted(tmp_path.glob("1/*/dev.en-de.de"))]
    assert sum(a != b for a, b in zip(*lines, strict=True)) == facts["changed"]


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """COMET takes seconds to start: one process does for all."""
    started: list[MetricProcess] = []

    def start(metric: NeuralMetric, assets: Assets) -> MetricProcess:
        if not started:
            started.append(MetricProcess(metric, assets))
        return started[0]

    end = MetricProcess.close
    monkeypatch.setattr(MetricProcess, "close", lambda self: None)
    monkeypatch.setattr("vega.neural.scorer.MetricProcess", start)
    yield
    for process in started:
        end(process)


def test_comet_chooses_the_candidate_with_the_highest_mean_score(
    forward: NamedModel, data: Path, corpora: dict[str, Corpus], tmp_path: Path, one_process: None
) -> None:
    """In the stage, and in the translate stage: the same, and what brute force finds."""
    pytest.importorskip("comet", reason="unbabel-comet is not installed (pip install 'vega-mt[comet]')")
    metric = NeuralMetric(path=make_comet(tmp_path / "comet"), device="cpu")
    mbr.run(settings(data, corpora["dev"], forward, samples=4, utility=metric), tmp_path / "mbr")
    facts = json.loads((tmp_path / "mbr/mbr.json").read_text())
    assert facts["utility_name"] == "comet"
    assert "expected comet of the chosen with the samples" in str(tables(facts))
    chosen = (tmp_path / "mbr/dev/dev.en-de.de").read_text().splitlines()
    search = Search(max_len_a=1, max_len_b=5)
    decoder = open_decoder(tmp_path / "mbr", {"forward": forward.checkpoint}, data, search)
    assert isinstance(decoder, MbrDecoder)
    lines = [row["en"] for row in read_rows(corpora["dev"], ("en", "de"))]
    assert decoder.translate(lines, EN_DE) == chosen
    beam = decoder.translator.translate(lines, EN_DE)
    drawn = decoder.translator.candidates(lines, EN_DE, sampling=decoder.sampling)
    with NeuralScorer(metric, keep=False) as scorer:
        for line, found, best, choice in zip(lines, drawn, beam, chosen, strict=True):
            samples = [each.text for each in found]
            means = {
                text: np.mean([each.score for each in scorer.score([Segment(line, text, r) for r in samples])])
                for text in {*samples, best}
            }
            assert means[choice] == pytest.approx(max(means.values()), abs=1e-6)


def test_another_model_than_the_stages_is_refused(tmp_path: Path) -> None:
    first, other = (make_comet(tmp_path / name, seed=seed) for seed, name in enumerate(("first", "other")))
    metric = NeuralMetric(path=first)
    stated = {**metric.model_dump(mode="json"), "sha256": find_assets(metric).sha256}
    assert _open_utility(stated) is not None and _open_utility("chrf") is None
    with pytest.raises(UserError, match="not the model that the stage `mbr` used"):
        _open_utility({**stated, "path": str(other)})


def test_mean_counts_are_of_chrf_only(data: Path, corpora: dict[str, Corpus], forward: NamedModel) -> None:
    with pytest.raises(UserError, match="n-gram counts are chrF's"):
        settings(data, corpora["dev"], forward, aggregated=True, utility={"path": "comet"})

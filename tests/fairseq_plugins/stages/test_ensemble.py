"""`vega ensemble`: the search on real models, and what it writes translates as it did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairseq_plugins.decoders import open_decoder
from fairseq_plugins.dev.text import DevText
from fairseq_plugins.stages import ensemble
from tests.fairseq_plugins.averaging import dev, named, of_update, read, same_bytes
from vega.errors import UserError
from vega.settings import Corpus
from vega.settings.dev import NamedModel
from vega.settings.ensemble import EnsembleSettings

Corpora = dict[str, Corpus]


def run(output: Path, settings: EnsembleSettings) -> dict[str, Any]:
    output.mkdir()
    ensemble.run(settings, output)
    return read(output / "ensemble.json")


def test_what_was_found_is_no_worse_than_the_best_and_translates_the_same_again(
    checkpoints: Path, data: Path, corpora: Corpora, tmp_path: Path
) -> None:
    models = named(checkpoints, 60, 90, 120)
    settings = EnsembleSettings(**dev(data, corpora), models=models, most=2, repeat=True)
    content = run(tmp_path / "out", settings)
    gain, decoder = read(tmp_path / "out" / "gain.json"), read(tmp_path / "out" / "decoder.json")
    assert decoder == {"kind": "ensemble", "models": content["ensemble"]} and gain["members"] == content["ensemble"]
    singles = content["rounds"][0]["scores"]
    assert gain["base"] == content["ensemble"][0] == max(singles, key=singles.get)
    assert content["score"] == gain["score"] >= max(singles.values())
    assert [found["joined"] for found in content["rounds"]][: len(content["ensemble"])] == content["ensemble"]
    text = DevText(settings)
    again = open_decoder(tmp_path / "out", {each.name: each.checkpoint for each in models}, data, text.search)
    assert text.score(text.translate(again)) == pytest.approx(content["score"], abs=1e-3)
    run(tmp_path / "again", settings)
    assert same_bytes(tmp_path / "out", tmp_path / "again")


def test_copies_of_a_model_add_nothing(checkpoints: Path, data: Path, corpora: Corpora, tmp_path: Path) -> None:
    models = [NamedModel(name=name, checkpoint=of_update(checkpoints, 120)) for name in ("a", "b")]
    content = run(tmp_path / "out", EnsembleSettings(**dev(data, corpora), models=models))
    assert content["ensemble"] == ["a"] and [found["joined"] for found in content["rounds"]] == ["a", None]
    assert content["rounds"][1]["scores"]["b"] == content["rounds"][0]["scores"]["a"]
    assert read(tmp_path / "out" / "gain.json")["gain"] == 0


def test_a_model_of_another_vocabulary_is_named(
    checkpoints: Path, data: Path, corpora: Corpora, tmp_path: Path
) -> None:
    from tests.fairseq_plugins.fusing import write_model

    other = write_model(tmp_path / "other.pt", 1, task={"_name": "vega_multidirectional", "directions": "en-de"})
    models = [*named(checkpoints, 120), NamedModel(name="other", checkpoint=other)]
    with pytest.raises(UserError, match=r"other\.pt was trained with 50 symbols"):
        run(tmp_path / "out", EnsembleSettings(**dev(data, corpora), models=models))

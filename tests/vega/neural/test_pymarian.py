"""What pymarian is told and asked. Its wheel has 604 MB, so a stand-in with its interface answers here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.neural.run import Job, score
from vega.errors import UserError
from vega.neural.assets import find_assets
from vega.settings import NeuralMetric

STAND_IN = """
import json, os
__version__ = "1.12.42"
class Evaluator:
    @classmethod
    def new(cls, **options):
        self = cls()
        self.options = options
        self.model_type = "comet-qe" if "kiwi" in options["model_file"] else "comet"
        return self
    def evaluate(self, lines):
        rows = [line.split("\\t") for line in lines]
        with open(os.environ["SEEN"], "w") as stream:
            json.dump([self.options, rows], stream)
        for row in rows:
            yield len(row[1])
"""


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "pymarian.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    monkeypatch.setenv("SEEN", str(tmp_path / "seen.json"))
    return tmp_path / "seen.json"


def model(folder: Path) -> Path:
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "marian.model.bin").write_bytes(b"weights")
    (folder / "vocab.spm").write_bytes(b"pieces")
    return folder


JOB = Job("dev", "en-de", "ours", ["the\thouse", "b"], ["das haus", "x"], [["ein haus", "y"]])


def test_marian_is_told_the_files_and_asked_in_its_order(seen: Path, tmp_path: Path) -> None:
    folder = model(tmp_path / "wmt22-comet-da-marian")
    metric = NeuralMetric(kind="pymarian", path=folder, batch_size=8, cache=str(tmp_path / "cache"))
    ((found,),) = score([metric], [JOB])
    options, rows = json.loads(seen.read_text())
    assert rows == [["the house", "das haus", "ein haus"], ["b", "x", "y"]]
    assert options["model_file"] == str(folder / "checkpoints" / "marian.model.bin")
    assert (options["vocab_file"], options["like"]) == (str(folder / "vocab.spm"), "comet")
    assert found.segments == [800.0, 100.0]
    assert "|package:pymarian-1.12.42|" in found.signature


def test_a_model_of_another_type_is_refused(seen: Path, tmp_path: Path) -> None:
    metric = NeuralMetric(kind="pymarian", path=model(tmp_path / "wmt22-cometkiwi-da-marian"), cache=str(tmp_path))
    with pytest.raises(UserError, match="is of Marian's type comet-qe, not comet; set references: none"):
        score([metric], [JOB])
    ((found,),) = score([metric.model_copy(update={"references": "none"})], [JOB])
    assert json.loads(seen.read_text())[1] == [["the house", "das haus"], ["b", "x"]]
    assert found.signature.endswith("|refs:none|scale:100")


@pytest.mark.parametrize("missing", ["checkpoints/marian.model.bin", "vocab.spm"])
def test_what_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    folder = model(tmp_path / "bleurt-20")
    (folder / missing).unlink()
    with pytest.raises(UserError, match=str(folder / missing)):
        find_assets(NeuralMetric(kind="pymarian", path=folder))

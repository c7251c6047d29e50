"""spBLEU with a model file of ours is sacreBLEU's with that file, and nothing is downloaded."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path

import pytest
import sentencepiece
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.tokenizers import tokenizer_spm

from eval.score import measure
from vega.errors import UserError

LINES = ["The red house stands near an old tree.", "Birds sing there every day.", "Nobody knows why they sing."] * 9
REFERENCE = [line.replace("old", "very old").replace("there", "here") for line in LINES]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spm")
    (folder / "text").write_text("\n".join(LINES + REFERENCE), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text"), model_prefix=str(folder / "m"), vocab_size=60, hard_vocab_limit=False, minloglevel=2
    )
    return folder / "m.model"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(tokenizer_spm, "download_file", refuse)


def test_the_score_is_sacrebleus_with_the_same_file(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/sacrebleu_tokenizer_spm.model").write_bytes(model.read_bytes())
    monkeypatch.setattr(tokenizer_spm, "SACREBLEU_DIR", str(tmp_path))
    theirs = BLEU(tokenize="flores101").corpus_score(LINES, [REFERENCE])
    found = measure({"s": LINES}, [REFERENCE], metric="spbleu", target="en", spm_model=model)
    assert found.scores()["s"] == theirs.score < 100
    assert found.metric == "spBLEU"


def test_the_signature_names_the_file_by_its_hash(model: Path) -> None:
    found = measure({"s": LINES}, [REFERENCE], metric="spbleu", target="en", spm_model=model)
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
    assert f"|tok:spm-sha256-{sha256[:12]}|" in found.signature


def test_a_model_that_is_missing_or_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no model", encoding="utf-8")
    for model, message in (
        (None, "spBLEU needs a SentencePiece model. Name its file"),
        (tmp_path / "none", "none: no such file. spBLEU needs"),
        (tmp_path / "text", "text: not a SentencePiece model"),
    ):
        with pytest.raises(UserError, match=message):
            measure({"s": ["a"]}, [["a"]], metric="spbleu", target="en", spm_model=model)

"""The reference engine: a checkpoint that translates lines of text."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from data_pipeline import binarize, vocab
from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.stages import translate
from fairseq_plugins.translator import FairseqTranslator, Search
from tests.fairseq_plugins.running import run_train, train_arguments
from vega.directions import parse_direction
from vega.errors import UserError
from vega.settings import BinarizeSettings, Corpus, Form, System, TranslateSettings, VocabSettings
from vega.vocabulary import write_form

EN_DE, JA_EN = parse_direction("en-de"), parse_direction("ja-en")


@pytest.fixture(scope="module")
def checkpoint(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained until it knows the word-by-word lexicon a little."""
    folder = tmp_path_factory.mktemp("trained")
    run_train(train_arguments(data, folder, 150, "--disable-validation", "--dropout", "0"), folder / "train.log")
    return folder / "checkpoint_last.pt"


def test_lines_come_back_in_order_and_empty_lines_stay_empty(data: Path, checkpoint: Path) -> None:
    translator = FairseqTranslator([open_checkpoint(checkpoint)], data, Search(beam=2, max_tokens=60))
    lines = ["the red house", "", "old bird sings", "the red house", "tree"]
    together = translator.translate(lines, EN_DE)
    assert together[1] == ""
    assert together[0] == together[3] != together[4]
    assert translator.translate(lines[::-1], EN_DE) == together[::-1]


def test_the_target_tag_decides_the_language(data: Path, checkpoint: Path) -> None:
    translator = FairseqTranslator([open_checkpoint(checkpoint)], data, Search(beam=1))
    to_english, to_german = translator.translate(["家 木"], JA_EN), translator.translate(["house tree"], EN_DE)
    assert to_english[0].isascii() and to_english != to_german


def test_text_is_translated_in_the_form_of_training(data: Path, checkpoint: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "data")
    write_form(tmp_path / "data", Form(width=True, punctuation=True))
    plain, formed = (
        FairseqTranslator([open_checkpoint(checkpoint)], folder, Search(beam=1)) for folder in (data, tmp_path / "data")
    )
    line = "“ｈｏｕｓｅ” tree"
    assert formed.translate([line], EN_DE) == plain.translate(['"house" tree'], EN_DE) != plain.translate([line], EN_DE)
    assert formed.translate(["“家Ａ”"], JA_EN) == plain.translate(["“家A”"], JA_EN)


def test_untrained_weights_are_fresh_and_repeatable(data: Path, checkpoint: Path) -> None:
    def weights(seed: int | None) -> torch.Tensor:
        model = FairseqTranslator([open_checkpoint(checkpoint)], data, Search(), untrained_seed=seed).models[0]
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    first, again, other, trained = weights(1), weights(1), weights(2), weights(None)
    assert torch.equal(first, again)
    assert not torch.equal(first, other) and not torch.equal(first, trained)


def test_an_ensemble_of_copies_is_the_model_and_one_of_two_models_is_between_them(data: Path, checkpoint: Path) -> None:
    lines = ["the red house", "old bird sings", "a fish eats near the tree"]
    trained = open_checkpoint(checkpoint)
    one, copies = (FairseqTranslator([trained] * n, data, Search(beam=2)) for n in (1, 3))
    assert copies.translate(lines, EN_DE) == one.translate(lines, EN_DE)
    assert len(copies.models) == 3


def test_a_vocabulary_that_does_not_match_the_checkpoint_is_named(
    corpora: dict[str, Corpus], checkpoint: Path, tmp_path: Path
) -> None:
    (tmp_path / "vocab").mkdir()
    (tmp_path / "other").mkdir()
    vocab.run(VocabSettings(corpora=[corpora["news"]], size=330), tmp_path / "vocab")
    binarize.run(BinarizeSettings(vocab=tmp_path / "vocab", test=[corpora["check"]], workers=1), tmp_path / "other")
    with pytest.raises(UserError, match=r"checkpoint_last\.pt was trained with 345 symbols, .*dict\.txt has 355"):
        FairseqTranslator([open_checkpoint(checkpoint)], tmp_path / "other", Search())


def test_a_line_too_long_for_the_model_is_named(data: Path, checkpoint: Path) -> None:
    translator = FairseqTranslator([open_checkpoint(checkpoint)], data, Search(beam=1))
    with pytest.raises(UserError, match=r"Line 2 has .* tokens, the limit is 1,024"):
        translator.translate(["tree", "house " * 2000], EN_DE)


def test_a_missing_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.pt: no such checkpoint"):
        open_checkpoint(tmp_path / "nowhere.pt")


@pytest.mark.e2e
def test_the_stage_writes_the_same_for_any_number_of_workers(
    data: Path, checkpoint: Path, corpora: dict[str, Corpus], tmp_path: Path
) -> None:
    written = []
    for workers in (1, 2):
        settings = TranslateSettings(
            data=data,
            systems=[
                System(name="copy", kind="copy"),
                System(name="ours", checkpoint=checkpoint, directions=["en-de", "ja-en"]),
            ],
            test=[corpora["check"]],
            directions=["en-de", "de-en"],
            beam=2,
            workers=workers,
        )
        output = tmp_path / str(workers)
        translate.run(settings, output)
        written.append({p.relative_to(output): p.read_text() for p in output.rglob("check.*")})
    assert written[0] == written[1]
    assert {str(path) for path in written[0]} == {
        "copy/check.en-de.de", "copy/check.de-en.en", "ours/check.en-de.de", "ours/check.ja-en.en",
    }  # fmt: skip
    assert all(text.count("\n") == 23 for text in written[0].values())

"""sacreBLEU's own command line is the law: same score, same signature, same interval width."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from eval.score import CorpusScore, mean_measure, measure
from vega import metrics
from vega.errors import UserError
from vega.metrics import build_metric

SENTENCES = {
    "de": ["Klicken Sie auf OK.", "Öffnet das Menü „Datei“.", "Gibt den Sinus einer Zahl zurück.", "Ja, sofort!"],
    "zh": ["单击“确定”。", "打开文件菜单，然后选择保存。", "返回数字的正弦值。", "是的。"],
    "ja": ["「OK」をクリックします。", "ファイルメニューを開いてください。", "数値の正弦を返します。", "はい。"],
}


def corpus(target: str, lines: int = 40) -> tuple[list[str], list[str]]:
    """A reference and a hypothesis that is right in places, empty in others."""
    generator = random.Random(7)
    reference = [generator.choice(SENTENCES[target]) for _ in range(lines)]
    hypothesis = [
        generator.choice([line, line[: len(line) // 2], "", generator.choice(SENTENCES[target])]) for line in reference
    ]
    return hypothesis, reference


def scored(hypothesis: list[str], references: list[list[str]], metric: str, target: str, resamples: int) -> CorpusScore:
    found = measure({"s": hypothesis}, references, metric=metric, target=target)
    drawn = found.resampled(resamples, 99) if resamples else {}
    return found.with_intervals(drawn, 99)["s"]


def sacrebleu_command(folder: Path, hypothesis: list[str], references: list[list[str]], *options: str) -> list[dict]:
    """What it prints; every number with eight digits."""
    names = [f"reference{number}" for number in range(len(references))]
    for name, lines in zip(["hypothesis", *names], [hypothesis, *references], strict=True):
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "sacrebleu", *names, "-i", "hypothesis", *options]
    result = subprocess.run(
        [*command, "--width", "8", "-f", "json", "--confidence", "--confidence-n", "200"],
        cwd=folder, env=os.environ | {"SACREBLEU_SEED": "99"}, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return json.loads(result.stdout)


@pytest.mark.parametrize(("target", "tokenizer"), [("de", "13a"), ("zh", "zh"), ("ja", "ja-mecab")])
def test_scores_signatures_and_interval_widths_are_those_of_the_sacrebleu_command(tmp_path, target, tokenizer):
    hypothesis, reference = corpus(target)
    options = ["-m", "bleu", "chrf", "ter", "--tokenize", tokenizer]
    expected = sacrebleu_command(tmp_path, hypothesis, [reference], *options)
    for metric, theirs in zip(("bleu", "chrf", "ter"), expected, strict=True):
        ours = scored(hypothesis, [reference], metric, target, 200)
        assert ours.score == pytest.approx(theirs["score"], abs=1e-7)
        assert ours.signature == theirs["signature"]
        assert (ours.high - ours.low) / 2 == pytest.approx(theirs["confidence_var"], abs=1e-6)
        assert ours.low < ours.score < ours.high


def test_several_references_and_chrf_with_words_are_those_of_the_sacrebleu_command(tmp_path):
    hypothesis, reference = corpus("de")
    references = [reference, [line.replace("e", "a") for line in reference], reference[::-1]]
    options = ["-m", "bleu", "chrf", "ter", "--chrf-word-order", "2"]
    expected = sacrebleu_command(tmp_path, hypothesis, references, *options)
    for metric, theirs in zip(("bleu", "chrf++", "ter"), expected, strict=True):
        ours = scored(hypothesis, references, metric, "de", 200)
        assert ours.score == pytest.approx(theirs["score"], abs=1e-7)
        assert ours.signature == theirs["signature"] and ours.signature.startswith("nrefs:3|")
        assert (ours.high - ours.low) / 2 == pytest.approx(theirs["confidence_var"], abs=1e-5)


@pytest.mark.parametrize("metric", ["bleu", "chrf", "chrf++", "ter"])
def test_the_point_score_is_sacrebleus_to_the_last_bit(metric):
    from sacrebleu.metrics import BLEU, CHRF, TER

    theirs = {"bleu": BLEU(), "chrf": CHRF(), "chrf++": CHRF(word_order=2), "ter": TER()}[metric]
    hypothesis, reference = corpus("de")
    for references in ([reference], [reference, [None, *reference[1:]]]):
        ours = scored(hypothesis, references, metric, "de", 0)
        assert ours.score == theirs.corpus_score(hypothesis, references).score
        assert (ours.low, ours.high) == (None, None)
        assert ours.signature == str(theirs.get_signature())
    assert ours.signature.startswith("nrefs:var|")


def test_a_reference_that_lacks_a_segment_is_no_translation_without_words():
    """sacreBLEU would take "" for a reference of length 0, and forgive brevity."""
    hypothesis, first, second = ["a b c d"], ["a b c d e f g h"], [None]
    with_gap = scored(hypothesis, [first, second], "bleu", "de", 0).score
    assert with_gap == scored(hypothesis, [first], "bleu", "de", 0).score
    assert with_gap < scored(hypothesis, [first, [""]], "bleu", "de", 0).score == pytest.approx(100)


@pytest.mark.parametrize("metric", ["bleu", "chrf", "chrf++"])
def test_a_perfect_translation_scores_100_and_an_empty_one_0(metric):
    reference = SENTENCES["de"] * 3
    for lines, score in ((reference, 100), ([""] * len(reference), 0)):
        found = scored(lines, [reference], metric, "de", 50)
        assert [found.score, found.low, found.high] == pytest.approx([score] * 3)


def test_the_tokenizer_of_a_target_can_be_chosen():
    hypothesis, reference = corpus("ja")
    usual = measure({"s": hypothesis}, [reference], metric="bleu", target="ja")
    other = measure({"s": hypothesis}, [reference], metric="bleu", target="ja", tokenizers={"ja": "char"})
    assert "tok:ja-mecab" in usual.signature and "tok:char" in other.signature
    assert usual.scores() != other.scores()


def test_a_metric_of_numbers_per_line_has_their_mean_and_its_interval():
    numbers = np.random.default_rng(1).random(50)
    found = mean_measure("m", "model:m", {"s": numbers.tolist()})
    score = found.with_intervals(found.resampled(500, 3), 3)["s"]
    drawn = np.random.default_rng(3).choice(50, size=(500, 50), replace=True)
    means = np.sort(numbers[drawn].mean(1))
    assert score.score == pytest.approx(numbers.mean())
    assert (score.low, score.high) == pytest.approx((means[12], means[-13]))
    assert found.per_line()["s"].tolist() == numbers.tolist()


def test_lines_that_do_not_match_the_reference_are_refused():
    with pytest.raises(ValueError, match="1 lines against 2"):
        measure({"s": ["a"]}, [["a", "b"]], metric="chrf", target="de")


def test_a_missing_tokenizer_names_the_package_to_install(monkeypatch):
    def fail(**_: object) -> None:
        raise RuntimeError("no MeCab")

    monkeypatch.setattr(metrics, "BLEU", fail)
    with pytest.raises(UserError, match=r"ja-mecab.*pip install"):
        build_metric("bleu", "ja", [["はい"]])

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
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.score import score_systems
from vega import metrics
from vega.errors import UserError
from vega.metrics import build_metric, resampled_sums

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


def sacrebleu_command(folder: Path, hypothesis: list[str], reference: list[str], tokenizer: str) -> list[dict]:
    (folder / "hypothesis").write_text("\n".join(hypothesis) + "\n", encoding="utf-8")
    (folder / "reference").write_text("\n".join(reference) + "\n", encoding="utf-8")
    options = ["-m", "bleu", "chrf", "--tokenize", tokenizer, "--width", "8", "-f", "json"]
    command = [sys.executable, "-m", "sacrebleu", "reference", "-i", "hypothesis", *options]
    environment = os.environ | {"SACREBLEU_SEED": "99"}
    result = subprocess.run(
        [*command, "--confidence", "--confidence-n", "200"],
        cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return json.loads(result.stdout)


@pytest.mark.parametrize(("target", "tokenizer"), [("de", "13a"), ("zh", "zh"), ("ja", "ja-mecab")])
def test_scores_signatures_and_interval_widths_are_those_of_the_sacrebleu_command(tmp_path, target, tokenizer):
    hypothesis, reference = corpus(target)
    expected = sacrebleu_command(tmp_path, hypothesis, reference, tokenizer)
    for metric, theirs in zip(("bleu", "chrf"), expected, strict=True):
        ours = score_systems({"s": hypothesis}, reference, metric=metric, target=target, resamples=200, seed=99)["s"]
        assert ours.score == pytest.approx(theirs["score"], abs=1e-7)
        assert ours.signature == theirs["signature"]
        assert (ours.high - ours.low) / 2 == pytest.approx(theirs["confidence_var"], abs=1e-3)
        assert ours.low < ours.score < ours.high


def test_the_point_score_is_sacrebleus_to_the_last_bit():
    from sacrebleu.metrics import BLEU, CHRF

    hypothesis, reference = corpus("de")
    for metric, theirs in (("bleu", BLEU()), ("chrf", CHRF())):
        ours = score_systems({"s": hypothesis}, reference, metric=metric, target="de", resamples=0, seed=1)["s"]
        assert ours.score == theirs.corpus_score(hypothesis, [reference]).score
        assert (ours.low, ours.high) == (None, None)
        assert ours.signature == str(theirs.get_signature())


@pytest.mark.parametrize("metric", ["bleu", "chrf"])
def test_a_perfect_translation_scores_100_and_an_empty_one_0(metric):
    reference = SENTENCES["de"] * 3
    systems = {"perfect": reference, "empty": [""] * len(reference)}
    scores = score_systems(systems, reference, metric=metric, target="de", resamples=50, seed=1)
    assert [scores["perfect"].score, scores["perfect"].low, scores["perfect"].high] == pytest.approx([100] * 3)
    assert (scores["empty"].score, scores["empty"].low, scores["empty"].high) == (0, 0, 0)


@given(lines=st.integers(1, 30), seed=st.integers(0, 2**32), data=st.data())
@settings(max_examples=25, deadline=None)
def test_the_sums_are_those_of_the_lines_sacrebleu_draws_however_they_are_cut_into_chunks(lines, seed, data):
    statistics = np.array(data.draw(st.lists(st.tuples(*[st.integers(0, 50)] * 3), min_size=lines, max_size=lines)))
    drawn = np.random.default_rng(seed).choice(lines, size=(9, lines), replace=True)
    expected = statistics[drawn].sum(axis=1)
    chunk = data.draw(st.integers(1, 9 * lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "DRAWS_AT_ONCE", chunk)
        sums = resampled_sums(statistics.astype(np.float64), resamples=9, seed=seed)
    assert sums.tolist() == expected.tolist()


def test_lines_that_do_not_match_the_reference_are_refused():
    with pytest.raises(ValueError, match="1 lines against 2"):
        score_systems({"s": ["a"]}, ["a", "b"], metric="chrf", target="de", resamples=0, seed=1)


def test_a_missing_tokenizer_names_the_package_to_install(monkeypatch):
    def fail(**_: object) -> None:
        raise RuntimeError("no MeCab")

    monkeypatch.setattr(metrics, "BLEU", fail)
    with pytest.raises(UserError, match=r"ja-mecab.*pip install"):
        build_metric("bleu", "ja", ["はい"])

"""The p-values of every pair are those of sacreBLEU's own paired tests, to the last digit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.significance import PairedTest

from eval.score import Measure, mean_measure, measure
from eval.significance import Comparison, compare
from vega.metrics import build_metric

SEED = 12345  # sacreBLEU's, where the environment names none
WORDS = "the red house stands near an old tree and birds sing there every day".split()  # noqa: SIM905

Systems = dict[str, list[str]]


@st.composite
def corpora(draw: st.DrawFn) -> tuple[list[list[str | None]], Systems]:
    """One or two references, one of which may lack segments, and three systems that write some of their words."""
    lines = draw(st.integers(1, 25))
    sentence = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
    reference: list[str | None] = draw(st.lists(sentence, min_size=lines, max_size=lines))
    second = draw(st.none() | st.lists(st.none() | sentence, min_size=lines, max_size=lines))

    def spoil(line: str | None) -> str:
        words = str(line).split()
        return " ".join(words[: draw(st.integers(0, len(words)))] + draw(st.lists(st.sampled_from(WORDS), max_size=2)))

    systems = {"a": [spoil(line) for line in reference]}
    systems["b"] = [
        spoil(line) if draw(st.booleans()) else mine for line, mine in zip(reference, systems["a"], strict=True)
    ]
    systems["c"] = list(systems["a"]) if draw(st.booleans()) else [spoil(line) for line in reference]
    return [reference] + ([second] if second else []), systems


def ours(found: Measure, resamples: int, trials: int) -> Comparison:
    return compare(found, found.resampled(resamples, SEED), trials=trials, seed=SEED)


def theirs(name: str, references: list, systems: Systems, kind: str, samples: int) -> dict[frozenset[str], float]:
    """sacreBLEU compares all with the first; so again with each as the first."""
    found = {}
    names = list(systems)
    for first in range(len(names) - 1):
        rest = [(system, systems[system]) for system in names[first:]]
        metric = {name: build_metric(name, "en", references)}
        _, results = PairedTest(rest, metric, None, test_type=kind, n_samples=samples)()
        scores = next(rows for key, rows in results.items() if key != "System")
        for other, result in zip(names[first + 1 :], scores[1:], strict=True):
            found[frozenset((names[first], other))] = result.p_value
    return found


@pytest.mark.parametrize("name", ["bleu", "chrf", "chrf++", "ter"])
@settings(max_examples=12, deadline=None)
@given(corpus=corpora())
def test_p_values_are_sacrebleus(name: str, corpus: tuple[list, Systems]) -> None:
    references, systems = corpus
    found = ours(measure(systems, references, metric=name, target="en"), 60, 60).pairs
    assert {frozenset((pair.a, pair.b)): pair.p_bootstrap for pair in found} == theirs(
        name, references, systems, "bs", 60
    )
    assert {frozenset((pair.a, pair.b)): pair.p_randomization for pair in found} == theirs(
        name, references, systems, "ar", 60
    )


@pytest.fixture(scope="module")
def corpus() -> tuple[list[str], Systems]:
    """A reference of 150 lines, and systems of which each spoils more lines than the one before."""
    drawn = np.random.default_rng(5)
    reference = [" ".join(drawn.choice(WORDS, size=drawn.integers(4, 12))) for _ in range(150)]

    def spoilt(share: float) -> list[str]:
        return [" ".join(line.split()[::-1]) if drawn.random() < share else line for line in reference]

    return reference, {name: spoilt(share) for name, share in (("worst", 0.9), ("good", 0.1), ("middle", 0.5))}


def test_the_command_line_says_the_same(corpus: tuple[list[str], Systems], tmp_path: Path) -> None:
    reference, systems = corpus
    for name, lines in ({"reference": reference} | systems).items():
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "sacrebleu", "reference", "-i", *systems, "-m", "bleu", "chrf", "-f", "json"]
    for option, count, column in (("--paired-bs", 100, "p_bootstrap"), ("--paired-ar", 100, "p_randomization")):
        result = subprocess.run(
            [*command, option, f"{option}-n", str(count)], cwd=tmp_path, capture_output=True, text=True, check=True,
            env={key: value for key, value in os.environ.items() if key != "SACREBLEU_SEED"}, timeout=120,
        )  # fmt: skip
        rows = json.loads(result.stdout)
        for name, key in (("bleu", "BLEU"), ("chrf", "chrF2")):
            pairs = ours(measure(systems, [reference], metric=name, target="en"), 100, 100).pairs
            mine = {pair.a if pair.b == "worst" else pair.b: getattr(pair, column) for pair in pairs
                    if "worst" in (pair.a, pair.b)}  # fmt: skip
            assert {row["system"]: row[key]["p_value"] for row in rows[1:]} == mine


@pytest.mark.parametrize("name", ["bleu", "chrf", "ter"])
def test_pairs_are_all_pairs_with_the_better_first(corpus: tuple[list[str], Systems], name: str) -> None:
    reference, systems = corpus
    found = measure(systems, [reference], metric=name, target="en")
    result = ours(found, 200, 200)
    assert [(pair.a, pair.b) for pair in result.pairs] == list(combinations(["good", "middle", "worst"], 2))
    assert result.clusters == [["good"], ["middle"], ["worst"]]
    scores = found.scores()
    for pair in result.pairs:
        assert pair.gain == scores[pair.a] - scores[pair.b]
        assert (pair.gain < 0) == (name == "ter")
        assert pair.low < pair.gain < pair.high and pair.is_significant


def test_equal_outputs_never_differ_significantly_though_their_p_value_is_small(
    corpus: tuple[list[str], Systems],
) -> None:
    reference, systems = corpus
    twins = {"b": systems["middle"], "a": list(systems["middle"])}
    result = ours(measure(twins, [reference], metric="chrf", target="en"), 100, 100)
    pair = result.pairs[0]
    assert (pair.a, pair.b, pair.gain, pair.p_bootstrap) == ("a", "b", 0, 1 / 101)
    assert not pair.is_significant and result.clusters == [["a", "b"]]


def test_without_resamples_randomization_decides_and_without_both_nothing_is_significant(
    corpus: tuple[list[str], Systems],
) -> None:
    reference, systems = corpus
    found = measure(systems, [reference], metric="chrf", target="en")
    by_trials = compare(found, {}, trials=200, seed=SEED)
    assert by_trials.clusters == [["good"], ["middle"], ["worst"]]
    assert {(pair.low, pair.p_bootstrap) for pair in by_trials.pairs} == {(None, None)}
    nothing = compare(found, {}, trials=0, seed=SEED)
    assert nothing.clusters == [["good", "middle", "worst"]] and nothing.pairs[0].p_randomization is None


def test_metrics_of_one_number_per_line_are_tested_by_the_same_draws() -> None:
    drawn = np.random.default_rng(2)
    numbers = {"a": drawn.random(80), "b": drawn.random(80)}
    result = ours(mean_measure("m", "model:m", {name: each.tolist() for name, each in numbers.items()}), 300, 300)
    chosen = np.random.default_rng(SEED).choice(80, size=(300, 80), replace=True)
    difference = np.abs(numbers["a"][chosen].mean(1) - numbers["b"][chosen].mean(1))
    real = abs(numbers["a"].mean() - numbers["b"].mean())
    assert result.pairs[0].p_bootstrap == (1 + (difference - difference.mean() > real).sum()) / 301
    coins = np.random.default_rng(SEED).integers(2, size=(300, 80), dtype=bool)
    swapped = np.where(coins, numbers["a"] - numbers["b"], numbers["b"] - numbers["a"]).mean(1)
    assert result.pairs[0].p_randomization == (1 + (np.abs(swapped) > real).sum()) / 301

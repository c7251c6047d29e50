"""Systems against each other on several sets."""

from __future__ import annotations

import random

import numpy as np
import pytest

from eval.score import measure
from vega.metrics import Judge, Reference

WORDS = "the red house stands near an old tree and birds sing there every day".split()  # noqa: SIM905


def lines(number: int, seed: int) -> list[str]:
    drawn = random.Random(seed)
    return [" ".join(drawn.choices(WORDS, k=drawn.randint(4, 9))) for _ in range(number)]


def spoilt(reference: list[str], share: float) -> list[str]:
    """One word in some lines is another."""
    drawn = random.Random(5)
    return [line.replace(line.split()[0], "boat", 1) if drawn.random() < share else line for line in reference]


REFERENCES = [Reference("en", lines(60, 1)), Reference("de", lines(25, 2))]


def outputs(share: float) -> list[list[str]]:
    return [spoilt(list(each.lines), share) for each in REFERENCES]


@pytest.mark.parametrize("metric", ["bleu", "chrf"])
def test_scores_and_intervals_are_those_of_evaluation(metric: str) -> None:
    judge = Judge(REFERENCES, metric)
    found = judge.scores(judge.statistics(outputs(0.5)))
    for reference, mine, score in zip(REFERENCES, outputs(0.5), found, strict=True):
        known = measure({"x": mine}, [reference.lines], metric=metric, target=reference.target)
        assert score == known.scores()["x"]
    assert judge.score(judge.statistics(outputs(0.5))) == pytest.approx(np.mean(found))


def test_a_system_gains_nothing_over_itself_and_what_one_gains_the_other_loses() -> None:
    judge = Judge(REFERENCES)
    bad, good = (judge.statistics(outputs(share)) for share in (0.9, 0.1))
    itself = judge.gain(bad, bad)
    assert (itself.gain, itself.low, itself.high) == (0, 0, 0) and not itself.is_sure and not itself.is_loss
    up, down = judge.gain(bad, good), judge.gain(good, bad)
    assert up.is_sure and down.is_loss
    assert up.low < up.gain < up.high
    assert (down.gain, down.low, down.high) == pytest.approx((-up.gain, -up.high, -up.low))


def test_the_gain_is_the_mean_of_those_of_the_sets() -> None:
    judge = Judge(REFERENCES)
    bad, good = (judge.statistics(outputs(share)) for share in (0.9, 0.1))
    each = judge.gain_by_set(bad, good)
    assert judge.gain(bad, good).gain == pytest.approx(np.mean([gain.gain for gain in each]))
    assert [gain.score for gain in each] == judge.scores(good)


def test_other_numbers_of_lines_are_refused() -> None:
    with pytest.raises(ValueError, match="24 lines against 60"):
        Judge(REFERENCES).statistics([["x"] * 24, ["x"] * 25])

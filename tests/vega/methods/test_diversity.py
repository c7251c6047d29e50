from __future__ import annotations

import pytest

from vega.methods.diversity import ORDERS, distinct, diversity

TEXT = [["a", "b", "a", "b"], ["a", "c"], []]


def test_a_text_whose_counts_are_known() -> None:
    found = diversity(TEXT)
    assert (found.sentences, found.tokens, found.types) == (3, 6, 3)
    assert found.variety == found.distinct[0] == 0.5
    assert found.sentence_variety == pytest.approx((0.5 + 1) / 2)
    assert found.distinct == [0.5, 3 / 4, 1, 1]  # ab ba ab, ac; aba bab; abab


def test_ngrams_do_not_cross_sentences_and_repetition_lowers_all() -> None:
    assert distinct([["a"], ["b"]], 2) == 0
    once, twice = diversity([["a", "b", "c", "d"]]), diversity([["a", "b", "c", "d"]] * 2)
    assert once.distinct == [1] * ORDERS and twice.distinct == [0.5] * ORDERS
    assert twice.sentence_variety == 1


def test_nothing_has_no_variety() -> None:
    assert diversity([])[:5] == (0, 0, 0, 0.0, 0.0)

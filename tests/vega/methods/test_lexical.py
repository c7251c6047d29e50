"""Entropies that can be worked out."""

from __future__ import annotations

import math

import pytest
import torch

from vega.methods import lexical
from vega.methods.lexical import choice_of_logits, histogram, lexical_choice


def test_the_entropy_of_even_scores_is_log2_of_the_vocabulary_and_of_a_sure_one_0() -> None:
    logits = torch.zeros(3, 64)
    logits[1, 5], logits[2, 7] = 1e4, math.inf
    logits[2, 7], logits[2, :7], logits[2, 8:] = 0, -math.inf, -math.inf
    found = choice_of_logits(logits, torch.tensor([0, 5, 8]))
    assert found.entropy.tolist() == pytest.approx([6, 0, 0])
    assert found.negative.tolist() == pytest.approx([63 / 64, 0, 1])


def test_two_symbols_alike_are_one_bit() -> None:
    found = choice_of_logits(torch.tensor([[2.0, 2.0, -1e4]]), torch.tensor([0]))
    assert found.entropy.item() == pytest.approx(1) and found.negative.item() == pytest.approx(0.5)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    hidden, weight, target = torch.randn(10, 8), torch.randn(30, 8), torch.randint(30, (10,))
    whole = choice_of_logits(hidden @ weight.T, target)
    monkeypatch.setattr(lexical, "chunk_rows", lambda _: 3)
    parts = lexical_choice(hidden, weight, target)
    torch.testing.assert_close(parts.entropy, whole.entropy)
    torch.testing.assert_close(parts.negative, whole.negative)


def test_every_token_is_in_one_bucket_of_two_bits() -> None:
    entropies = [0.0, -1e-7, 1.99, 2.0, 3.9, 5.9, 6.0, 6.0000005]
    assert histogram(entropies, 64) == [3, 2, 1, 2]
    assert sum(histogram(entropies, 50)) == len(entropies)  # log2(50) is 5.6: three buckets
    assert len(histogram([], 50)) == 3

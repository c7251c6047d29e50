"""Batches under token budgets by length: none exceeds its own, none of the sentences is lost."""

from __future__ import annotations

import numpy as np
import pytest
from fairseq.data.data_utils_fast import batch_by_size_vec
from hypothesis import given
from hypothesis import strategies as st

from fairseq_plugins.data.batching import BatchBudgets, BatchLimits

LENGTHS = st.lists(st.integers(2, 40), max_size=120).map(np.array)
#: Buckets up to 40 tokens; budgets may lie below their sentences' lengths, down to none.
BUDGETS = st.lists(st.integers(0, 200), min_size=4, max_size=4).map(
    lambda tokens: tuple(zip((8, 12, 24, 40), tokens, strict=True))
)


def budget_of(length: int, budgets: BatchBudgets) -> int:
    return next(tokens for longest, tokens in budgets if length <= longest)


@given(LENGTHS, BUDGETS, st.sampled_from([None, 1, 5]), st.sampled_from([1, 8]))
def test_every_sentence_that_fits_comes_once_and_no_batch_exceeds_its_budget(
    lengths: np.ndarray, budgets: BatchBudgets, max_sentences: int | None, multiple: int
) -> None:
    limits = BatchLimits(200, max_sentences, multiple, budgets)
    admitted = limits.admits(lengths)
    assert admitted.tolist() == [length <= budget_of(length, budgets) for length in lengths]
    indices = 1000 + np.flatnonzero(admitted)
    batches = limits.split(indices, lengths[admitted])
    for batch in batches:
        longest = max(lengths[batch - 1000])
        assert len(batch) * longest <= budget_of(longest, budgets)
        assert max_sentences is None or len(batch) <= max_sentences
    assert sorted(i for batch in batches for i in batch) == indices.tolist()
    again = limits.split(indices, lengths[admitted])
    assert [batch.tolist() for batch in again] == [batch.tolist() for batch in batches]


@given(LENGTHS)
def test_equal_budgets_mix_no_buckets_and_keep_the_order(lengths: np.ndarray) -> None:
    limits = BatchLimits(200, None, 1, ((8, 200), (40, 200)))
    batches = limits.split(np.arange(len(lengths)), lengths)
    for batch in batches:
        assert len({length <= 8 for length in lengths[batch]}) == 1
    short = [i for batch in batches for i in batch if lengths[i] <= 8]
    assert short == np.flatnonzero(lengths <= 8).tolist()


@given(LENGTHS, st.sampled_from([None, 60]), st.sampled_from([1, 8]))
def test_without_budgets_batches_are_fairseqs(lengths: np.ndarray, max_tokens: int | None, multiple: int) -> None:
    limits = BatchLimits(max_tokens, 7, multiple)
    ours = limits.split(np.arange(len(lengths)), lengths)
    if len(lengths):
        theirs = batch_by_size_vec(np.arange(len(lengths)), lengths, max_tokens or -1, 7, multiple)
        assert [batch.tolist() for batch in ours] == [batch.tolist() for batch in theirs]
    assert limits.admits(lengths).all()


@pytest.mark.parametrize("budgets", [(), ((8, 30), (30, 30))])
def test_what_is_longer_than_all_budgets_is_not_admitted(budgets: BatchBudgets) -> None:
    limits = BatchLimits(30, None, 1, budgets)
    assert limits.admits(np.array([30, 31, 1000])).tolist() == [True, False, False]

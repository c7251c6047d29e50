"""Batches lose no line, keep to the budget, and waste little on padding."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.translation.batching import length_sorted_batches


@given(st.lists(st.integers(1, 60), max_size=80), st.integers(1, 200))
def test_every_line_is_in_one_batch_under_the_budget(lengths: list[int], budget: int) -> None:
    batches = list(length_sorted_batches(lengths, budget))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[i] for i in batch)
        assert len(batch) * longest <= budget or len(batch) == 1
        assert longest == lengths[batch[0]]
    flat = [lengths[i] for batch in batches for i in batch]
    assert flat == sorted(lengths, reverse=True)


@given(st.lists(st.integers(1, 60), min_size=2, max_size=80), st.integers(60, 200))
def test_no_batch_could_have_taken_the_next_line(lengths: list[int], budget: int) -> None:
    batches = list(length_sorted_batches(lengths, budget))
    assert all((len(batch) + 1) * lengths[batch[0]] > budget for batch in batches[:-1])


def test_equal_lengths_stay_in_order() -> None:
    assert list(length_sorted_batches([3, 5, 3, 5, 3], 100)) == [[1, 3, 0, 2, 4]]

from __future__ import annotations

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from vega.ops.counter_random import (
    _mixed,
    _mixed_number,
    as_uniform,
    below,
    hashes,
    hashes_at,
    row_hashes,
    uniform,
    with_number,
)

words = st.integers(-(1 << 63), (1 << 63) - 1)
GOLDEN = 0x9E3779B97F4A7C15


def test_the_numbers_are_splitmix64() -> None:
    """The first outputs for the start 1234567, as published with the generator."""
    known = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]
    assert [_mixed_number(1234567 + (i + 1) * GOLDEN) % (1 << 64) for i in range(5)] == known


@given(st.lists(words, min_size=1, max_size=40))
def test_tensors_are_mixed_as_python_numbers_are(numbers: list[int]) -> None:
    assert _mixed(torch.tensor(numbers)).tolist() == [_mixed_number(number) for number in numbers]


@given(st.integers(0, 1 << 40), st.lists(words, min_size=2, max_size=8), st.integers(1, 20), st.integers(0, 9))
def test_a_number_depends_on_its_own_key_and_column_alone(seed: int, keys: list[int], count: int, purpose: int) -> None:
    together = hashes(seed, torch.tensor(keys), count, purpose)
    assert together.shape == (len(keys), count)
    backwards = hashes(seed, torch.tensor(keys[::-1]), count + 7, purpose)
    assert torch.equal(backwards.flip(0)[:, :count], together)
    alone = hashes(seed, torch.tensor(keys[1:2]), count, purpose)
    assert torch.equal(alone[0], together[1])
    assert torch.equal(hashes_at(seed, torch.tensor(keys[1:2]), torch.tensor([[count - 1]]), purpose)[0], alone[0, -1:])


def test_inputs_stay_as_they_are() -> None:
    keys, places = torch.arange(5), torch.arange(20).view(5, 4)
    hashes_at(1, keys, places, 0)
    with_number(keys, 3)
    below(keys, 3)
    as_uniform(keys)
    row_hashes(places, places > 3)
    assert torch.equal(keys, torch.arange(5)) and torch.equal(places, torch.arange(20).view(5, 4))


def _even(numbers: Tensor) -> None:
    """Chi-squared over 64 bins of [0, 1): within five deviations of its mean."""
    assert numbers.dtype == torch.float32 and float(numbers.min()) >= 0 and float(numbers.max()) < 1
    counts = (numbers.flatten() * 64).long().bincount(minlength=64).double()
    expected = numbers.numel() / 64
    chi = float(((counts - expected) ** 2 / expected).sum())
    assert abs(chi - 63) < 5 * math.sqrt(2 * 63), chi


def _independent(first: Tensor, second: Tensor) -> None:
    """Correlation within five deviations of 0, and evenly spread over an 8 x 8 table."""
    both = torch.stack([first.flatten(), second.flatten()]).double()
    assert abs(float(torch.corrcoef(both)[0, 1])) < 5 / math.sqrt(both.shape[1])
    _even((((both[0] * 8).long() * 8 + (both[1] * 8).long()).double() / 64).float())


def test_numbers_are_even() -> None:
    """For small keys in a row, as samples have, and for their neighbours' columns."""
    _even(uniform(1, torch.arange(2000), 40, 0))
    _even(uniform(1, torch.arange(100_000), 1, 0))
    _even(uniform(1, torch.tensor([0]), 100_000, 0))
    _even(as_uniform(with_number(torch.arange(100_000), 17)))
    _even(below(hashes(1, torch.arange(2000), 40, 0), 64).float() / 64)
    _even(as_uniform(torch.cat([with_number(torch.tensor([3, 4]), update) for update in range(5000)])))


def test_numbers_are_independent_between_keys_columns_purposes_seeds_and_updates() -> None:
    keys = torch.arange(2000)
    numbers = uniform(1, keys, 40, 0)
    _independent(numbers[1:], numbers[:-1])
    _independent(numbers[:, 1:], numbers[:, :-1])
    _independent(numbers[1:, 1:], numbers[:-1, :-1])
    _independent(numbers, uniform(1, keys, 40, 1))
    _independent(numbers, uniform(2, keys, 40, 0))
    _independent(numbers, uniform(1, with_number(keys, 0), 40, 0))
    _independent(uniform(1, with_number(keys, 5), 40, 0), uniform(1, with_number(keys, 6), 40, 0))
    # Key plus one at an update is not that key at the next one.
    _independent(uniform(1, with_number(keys, 5), 40, 0), uniform(1, with_number(keys + 1, 4), 40, 0))


rows = st.lists(st.integers(0, 5), max_size=6)


@given(rows, rows, st.integers(0, 3), st.integers(0, 3), st.integers(0, 5))
@settings(deadline=None)
def test_row_hashes_are_equal_for_equal_rows_only(
    first: list[int], second: list[int], left: int, middle: int, filler: int
) -> None:
    """Wherever the values that do not count are, and whatever they are."""
    width = 20

    def spread(row: list[int], before: int, between: int) -> tuple[list[int], list[bool]]:
        half = len(row) // 2
        values = [filler] * before + row[:half] + [filler] * between + row[half:]
        real = [False] * before + [True] * half + [False] * between + [True] * (len(row) - half)
        rest = width - len(values)
        return values + [filler] * rest, real + [False] * rest

    (a, a_real), (b, b_real) = spread(first, left, middle), spread(second, middle, left)
    hashed = row_hashes(torch.tensor([a, b]), torch.tensor([a_real, b_real]))
    assert (hashed[0] == hashed[1]) == (first == second)


def test_row_hashes_tell_orders_apart() -> None:
    values = torch.tensor([[1, 2, 3], [3, 2, 1], [2, 1, 3]])
    assert len(set(row_hashes(values, torch.ones_like(values, dtype=torch.bool)).tolist())) == 3

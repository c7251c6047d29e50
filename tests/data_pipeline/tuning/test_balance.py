"""Quotas: all is given, nobody more than there is, shares as the temperature says, the order of domains no matter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.tuning.balance import quotas
from vega.directions import temperature_weights

SIZES = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 2000), min_size=1, max_size=8)


@given(SIZES, st.integers(0, 3000), st.floats(0.3, 100), st.integers(1, 4))
def test_the_sum_is_the_total_or_all_there_is(sizes: dict[str, int], total: int, heat: float, repeat: int) -> None:
    found = quotas(sizes, total, heat, repeat)
    assert found.keys() == sizes.keys()
    assert sum(found.values()) == min(total, repeat * sum(sizes.values()))
    assert all(0 <= found[name] <= repeat * sizes[name] for name in sizes)


@given(SIZES, st.integers(1, 3000), st.floats(0.3, 100))
def test_domains_that_are_not_exhausted_share_by_temperature(sizes: dict[str, int], total: int, heat: float) -> None:
    found = quotas(sizes, total, heat)
    weights = temperature_weights(sizes, heat)
    open_ = [name for name in sizes if found[name] < sizes[name]]
    for one in open_:
        for other in open_:
            assert abs(found[one] - weights[one] / weights[other] * found[other]) <= 1 + weights[one] / weights[other]


@given(SIZES, st.integers(0, 3000), st.floats(0.3, 100))
def test_the_order_of_domains_does_not_matter(sizes: dict[str, int], total: int, heat: float) -> None:
    assert quotas(dict(reversed(sizes.items())), total, heat) == quotas(sizes, total, heat)


def test_small_domains_give_all_and_large_ones_the_rest_evenly() -> None:
    assert quotas({"a": 10, "b": 5000, "c": 90_000}, 1000, 1e9) == {"a": 10, "b": 495, "c": 495}
    assert quotas({"a": 10, "b": 5000, "c": 90_000}, 1000, 1e9, repeat=2) == {"a": 20, "b": 490, "c": 490}

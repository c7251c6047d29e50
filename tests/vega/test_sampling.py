import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega.sampling import SamplingPlan, Stream, permutation


@given(size=st.integers(1, 3000), key=st.integers(0, 2**63))
def test_a_permutation_takes_every_value_once(size: int, key: int) -> None:
    values = permutation(size, key, np.arange(size))
    assert sorted(values.tolist()) == list(range(size))


@given(size=st.integers(1, 10**12), key=st.integers(0, 2**63), start=st.integers(0, 10**11))
def test_any_part_of_a_permutation_can_be_read_alone(size: int, key: int, start: int) -> None:
    positions = (start + np.arange(20)) % size
    together = permutation(size, key, positions)
    alone = [int(permutation(size, key, positions[i : i + 1])[0]) for i in range(20)]
    assert together.tolist() == alone
    assert ((together >= 0) & (together < size)).all()


def test_permutations_of_different_keys_differ_and_look_shuffled() -> None:
    first, second = (permutation(1000, key, np.arange(1000)) for key in (1, 2))
    assert (first != second).mean() > 0.9
    assert abs(np.corrcoef(first, np.arange(1000))[0, 1]) < 0.15


sizes_and_weights = st.lists(st.tuples(st.integers(1, 200), st.floats(0.01, 10)), min_size=1, max_size=5)


def plan_of(rows: list[tuple[int, float]], block: int, seed: int = 3) -> SamplingPlan:
    return SamplingPlan([Stream(f"s{i}", n, w) for i, (n, w) in enumerate(rows)], block, seed)


@given(rows=sizes_and_weights, block=st.integers(1, 500), number=st.integers(0, 10**9))
def test_counts_follow_the_weights_at_any_distance(rows: list[tuple[int, float]], block: int, number: int) -> None:
    plan = plan_of(rows, block)
    total = sum(weight for _, weight in rows)
    for i, (_, weight) in enumerate(rows):
        exact = weight / total * block * number
        assert abs(plan.start(i, number) - exact) <= 1 + 1e-9 * exact


@given(rows=sizes_and_weights, block=st.integers(1, 300), seed=st.integers(0, 5))
def test_a_stream_is_read_without_repeats_until_it_is_through(
    rows: list[tuple[int, float]], block: int, seed: int
) -> None:
    plan = plan_of(rows, block, seed)
    seen: list[int] = []
    number = 0
    while len(seen) < 2 * rows[0][0] and number < 3000:
        seen += plan.rows(0, number).tolist()
        number += 1
    size = rows[0][0]
    if len(seen) >= 2 * size:
        assert sorted(seen[:size]) == list(range(size))
        assert sorted(seen[size : 2 * size]) == list(range(size))


def test_a_plan_without_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="weight"):
        SamplingPlan([Stream("a", 5, 0.0)], 10, 1)

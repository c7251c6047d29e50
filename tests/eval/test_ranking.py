"""Clusters as WMT draws them."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from eval.ranking import clusters, ranks

NAMES = "abcdefg"


@given(st.integers(0, len(NAMES)).flatmap(lambda count: st.tuples(st.just(NAMES[:count]), st.sets(
    st.sampled_from(list(combinations(NAMES, 2)))))))  # fmt: skip
def test_a_line_is_drawn_wherever_all_above_are_better_than_all_below_and_nowhere_else(
    given_: tuple[str, set[tuple[str, str]]],
) -> None:
    ordered, better = list(given_[0]), given_[1]
    found = clusters(ordered, lambda a, b: (a, b) in better)
    assert [system for cluster in found for system in cluster] == ordered and all(found)
    lines = {sum(map(len, found[:place])) for place in range(1, len(found))}
    for place in range(1, len(ordered)):
        apart = all((high, low) in better for high in ordered[:place] for low in ordered[place:])
        assert (place in lines) == apart


def test_ranks_of_a_cluster_are_a_span() -> None:
    assert ranks([["a"], ["b", "c", "d"], ["e"]]) == {"a": "1", "b": "2-4", "c": "2-4", "d": "2-4", "e": "5"}

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega.directions import english_centric, parse_direction, temperature_weights
from vega.errors import UserError

sizes = st.dictionaries(st.text(min_size=1, max_size=5), st.integers(1, 10**9), min_size=1, max_size=8)


@given(sizes=sizes, temperature=st.floats(0.5, 50))
def test_weights_sum_to_one_and_keep_the_order_of_sizes(sizes: dict[str, int], temperature: float) -> None:
    weights = temperature_weights(sizes, temperature)
    assert math.isclose(sum(weights.values()), 1.0)
    ordered = sorted(sizes, key=sizes.__getitem__)
    assert all(weights[a] <= weights[b] + 1e-12 for a, b in itertools.pairwise(ordered))


@given(sizes=sizes)
def test_temperature_one_is_proportional_and_large_is_even(sizes: dict[str, int]) -> None:
    total = sum(sizes.values())
    for name, weight in temperature_weights(sizes, 1.0).items():
        assert math.isclose(weight, sizes[name] / total)
    for weight in temperature_weights(sizes, 1e9).values():
        assert math.isclose(weight, 1 / len(sizes), rel_tol=1e-6)


def test_a_temperature_of_zero_is_refused() -> None:
    with pytest.raises(UserError, match="temperature"):
        temperature_weights({"a": 1}, 0.0)


def test_english_centric_has_each_language_to_and_from_english() -> None:
    assert [str(d) for d in english_centric(["en", "de", "ja"])] == ["en-de", "de-en", "en-ja", "ja-en"]


@pytest.mark.parametrize("text", ["en", "en-en", "en-de-cs", "en_de"])
def test_a_malformed_direction_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="direction"):
        parse_direction(text)


def test_an_unknown_language_names_the_nearest_known_one() -> None:
    with pytest.raises(UserError, match="Did you mean 'de'"):
        parse_direction("en-dee")

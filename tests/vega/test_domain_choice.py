"""The rule on made-up tables: no sure loss is taken, nothing better is left, the untuned model is the floor."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vega.domain_choice import Point, best_refused, choose
from vega.metrics import Gain

NUMBERS = st.floats(-5, 5).map(lambda value: round(value, 2))


@st.composite
def gains(draw: st.DrawFn) -> Gain:
    middle, below, above = draw(NUMBERS), draw(st.floats(0, 3)), draw(st.floats(0, 3))
    return Gain(30.0, 30.0 + middle, middle, middle - below, middle + above)


@st.composite
def tables(draw: st.DrawFn) -> list[Point]:
    names = draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True))
    weights = draw(st.lists(st.sampled_from([0.25, 0.5, 0.75, 1.0]), min_size=1, unique=True))
    return [Point(weight, draw(gains()), {name: draw(gains()) for name in names}) for weight in sorted(weights)]


@given(tables(), st.floats(0, 1))
def test_what_is_taken_loses_nowhere_for_sure_and_nothing_allowed_is_worth_more(
    points: list[Point], share: float
) -> None:
    taken = choose(points, share)
    allowed = [p for p in points if all(gain.high >= 0 for gain in p.domains.values())]
    if taken is None:
        assert all(p.worth(share) <= 0 for p in allowed)
        return
    assert taken in allowed
    assert taken.worth(share) == max(p.worth(share) for p in allowed) > 0
    assert taken.weight == min(p.weight for p in allowed if p.worth(share) == taken.worth(share))


@given(tables(), st.floats(0, 1))
def test_the_order_of_points_does_not_matter(points: list[Point], share: float) -> None:
    assert choose(points[::-1], share) == choose(points, share)


@given(tables())
def test_with_all_weight_the_worst_domain_decides_and_with_none_the_mean(points: list[Point]) -> None:
    for p in points:
        assert p.worth(0.0) == p.mean.gain
        assert p.worth(1.0) == min(gain.gain for gain in p.domains.values())
        assert p.domains[p.worst].gain == p.worth(1.0)


@given(tables(), st.floats(0, 1), st.sampled_from("abcdef"))
def test_a_sure_loss_in_one_more_domain_is_never_taken(points: list[Point], share: float, name: str) -> None:
    lost = Gain(30.0, 29.0, -1.0, -2.0, -0.01)
    spoiled = [p._replace(domains={**p.domains, name: lost}) for p in points]
    assert choose(spoiled, share) is None
    assert best_refused(spoiled, share) in spoiled


def point(weight: float, mean: float, **domains: float) -> Point:
    table = {name: Gain(30, 30 + gain, gain, gain - 1, gain + 1) for name, gain in domains.items()}
    return Point(weight, Gain(30, 30 + mean, mean, mean - 1, mean + 1), table)


def test_the_mean_alone_would_take_another_point() -> None:
    points = [point(0.5, 1.0, news=1.5, games=0.5), point(1.0, 1.4, news=3.7, games=-0.9)]
    chosen = choose(points, 0.0), choose(points, 0.5)
    assert [each and each.weight for each in chosen] == [1.0, 0.5]

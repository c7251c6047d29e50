"""The rule of data_pipeline/dedup, against a plain computation of it, and case by case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_pipeline.dedup.keys import Priority
from vega.settings import DedupOptions

GENUINE, MONOLINGUAL, SYNTHETIC = Priority


def repeats(row: Any, other: Any, options: DedupOptions) -> str | None:
    """How `row` repeats the kept row `other`, by exact comparisons only."""
    if row.text == other.text:
        return "duplicate"
    if len(other.text) < 2:
        return None
    for code, text in row.text.items():
        if other.text.get(code) != text:
            continue
        if len(row.text) == 1 and options.mono_against_parallel:
            return "duplicate_side"
        if len(row.text) == 1:
            continue
        synthetic = options.synthetic_sides and row.priority == SYNTHETIC and other.priority < SYNTHETIC
        if synthetic or (code in options.sides):
            return "duplicate_side"
    return None


def expected(rows: list[Any], options: DedupOptions) -> dict[tuple[int, int], tuple[str, int, int]]:
    kept: list[Any] = []
    found = {}
    for row in sorted(rows, key=lambda row: row.place):
        reasons = [(rule, k.corpus, k.line) for k in kept if (rule := repeats(row, k, options))]
        if reasons:
            equal = [reason for reason in reasons if reason[0] == "duplicate"]
            found[row.corpus, row.line] = (equal or reasons)[0]
        else:
            kept.append(row)
    return found


@st.composite
def some_rows(draw: st.DrawFn, row: type) -> list[Any]:
    """Few texts in four languages, so that much repeats; places unique."""
    languages = st.lists(st.sampled_from(["cs", "de", "en", "zh"]), min_size=1, max_size=3, unique=True)
    rows = []
    for place in draw(st.permutations(range(draw(st.integers(0, 12))))):
        text = {code: draw(st.sampled_from("abc")) for code in draw(languages)}
        priority = draw(st.sampled_from([GENUINE, SYNTHETIC])) if len(text) > 1 else MONOLINGUAL
        rows.append(row(text, place, draw(st.integers(0, 2)), priority))
    return rows


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_exact_duplicates_are_those_of_a_plain_computation(find: Callable[..., Any], row: type, data: Any) -> None:
    rows = data.draw(some_rows(row))
    options = DedupOptions(
        sides=data.draw(st.sampled_from([[], ["de"], ["de", "en"]])), near_duplicates=False,
        mono_against_parallel=data.draw(st.booleans()), synthetic_sides=data.draw(st.booleans()),
    )  # fmt: skip
    found = find(rows, options, shard=data.draw(st.integers(1, 12)))
    ours = {place: (f["rule"], f["of_corpus"], f["of_line"]) for place, f in found.items()}
    reference = expected(rows, options)
    assert ours.keys() == reference.keys()
    assert {place: rule for place, (rule, *_) in ours.items()} == {p: rule for p, (rule, *_) in reference.items()}
    kept = {(r.corpus, r.line): r for r in rows if (r.corpus, r.line) not in found}
    every = {(r.corpus, r.line): r for r in rows}
    for place, (rule, *of) in ours.items():  # the reason is a kept row, earlier, and really repeated
        reason = kept[of[0], of[1]]
        assert repeats(every[place], reason, options) == rule and reason.place < every[place].place


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_second_run_on_the_kept_rows_drops_none(find: Callable[..., Any], row: type, data: Any) -> None:
    texts = st.lists(st.sampled_from("abcd"), min_size=6, max_size=10).map(" ".join)
    rows = [
        row({"de": data.draw(texts), "en": data.draw(texts)}, number, priority=data.draw(st.sampled_from([0, 2])))
        for number in range(data.draw(st.integers(2, 20)))
    ]
    options = DedupOptions(sides=["en"], synthetic_sides=True, similarity=0.5)
    found = find(rows, options)
    kept = [r for r in rows if (r.corpus, r.line) not in found]
    assert {(f["of_corpus"], f["of_line"]) for f in found.values()} <= {(r.corpus, r.line) for r in kept}
    assert find(kept, options) == {}


def reasons(found: dict[tuple[int, int], dict[str, Any]]) -> dict[int, tuple[str, int]]:
    return {line: (f["rule"], f["of_line"]) for (_, line), f in found.items()}


def test_one_source_with_two_translations_is_kept(find: Callable[..., Any], row: type, pairs: Any) -> None:
    first, second = pairs(2, 30)
    short = {"de": "kurz", "zh": "短"}
    rows = [row(first, 1), row(first | {"zh": second["zh"]}, 2), row(first | {"de": short["de"]}, 3),
            row({"de": short["de"], "zh": second["zh"]}, 4)]  # fmt: skip
    assert find(rows) == {}
    assert reasons(find(rows, DedupOptions(sides=["de"]))) == {
        2: ("duplicate_side", 1), 4: ("duplicate_side", 3),
    }  # fmt: skip


def test_similar_on_both_sides_is_dropped_with_its_similarity(find: Callable[..., Any], row: type, pairs: Any) -> None:
    (first,) = pairs(1, 39)
    edited = {"de": first["de"] + " more", "zh": first["zh"][:-1]}
    found = find([row(first, 1), row(edited, 2), row({**edited, "zh": "一" + edited["zh"]}, 3)])
    assert reasons(found) == {2: ("near_duplicate", 1), 3: ("near_duplicate", 1)}
    assert found[0, 2]["similarity"] == pytest.approx(38 / 41)  # zh: 39 of 40 pairs stay 38, and one is new
    assert found[0, 3]["similarity"] == pytest.approx(37 / 43)


def test_a_genuine_row_stays_whatever_the_order(find: Callable[..., Any], row: type, pairs: Any) -> None:
    text, other = pairs(2, 30)
    near = text | {"de": text["de"] + " x"}
    rows = [row(text, 1, 0, SYNTHETIC), row(text, 2, 1, GENUINE), row(near, 3, 0, SYNTHETIC),
            row(text | {"de": other["de"]}, 4, 0, SYNTHETIC), row(text | {"de": "y"}, 5, 2, SYNTHETIC)]  # fmt: skip
    assert reasons(find(rows)) == {1: ("duplicate", 2), 3: ("near_duplicate", 2)}
    with_sides = find(rows, DedupOptions(synthetic_sides=True))
    assert reasons(with_sides) == {1: ("duplicate", 2), **dict.fromkeys((3, 4, 5), ("duplicate_side", 2))}


def test_a_pair_is_never_dropped_for_a_monolingual_line(find: Callable[..., Any], row: type, pairs: Any) -> None:
    (text,) = pairs(1, 30)
    mono = {"de": text["de"]}
    rows = [row(mono, 1, 0, GENUINE), row(mono, 2, 1, MONOLINGUAL), row(text, 3, 2), row(text, 4, 3, SYNTHETIC)]
    assert reasons(find(rows)) == {2: ("duplicate", 1), 4: ("duplicate", 3)}
    assert reasons(find(rows[1:])) == {2: ("duplicate_side", 3), 4: ("duplicate", 3)}
    assert reasons(find(rows[1:], DedupOptions(mono_against_parallel=False))) == {4: ("duplicate", 3)}
    rows[2] = row(text, 3, 2, SYNTHETIC)  # comes after the lines, and its text may occur once only
    assert reasons(find(rows, DedupOptions(sides=["de"]))) == {2: ("duplicate", 1), 4: ("duplicate", 3)}


def test_rows_of_other_languages_do_not_repeat(find: Callable[..., Any], row: type) -> None:
    text = " ".join(f"w{number}" for number in range(30))
    rows = [row({"de": text, "en": text}, 1), row({"cs": text, "en": text}, 2), row({"en": text, "ru": text}, 3),
            row({"cs": text, "de": text, "en": text}, 4)]  # fmt: skip
    assert find(rows) == {}
    assert len(find([*rows, row(rows[3].text | {"cs": text + " x"}, 5)])) == 1


def test_the_most_similar_kept_row_is_named_and_of_equals_the_first(
    find: Callable[..., Any], row: type, pairs: Any
) -> None:
    (text,) = pairs(1, 30)
    words = text["de"].split()

    def changed(first: int, last: int) -> dict[str, str]:
        return text | {"de": " ".join(["x"] * first + words[first : 30 - last] + ["x"] * last)}

    several = [row(changed(2, 0), 1), row(changed(0, 1), 2), row(text, 3), row(changed(2, 0), 4)]
    assert reasons(find(several)) == {3: ("near_duplicate", 2), 4: ("duplicate", 1)}
    alike = [row(changed(1, 0), 1), row(changed(0, 1), 2), row(text, 3)]
    assert reasons(find(alike)) == {3: ("near_duplicate", 1)}


def test_the_threshold_itself_is_similar(find: Callable[..., Any], row: type) -> None:
    def both(text: str) -> dict[str, str]:
        return {"de": text, "en": text}

    one_more = [row(both("a b c d"), 1), row(both("a b c d c"), 2)]  # 4 of 7 neighbours are common
    assert reasons(find(one_more, DedupOptions(similarity=4 / 7))) == {2: ("near_duplicate", 1)}
    assert find(one_more, DedupOptions(similarity=4 / 7 + 1e-9)) == {}
    same_neighbours = [row(both("a b a b c"), 1), row(both("a b a b a b c"), 2), row(both("a b c"), 3)]
    assert reasons(find(same_neighbours, DedupOptions(similarity=1))) == {2: ("near_duplicate", 1)}


def test_equal_pairs_go_the_way_of_their_first(find: Callable[..., Any], row: type, pairs: Any) -> None:
    (text,) = pairs(1, 30)
    near = text | {"de": text["de"] + " x"}
    found = find([row(text, 1), row(near, 2), row(near, 3), row(text, 4)])
    assert reasons(found) == {2: ("near_duplicate", 1), 3: ("near_duplicate", 1), 4: ("duplicate", 1)}
    assert found[0, 2]["similarity"] == found[0, 3]["similarity"]

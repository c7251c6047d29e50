"""What a round writes is known before it runs, with the tag that is right in each direction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vega.directions import Direction, english_centric, parse_direction
from vega.errors import UserError
from vega.settings import Corpus, SynthesizeOptions
from vega.synthetic_corpora import SyntheticText, sources, synthetic_texts

DIRECTIONS = english_centric(["en", "de", "ja"])


def corpus(name: str, *languages: str, **more: Any) -> Corpus:
    return Corpus(name=name, languages=list(languages), files=f"/text/{name}.{{lang}}", **more)


BITEXT = [corpus("a", "en", "de"), corpus("b", "ja", "en"), corpus("old", "en", "de", tag="bt")]
MONO = [corpus("news", "de"), corpus("web", "de"), corpus("talk", "en")]


def texts(step: dict[str, Any], directions: list[Direction] = DIRECTIONS) -> list[SyntheticText]:
    return synthetic_texts(SynthesizeOptions(name="r1", steps=[step]), directions, BITEXT, MONO)  # type: ignore[list-item]


def trained(text: SyntheticText) -> set[tuple[str, str, str, str]]:
    """Name, files, tag, direction of every entry."""
    return {
        (entry.name, entry.files, entry.tag, direction)
        for entry in text.training(Path("/clean"))
        for direction in entry.directions
    }


def test_back_translation_trains_towards_genuine_text_only() -> None:
    found = texts({"back_translation": None})
    assert {entry for text in found for entry in trained(text)} == {
        ("r1_bt", "/clean/r1_bt.en-de.{lang}", "bt", "en-de"),
        ("r1_bt", "/clean/r1_bt.de-en.{lang}", "bt", "de-en"),
        ("r1_bt", "/clean/r1_bt.ja-en.{lang}", "bt", "ja-en"),
    }
    assert {str(text.translated) for text in found} == {"de-en", "en-de", "en-ja"}
    assert [c.name for c in sources(found[0], BITEXT, MONO)] in (["news", "web"], ["talk"])


def test_the_four_sets_are_trained_in_both_orientations() -> None:
    found = texts({"self_training": {"directions": ["en-de", "de-en"]}})
    assert {(text.text, str(text.translated)) for text in found} == {
        ("bitext", "en-de"), ("bitext", "de-en"), ("mono", "en-de"), ("mono", "de-en"),
    }  # fmt: skip
    assert {entry for text in found for entry in trained(text)} == {
        (f"r1_st_{kind}_{tag}", f"/clean/r1_st_{kind}.{a}-{b}.{{lang}}", tag, f"{a}-{b}" if tag == "ft" else f"{b}-{a}")
        for kind in ("bitext", "mono")
        for a, b in (("en", "de"), ("de", "en"))
        for tag in ("ft", "bt")
    }
    assert [c.name for c in sources(found[0], BITEXT, MONO)] == ["a"]


def test_cycle_translation_needs_both_directions() -> None:
    assert {entry for text in texts({"cycle_translation": None}) for entry in trained(text)} == {
        ("r1_ct", f"/clean/r1_ct.{pair}.{{lang}}", "ct", pair) for pair in ("en-de", "de-en", "ja-en")
    }
    one_way = [parse_direction("de-en")]
    with pytest.raises(UserError, match="there is no text for any direction"):
        texts({"cycle_translation": None}, one_way)
    assert [str(text.translated) for text in texts({"back_translation": None}, one_way)] == ["de-en"]


def test_what_is_cleaned_is_each_pair_once_and_all_names_differ() -> None:
    steps = [
        {"back_translation": {}},
        {"name": "bt2", "back_translation": {"method": "sampling"}},
        {"self_training": {}},
        {"cycle_translation": {}},
    ]
    found = synthetic_texts(SynthesizeOptions(name="r1", steps=steps), DIRECTIONS, BITEXT, MONO)  # type: ignore[arg-type]
    cleaned = [text.corpus(Path("/clean")) for text in found]
    assert len({entry.files for entry in cleaned}) == len(cleaned)
    assert len({(entry.name, entry.group) for entry in cleaned}) == len(cleaned)
    entries = [entry for text in found for entry in text.training(Path("/clean"))]
    assert len({(entry.name, entry.group) for entry in entries}) == len(entries)
    assert {entry.files for entry in entries} == {entry.files for entry in cleaned}


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"back_translation": {"directions": ["en-ja"]}}, "en-ja needs monolingual text in 'ja'"),
        ({"back_translation": {"directions": ["de-ja"]}}, "cannot translate what de-ja needs"),
        ({"self_training": {"directions": ["de-ja"]}}, "cannot translate de-ja"),
        ({"self_training": {"directions": ["ja-en"], "text": ["mono"]}}, "ja-en has neither of mono"),
    ],
)
def test_a_direction_that_cannot_be_is_named(step: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        texts(step)


def test_a_round_trip_needs_the_way_back() -> None:
    with pytest.raises(UserError, match="min_pair_score needs en-de"):
        texts({"back_translation": {"min_pair_score": -3.0}}, [parse_direction("de-en")])


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([{"back_translation": {}}, {"back_translation": {}}], "two steps are named 'bt'"),
        ([{"back_translation": {}, "self_training": {}}], "a step is one of"),
        ([{"name": "x"}], "a step is one of"),
        ([{"back_translation": {"beam": 2, "n_best": 3}}], "has no 3 best"),
        ([], "at least 1 item"),
    ],
)
def test_steps_are_checked(steps: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SynthesizeOptions(name="r1", steps=steps)  # type: ignore[arg-type]


def test_settings_survive_yaml() -> None:
    from vega.strict_yaml import dump, parse, validate

    steps = [{"back_translation": None}, {"self_training": {"text": ["mono"]}}, {"cycle_translation": {"share": 0.1}}]
    options = SynthesizeOptions(name="r1", steps=steps)  # type: ignore[arg-type]
    assert validate(parse(dump(options), "x"), SynthesizeOptions) == options

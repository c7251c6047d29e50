from typing import Any

import pytest

from data_pipeline.filters.overrides import check, resolve
from vega.errors import UserError
from vega.settings import Corpus

BASE: dict[str, Any] = {"length": {"max_tokens": 150}, "length_ratio": {}, "copy": {}}
CORPORA = [
    Corpus(name="news", languages=["en", "de"], files="news.{lang}"),
    Corpus(name="subtitles", languages=["en", "zh"], files="subtitles.{lang}"),
]


@pytest.mark.parametrize(("filters_for", "resolved"), [
    ({}, BASE),
    ({"en-cs": {"copy": None}, "other": {"copy": None}}, BASE),
    ({"news": {"length": {"min_tokens": 2}}}, BASE | {"length": {"max_tokens": 150, "min_tokens": 2}}),
    ({"en-de": {"length": {"max_tokens": 90}}}, BASE | {"length": {"max_tokens": 90}}),
    ({"de-en": {"length": {"max_tokens": 90}}}, BASE | {"length": {"max_tokens": 90}}),
    ({"news": {"copy": None}}, {"length": {"max_tokens": 150}, "length_ratio": {}}),
    ({"news": {"length": False}}, {"length_ratio": {}, "copy": {}}),
    ({"news": {"numbers": True}}, BASE | {"numbers": {}}),
    ({"news": {"length": True}}, BASE),
    ({"news": {"length": {"max_tokens": 60}}, "en-de": {"length": {"max_tokens": 90, "min_tokens": 2}}},
     BASE | {"length": {"max_tokens": 60, "min_tokens": 2}}),
    ({"news": {"copy": {"max_share": 0.5}}, "en-de": {"copy": None}}, BASE | {"copy": {"max_share": 0.5}}),
])  # fmt: skip
def test_the_corpus_wins_over_its_languages_and_those_over_the_recipe(
    filters_for: dict[str, Any], resolved: dict[str, Any]
) -> None:
    assert resolve(BASE, filters_for, "news", ["en", "de"]) == resolved


def test_the_order_is_that_of_the_recipe_and_new_rules_come_last() -> None:
    filters_for = {"news": {"numbers": {}, "length_ratio": {"max_ratio": 2.0}}}
    assert list(resolve(BASE, filters_for, "news", ["en", "de"])) == ["length", "length_ratio", "copy", "numbers"]


def test_a_rule_that_the_recipe_switches_off_is_off() -> None:
    assert resolve({"copy": None, "length": True, "script": False}, {}, "news", ["en", "de"]) == {"length": {}}


def test_nothing_is_changed_in_place() -> None:
    before = {rule: dict(options) for rule, options in BASE.items()}
    resolve(BASE, {"news": {"length": {"min_tokens": 2}}}, "news", ["en", "de"])["copy"]["max_share"] = 1.0
    assert before == BASE


@pytest.mark.parametrize("filters_for", [
    {}, {"news": {"copy": None}}, {"en-zh": {"numbers": {"missing": 2}}}, {"zh-en": {"script": True}},
])  # fmt: skip
def test_what_is_right_passes(filters_for: dict[str, Any]) -> None:
    check(BASE, filters_for, CORPORA)


@pytest.mark.parametrize(("filters", "filters_for", "message"), [
    (BASE, {"new": {}}, "filters_for.new: no corpus has this name or these languages. Did you mean 'news'?"),
    (BASE, {"en-zn": {}}, "filters_for.en-zn: .*Did you mean 'en-zh'?"),
    (BASE, {"en-cs": {}}, "Known: news, subtitles, en-de, en-zh"),
    (BASE, {"news": {"lenght": {}}}, "filters_for.news: Unknown filter 'lenght'. Did you mean 'length'?"),
    (BASE, {"en-de": {"length": {"max_token": 3}}}, "filters_for.en-de: .*no option 'max_token'"),
    (BASE, {"en-de": {"lenght": None}}, "filters_for.en-de: Unknown filter 'lenght'"),
    ({"lenght": {}}, {}, "Unknown filter 'lenght'"),
    ({"lenght": None}, {}, "Unknown filter 'lenght'"),
])  # fmt: skip
def test_a_mistake_is_named(filters: dict[str, Any], filters_for: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        check(filters, filters_for, CORPORA)

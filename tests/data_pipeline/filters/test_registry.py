from typing import Any

import pytest

from data_pipeline.filters import FILTERS, Filter, build_filters
from vega.errors import UserError


def test_filters_are_built_in_the_order_given() -> None:
    built = build_filters({"copy": {}, "length": {"max_tokens": 9}})
    assert [rule.name for rule in built] == ["copy", "length"]
    assert built[1].max_tokens == 9  # type: ignore[attr-defined]


def test_every_rule_is_built_without_options_but_those_that_need_a_model() -> None:
    plain = [key for key, rule in FILTERS.items() if not rule.learned]
    built = build_filters({key: {} for key in plain})
    assert [type(rule) for rule in built] == [FILTERS[key] for key in plain]


@pytest.mark.parametrize("name", FILTERS)
def test_every_rule_describes_itself_and_its_options(name: str) -> None:
    rule = FILTERS[name]
    assert rule.name == name
    assert rule.__doc__ and rule.__doc__ != Filter.__doc__
    assert all(field.description for field in rule.model_fields.values())


@pytest.mark.parametrize("name", [key for key, rule in FILTERS.items() if not rule.learned])
def test_monolingual_text_is_not_compared_with_anything(name: str) -> None:
    """Its numbers and tags are missing nowhere, and it copies nothing."""
    (rule,) = build_filters({name: {}})
    row = {"en": "See <b>chapter 12</b> of the 1999 report for all of the details."}
    assert rule.keeps(row)
    assert rule.score_all([row, row]) == [rule.score(row)] * 2


@pytest.mark.parametrize(("options", "message"), [
    ({"lenght": {}}, "Unknown filter 'lenght'. Did you mean 'length'?"),
    ({"length": {"max_token": 5}}, "has no option 'max_token'. Did you mean 'max_tokens'?"),
    ({"length": {"max_tokens": "many"}}, "'length', option 'max_tokens'.*got 'many'"),
    ({"length": {"max_tokens": 0}}, "greater than or equal to 1"),
    ({"length_ratio": {"expected": {"en": 1.0}}}, "expected.en"),
])  # fmt: skip
def test_a_mistake_is_named(options: dict[str, dict[str, Any]], message: str) -> None:
    with pytest.raises(UserError, match=message):
        build_filters(options)

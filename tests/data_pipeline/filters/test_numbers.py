import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.filters.numbers import Numbers
from vega.numerals import _chinese


@pytest.mark.parametrize(("first", "code", "second"), [
    ("no numbers", "de", "keine Zahlen"),
    ("version 2.6.18", "de", "Version 2.6.18"),
    ("1,234.50 euros", "de", "1.234,50 Euro"),
    ("10,000 people", "fr", "10 000 personnes"),
    ("1000 people", "de", "1.000 Menschen"),
    ("2,06,737 cases", "zh", "206,737 例"),
    ("in 2004", "ja", "２００４年に"),
    ("page 05", "de", "Seite 5"),
    ("twelve men", "de", "12 Männer"),
    ("March 5, 2004", "de", "5.3.2004"),
    ("the virus", "de", "COVID-19"),
    ("25 people", "zh", "二十五人"),
    ("in 2004", "zh", "二〇〇四年"),
    ("15 million people and 30 cars", "ja", "1500万人と30台"),
    ("$11.85 billion by 2023", "ja", "2023年までに118.5億ドル"),
    ("200,000 people", "ru", "200 тысяч человек"),
])  # fmt: skip
def test_numbers_that_agree(first: str, code: str, second: str) -> None:
    assert Numbers().score({"en": first, code: second}) == {code: 1.0}
    assert Numbers().score({code: second, "en": first}) == {"en": 1.0}


@pytest.mark.parametrize(("first", "code", "second", "share"), [
    ("80 feet", "de", "25 Meter", 0.0),
    ("2 men", "de", "3 Männer", 0.0),
    ("from 10 to 20", "de", "von 10 bis 30", 0.5),
    ("1234", "de", "1235", 0.0),
    ("20, 30, 40", "de", "20", 0.5),
    ("3.14", "de", "3,15", 0.5),
    ("15 million", "ja", "1600万", 0.0),
])  # fmt: skip
def test_numbers_that_differ(first: str, code: str, second: str, share: float) -> None:
    assert Numbers().score({"en": first, code: second}) == {code: share}


def test_what_may_be_missing_is_an_option() -> None:
    row = {"en": "two of a hundred", "de": "2 von 100"}
    assert Numbers().keeps(row)
    assert not Numbers(missing=0).keeps(row)
    assert Numbers(missing=2, spelt_out=-1).keeps(row)
    assert not Numbers(missing=1, spelt_out=-1).keeps(row)


def test_each_side_is_compared_with_the_first() -> None:
    assert Numbers().score({"en": "20", "de": "20", "cs": "30"}) == {"de": 1.0, "cs": 0.0}


@given(st.lists(st.integers(13, 10**9), min_size=1, max_size=4), st.integers(1, 9))
def test_separators_do_not_matter_but_digits_do(numbers: list[int], change: int) -> None:
    english = " and ".join(f"{number:,}" for number in numbers)
    german = " und ".join(f"{number:,}".replace(",", ".") for number in numbers)
    assert Numbers().score({"en": english, "de": german}) == {"de": 1.0}
    wrong = " und ".join(str(number + change) for number in numbers)
    if not set(numbers) & {number + change for number in numbers}:
        assert Numbers().score({"en": english, "de": wrong}) == {"de": 0.0}


@pytest.mark.parametrize(("numeral", "value"), [
    ("十", 10),
    ("十二", 12), ("三百", 300), ("二千零四", 2004), ("二〇〇四", 2004), ("一万五千", 15_000), ("两百", 200),
    ("三百億", 300 * 10**8),
])  # fmt: skip
def test_chinese_numerals(numeral: str, value: int) -> None:
    assert _chinese(numeral) == value

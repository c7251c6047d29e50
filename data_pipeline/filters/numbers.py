"""Numbers that differ between the sides: another version, a changed date, a line that is no translation at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, TypeVar

import numpy as np
from pydantic import Field

from data_pipeline.filters.characters import census
from data_pipeline.filters.contract import Batched, Row, Scores, above

T = TypeVar("T", int, str)

_RUN = re.compile(r"\d+")
#: 1,234 and 1.234 and 1 234 and 1'234 and 12,34,567 are one number; else each run of digits is one, so 3.14 and 3,14
#: are both 3 and 14.
_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}(?:([.,'’ ])\d{3}(?:\1\d{3})*|(?:,\d{2})+,\d{3})(?!\d|[.,]\d{3})|\d+")
_SEPARATORS = re.compile(r"[.,'’ ]")

_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12}
_CHINESE = re.compile(f"[{''.join((*_DIGITS, *_TENS, *_MYRIADS))}]+")

#: Digits before a large unit; other languages count the same number in other units, or write it out.
_SCALES = "百千万萬亿億兆천만억"
_UNITS = (
    "thousand|million|billion|bn|mio|mrd|mld|mln|tausend|tis[íi]c|mili[oó]n|mili[aá]r|milliard|mille|mil "
    "|тыс|млн|млрд|миллион|миллиард|тисяч|мільйон|мільярд"
)
_SCALED = re.compile(rf"\d ?(?:[{_SCALES}]|{_UNITS})", re.IGNORECASE)
_WITH_SCALES = re.compile(rf"\d+(?:(?:[.,'’]| ?[{_SCALES}] ?)\d+)*")


class Numbers(Batched):
    """Share of the numbers that stand in the first side and in another one, for each other side; 1 without numbers.

    A number is a run of digits (of any script or width) with its thousands separators. Of those left over on one side
    only, `missing` and the small ones are no disagreement: they are spelt out on the other side, a month, "COVID-19".
    Nor is one that the other side writes in Chinese numerals. Next to a unit, only the digits before the last zeros
    are compared: 1500万 is 15 million.

    The default drops a line whose only number differs, not one of two: below 0.01 % of free6, Multi30k and Tanaka are
    dropped, 0.3 % to 1.2 % of newstest2021, where feet become metres and 3 p.m. becomes 15 Uhr.
    """

    name: ClassVar[str] = "numbers"

    min_share: float = Field(default=0.5, ge=0, le=1, description="share of numbers that agree at least")
    missing: int = Field(default=1, ge=0, description="numbers that one side may lack")
    spelt_out: int = Field(default=12, ge=-1, description="numbers up to this may be lacking besides, -1 = none")

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        first, *others = rows[0] if rows else [""]
        digits = np.array([side.digits for side in census(rows)]).sum(axis=0).tolist() if rows else []
        return [
            {code: self._share(row[first], row[code]) if count else 1.0 for code in others}
            for row, count in zip(rows, digits, strict=True)
        ]

    def margin(self, scores: Scores) -> float:
        return above(min(scores.values(), default=1.0), self.min_share)

    def _share(self, first: str, second: str) -> float:
        if _RUN.findall(first) == _RUN.findall(second):
            return 1.0
        share = self._agreement(first, second)
        if share < 1 and (_SCALED.search(first) or _SCALED.search(second)):
            numbers, others = _significant(first), _significant(second)
            share = max(share, _share(numbers, others, max((numbers - others).total(), (others - numbers).total())))
        return share

    def _agreement(self, first: str, second: str) -> float:
        numbers, others = _numbers(first), _numbers(second)
        left = (numbers - others) - _chinese_numbers(second)
        right = (others - numbers) - _chinese_numbers(first)
        less, more = sorted((left, right), key=Counter.total)
        lacking = more.total() - less.total()
        small = min(lacking, sum(count for number, count in more.items() if number <= self.spelt_out))
        return _share(numbers, others, less.total() + max(0, lacking - small - self.missing))


def _share(numbers: Counter[T], others: Counter[T], differing: int) -> float:
    agreeing = (numbers & others).total()
    return agreeing / (agreeing + differing) if differing else 1.0


def _numbers(text: str) -> Counter[int]:
    return Counter(int(_SEPARATORS.sub("", found.group())) for found in _NUMBER.finditer(text))


def _significant(text: str) -> Counter[str]:
    """Numbers as their digits without zeros at the ends: 1500万, 15 and 1.5 are all "15"."""
    digits = ("".join(_RUN.findall(found)) for found in _WITH_SCALES.findall(text))
    return Counter(str(int(run)).rstrip("0") for run in digits)


def _chinese_numbers(text: str) -> Counter[int]:
    return Counter(map(_chinese, _CHINESE.findall(text)))


def _chinese(numeral: str) -> int:
    """The value of a Chinese numeral: 二十五 = 25, 二〇〇四 = 2004, 三百億 = 30,000,000,000."""
    total = section = digits = 0
    for sign in numeral:
        if sign in _MYRIADS:
            total += (section + digits or 1) * _MYRIADS[sign]
            section = digits = 0
        elif sign in _TENS:
            section += (digits or 1) * _TENS[sign]
            digits = 0
        else:
            digits = 10 * digits + _DIGITS[sign]
    return total + section + digits

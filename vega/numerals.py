"""Numbers in text as values, whatever the script: 1,234 and 1.234 and １２３４ and 一千二百三十四 are one number."""

from __future__ import annotations

import re
from collections import Counter

RUN = re.compile(r"\d+")
#: 1,234 and 1.234 and 1 234 and 1'234 and 12,34,567 are one number; else each run of digits is one, so 3.14 and 3,14
#: are both 3 and 14.
_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}(?:([.,'’ ])\d{3}(?:\1\d{3})*|(?:,\d{2})+,\d{3})(?!\d|[.,]\d{3})|\d+")
_SEPARATORS = re.compile(r"[.,'’ ]")
#: Digits of a run that are read; Python refuses numbers of more than 4,300.
_READ = 4000

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
SCALED = re.compile(rf"\d ?(?:[{_SCALES}]|{_UNITS})", re.IGNORECASE)
_WITH_SCALES = re.compile(rf"\d+(?:(?:[.,'’]| ?[{_SCALES}] ?)\d+)*")


def numbers(text: str) -> Counter[int]:
    """The values of the numbers in digits, and how often each is there."""
    return Counter(int(_SEPARATORS.sub("", found.group())[:_READ]) for found in _NUMBER.finditer(text))


def significant(text: str) -> Counter[str]:
    """Numbers as their digits without zeros at the ends: 1500万, 15 and 1.5 are all "15"."""
    digits = ("".join(RUN.findall(found)) for found in _WITH_SCALES.findall(text))
    return Counter(str(int(run[:_READ])).rstrip("0") for run in digits)


def chinese_numbers(text: str) -> Counter[int]:
    """The values of the numbers in Chinese numerals."""
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

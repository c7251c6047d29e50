"""Which letters a language uses: its script, and its alphabet within the script."""

from __future__ import annotations

import unicodedata
from functools import cache

from vega.languages import language

#: Script of the language table -> first words of the Unicode names of its letters.
SCRIPTS = {
    "Latin": ("LATIN", "FULLWIDTH LATIN", "MODIFIER LETTER", "FEMININE ORDINAL", "MASCULINE ORDINAL"),
    "Cyrillic": ("CYRILLIC",),
    "Han": ("CJK", "IDEOGRAPHIC"),
    "Japanese": ("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA"),
    "Hangul": ("HANGUL", "HALFWIDTH HANGUL"),
}

_LATIN = "abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïñòóôöøùúûüÿāăēĕīĭōŏœūŭ"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяё"
#: Letters of the language and of the foreign words in it: main and auxiliary exemplar characters of Unicode CLDR 42,
#: read with ICU 72.
ALPHABETS = {
    "cs": _LATIN + "ýčďěňřšťůžľłŕ",
    "de": _LATIN + "ßẞğİış",
    "en": _LATIN,
    "es": _LATIN + "ýªº",
    "fr": _LATIN + "ßćĳõřšſǔ",
    "ru": _CYRILLIC,
    "uk": _CYRILLIC + "іїєґʼ",
}
#: Where CLDR names too few letters or all: the national character sets, which Python's codecs carry. GB 2312 and Big5
#: (so simplified and traditional Chinese), JIS X 0208, KS X 1001.
CHARACTER_SETS = {"zh": ("gb2312", "big5"), "ja": ("shift_jis",), "ko": ("euc_kr",)}


def belongs(letter: str, code: str) -> bool:
    """Whether a letter is of the language's script."""
    return unicodedata.name(letter, "").startswith(SCRIPTS[language(code).script])


def is_usual(letter: str, code: str) -> bool:
    """Whether the language uses a letter of its script; true where the tables above do not know."""
    alphabet, sets = _alphabet(code), CHARACTER_SETS.get(code, ())
    if not alphabet and not sets:
        return True
    return letter in alphabet or any(_encodes(letter, name) for name in sets)


@cache
def _alphabet(code: str) -> frozenset[str]:
    letters = ALPHABETS.get(code, "")
    return frozenset(letters) | {letter.upper() for letter in letters}


def _encodes(letter: str, name: str) -> bool:
    try:
        letter.encode(name)
    except UnicodeEncodeError:
        return False
    return True

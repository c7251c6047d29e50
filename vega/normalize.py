"""Put one line of text into its plain form: Unicode NFC, no control characters, plain single spaces.

By itself it changes no letter, digit or punctuation mark: full-width CJK punctuation stays. Cleaned text is in this
form. A `Form` asks for more. It belongs to a vocabulary, which applies it whenever it encodes text, for training and
for translation; so a model never meets a spelling it was not trained on, and filters see text as it was written.
"""

from __future__ import annotations

import html
import re
import unicodedata

from vega.settings import Form

#: Invisible, and without meaning for translation: soft hyphen, zero-width space, word joiner, byte order mark,
#: marks of writing direction. Zero-width (non-)joiners stay, several scripts are spelled with them.
_INVISIBLE = "\u00ad\u200b\u2060\ufeff\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"

#: Control characters (Cc) that are not white space; U+0085 (next line) and \t..\r and \x1c..\x1f are white space.
_CONTROL = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"

_DELETED = re.compile(f"[{_CONTROL}{_INVISIBLE}]")

#: Their own quotation marks, dashes and full-width signs are not variants of ASCII's.
_OWN_PUNCTUATION = ("ja", "zh")

#: With its semicolon: "?a=1&copy=2" is an address. Numbers and names that do not exist stay as they are.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
#: Half-width kana, Korean letters, and the signs that go with them.
_HALF_WIDTH = re.compile("[\uff61-\uffdc]+")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FULL_WIDTH_ALPHANUMERIC = {full: plain for full, plain in _FULL_WIDTH.items() if chr(plain).isalnum()}
_PLAIN_PUNCTUATION = str.maketrans(
    dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛‹›´`′", "'") | dict.fromkeys("‐‑‒–—―−", "-") | {"…": "..."}
)
#: French puts spaces inside its quotation marks.
_FRENCH_QUOTES = re.compile("« ?| ?»")

#: The form that asks for nothing.
PLAIN = Form()


def normalize(line: str, form: Form = PLAIN, language: str = "") -> str:
    """The plain form of a line, and what `form` asks for; applying it twice changes nothing more.

    `language` is the line's; only a form needs it.
    """
    if form is PLAIN or form == PLAIN:  # comparing takes as long as a third of the work
        return _normalize(line)
    # "&am" and "p;" with something invisible between them: until nothing changes, each change makes the line simpler.
    while (changed := _normalize(_changed(line, form, language))) != line:
        line = changed
    return line


def _changed(line: str, form: Form, language: str) -> str:
    """One round of a form's changes; one may make another possible."""
    if form.entities and "&" in line:
        line = _ENTITY.sub(lambda found: html.unescape(found.group()), line)
    if line.isascii() and not form.punctuation:
        return line
    if form.width:
        half = _HALF_WIDTH.sub(lambda found: unicodedata.normalize("NFKC", found.group()), line)
        line = half.translate(_FULL_WIDTH_ALPHANUMERIC if language in _OWN_PUNCTUATION else _FULL_WIDTH)
    if form.punctuation and language not in _OWN_PUNCTUATION:
        line = _FRENCH_QUOTES.sub('"', line) if language == "fr" else line
        line = line.translate(_PLAIN_PUNCTUATION)
    return line


def _normalize(line: str) -> str:
    if line.isascii() and line.isprintable():
        return " ".join(line.split())
    # NFC comes after the deletions: they bring letters and their marks together. str.split knows every Unicode space.
    return " ".join(unicodedata.normalize("NFC", _DELETED.sub("", line)).split())

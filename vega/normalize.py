"""Put one line of text into its plain form: Unicode NFC, no control characters, plain single spaces.

The same function prepares text for training, for the vocabulary and for translation, so that a model never meets
a spelling it was not trained on. It changes no letter, digit or punctuation mark: full-width CJK punctuation stays.
"""

from __future__ import annotations

import re
import unicodedata

#: Invisible, and without meaning for translation: soft hyphen, zero-width space, word joiner, byte order mark,
#: marks of writing direction. Zero-width (non-)joiners stay, several scripts are spelled with them.
_INVISIBLE = "\u00ad\u200b\u2060\ufeff\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"

#: Control characters (Cc) that are not white space; U+0085 (next line) and \t..\r and \x1c..\x1f are white space.
_CONTROL = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"

_DELETED = re.compile(f"[{_CONTROL}{_INVISIBLE}]")


def normalize(line: str) -> str:
    """The plain form of a line; applying it twice changes nothing more."""
    if line.isascii() and line.isprintable():
        return " ".join(line.split())
    # NFC comes after the deletions: they bring letters and their marks together. str.split knows every Unicode space.
    return " ".join(unicodedata.normalize("NFC", _DELETED.sub("", line)).split())

"""Look at translations for what an upload must not have (errors), and for what is most often a mistake (warnings)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from statistics import median

from eval.submission.findings import Finding, Level
from eval.submission.hypothesis import Line
from vega.language_id import language_shares
from vega.languages import LANGUAGES, UNSEGMENTED

#: What XML 1.0 cannot hold, escaped or not.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Legal, but no part of text; some tools end a line at the last three.
_CONTROL = re.compile("[\t\r\x7f-\x9f\u2028\u2029]")
#: What a tokenizer, a vocabulary or a model leaves behind.
_LEFTOVER = re.compile(r"[▁⁇]|@@(?: |$)|</?(?:unk|s|pad|mask)>|__[a-z]{2,3}__")
#: A line is too long or too short if its length against its source is so many times that of the file's median line,
#: and so many characters are too many or missing.
_TIMES, _CHARACTERS = 3.0, 30
#: Shares of lines above which the whole file is the wrong one.
_MOST_UNTRANSLATED = _MOST_WRONG_LANGUAGE = 0.5
#: Letters that a source has at least before it is a mistake to leave it as it is: names stay.
_LETTERS = 15
#: Probability of the target language against the most probable other one, below which a line is in another.
_SHARE = 0.1
#: Lines below which shares say nothing.
_FEW = 10


def check(lines: Sequence[Line], target: str) -> list[Finding]:
    """All findings, in the order of the lines within each kind."""
    return [
        *_empty(lines),
        *_characters(lines),
        *_untranslated(lines),
        *_language(lines, target),
        *_length(lines),
    ]


def _finding(level: Level, kind: str, line: Line, message: str) -> Finding:
    return Finding(level, kind, line.file, line.line, message, line.document.id, line.segment.id)


def _empty(lines: Sequence[Line]) -> Iterator[Finding]:
    for line in lines:
        if line.segment.text.strip() and not line.text.strip():
            yield _finding("error", "empty", line, "the translation is empty")
        elif line.text.strip() and not line.segment.text.strip():
            yield _finding("warning", "empty", line, "the source is empty, the translation is not")


def _characters(lines: Sequence[Line]) -> Iterator[Finding]:
    for line in lines:
        if found := _ILLEGAL.search(line.text):
            yield _finding("error", "illegal", line, f"{_name(found)} cannot be in XML. Delete it")
        if found := _CONTROL.search(line.text):
            yield _finding("warning", "control", line, f"{_name(found)}, a control character or line separator")
        if (found := _LEFTOVER.search(line.text)) and found.group() not in line.segment.text:
            yield _finding("warning", "leftover", line, f"'{found.group().strip()}' looks left over from a vocabulary")


def _name(found: re.Match[str]) -> str:
    return f"U+{ord(found.group()):04X} at character {found.start() + 1}"


def _untranslated(lines: Sequence[Line]) -> Iterator[Finding]:
    same = [line for line in lines if _is_untranslated(line)]
    for line in same:
        yield _finding("warning", "untranslated", line, "the translation is the source")
    judged = [line for line in lines if _letters(line.segment.text) >= _LETTERS]
    if len(judged) >= _FEW and len(same) > _MOST_UNTRANSLATED * len(judged):
        message = f"{len(same):,} of {len(judged):,} translations are the source. Is it the right file?"
        yield Finding("error", "untranslated", lines[0].file, 0, message)


def _is_untranslated(line: Line) -> bool:
    return _letters(line.segment.text) >= _LETTERS and _folded(line.text) == _folded(line.segment.text)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _letters(text: str) -> int:
    """Letters in words of small letters: a title or a name, an address or a code may stay."""
    return sum(len(word) for word in re.findall(r"[^\W\d_]+", text) if not word[0].isupper())


def _language(lines: Sequence[Line], target: str) -> Iterator[Finding]:
    if target not in LANGUAGES:  # the identifier may not know it, and would take every line for another
        return
    shares = language_shares([line.text for line in lines], target, _CHARACTERS)
    wrong = [line for line, share in zip(lines, shares, strict=True) if share < _SHARE]
    for line in wrong:
        yield _finding("warning", "language", line, f"the translation does not look like '{target}'")
    least = _CHARACTERS / 3 if target in UNSEGMENTED else _CHARACTERS
    judged = sum(len(line.text) >= least for line in lines)
    if judged >= _FEW and len(wrong) > _MOST_WRONG_LANGUAGE * judged:
        message = f"{len(wrong):,} of {judged:,} longer translations are not in '{target}'. Is it the right file?"
        yield Finding("error", "language", lines[0].file, 0, message)


def _length(lines: Sequence[Line]) -> Iterator[Finding]:
    both = [(line, len(line.text), len(line.segment.text)) for line in lines if line.text and line.segment.text]
    if len(both) < _FEW:
        return
    usual = median(own / source for _, own, source in both)
    for line, own, source in both:
        expected = usual * source
        if own > _TIMES * expected and own - expected > _CHARACTERS:
            message = f"{own:,} characters for a source of {source:,}, where about {expected:,.0f} are usual"
            yield _finding("warning", "long", line, message)
        elif own * _TIMES < expected and expected - own > _CHARACTERS:
            message = f"{own:,} characters for a source of {source:,}, where about {expected:,.0f} are usual"
            yield _finding("warning", "short", line, message)

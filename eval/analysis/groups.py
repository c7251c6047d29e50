"""Sentence scores of groups of lines: by length of the source, by rarest word of the reference, by domain."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from eval.analysis.check import Text, visible
from vega.languages import UNSEGMENTED

_WORD = re.compile(r"[^\W\d_]+")
#: Groups by length: as many lines in each as their lengths allow.
_LENGTHS = 4
#: The first frequency of each group of rarest words.
_FREQUENCIES = (0, 1, 2, 4, 10, 100, 1000)


class Group(NamedTuple):
    """Lines, from 0, that have something in common: `by` is length, frequency or domain."""

    by: str
    name: str
    lines: list[int]


def find_groups(text: Text, domains: Sequence[str] | None, frequencies: Mapping[str, int] | None) -> list[Group]:
    """All groups that have lines; frequencies of casefolded words (see `words`), None = count in the references."""
    return [
        *_by_length(text),
        *_by_frequency(text, frequencies),
        *_named("domain", domains or [], sorted(set(domains or []))),
    ]


def mean_scores(group: Group, scores: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Each system's mean sentence score over the group."""
    return {
        system: round(sum(values[line] for line in group.lines) / len(group.lines), 2)
        for system, values in scores.items()
    }


def words(line: str, language: str) -> list[str]:
    """Casefolded words; in unsegmented languages letters, which are words or parts of them there."""
    found = _WORD.findall(line.casefold())
    return [letter for word in found for letter in word] if language in UNSEGMENTED else found


def count_words(lines: Iterable[str], language: str) -> Counter[str]:
    """How often each word is there, as of the training targets."""
    return Counter(word for line in lines for word in words(line, language))


def _by_length(text: Text) -> list[Group]:
    """A quarter of the lines each, by words of the source (ja, zh: characters)."""
    is_long: Callable[[str], int] = visible if text.source_language in UNSEGMENTED else lambda line: len(line.split())
    lengths = [is_long(line) for line in text.source]
    ordered = sorted(lengths)
    starts = sorted({ordered[len(ordered) * part // _LENGTHS] for part in range(_LENGTHS)} if ordered else set())
    keys = [bisect_right(starts, length) - 1 for length in lengths]
    found = []
    for key, start in enumerate(starts):
        lines = [line for line, own in enumerate(keys) if own == key]
        end = max(lengths[line] for line in lines)
        found.append(Group("length", str(start) if start == end else f"{start}-{end}", lines))
    return found


def _by_frequency(text: Text, frequencies: Mapping[str, int] | None) -> list[Group]:
    """By how often the reference's rarest word was seen; lines without words are in no group."""
    mine = [words(line, text.target_language) for line in text.reference]
    seen = Counter(word for line in mine for word in line) if frequencies is None else frequencies
    rarest = [min((seen.get(word, 0) for word in line), default=None) for line in mine]
    labels = [_frequency(number) if number is not None else "" for number in rarest]
    return _named("frequency", labels, [_frequency(number) for number in _FREQUENCIES])


def _frequency(number: int) -> str:
    place = bisect_right(_FREQUENCIES, number) - 1
    start = _FREQUENCIES[place]
    if place + 1 == len(_FREQUENCIES):
        return f"{start}+"
    end = _FREQUENCIES[place + 1] - 1
    return str(start) if start == end else f"{start}-{end}"


def _named(by: str, labels: Sequence[str], names: Sequence[str]) -> list[Group]:
    lines: dict[str, list[int]] = {name: [] for name in names if name}
    for line, label in enumerate(labels):
        if label:
            lines[label].append(line)
    return [Group(by, name, found) for name, found in lines.items() if found]

"""What the page's sentence browser shows: texts, sentence scores, domains and flags, packed by test set and direction.

A cell is gzip in base64, a third of the text's size; browser.js unpacks only the cell that is looked at, and no
sentence can break out of the page.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eval.report.shown import clip
from eval.report.spread import spread
from eval.report.summary import COPY, base_name, is_baseline
from eval.report.texts import Texts
from vega.directions import parse_direction
from vega.languages import UNSEGMENTED


@dataclass(frozen=True)
class Facts:
    """What the evaluation says of single lines, in the form of its files (docs/evaluation.md)."""

    segments: Sequence[Mapping[str, Any]] = field(default_factory=list)
    analysis: Sequence[Mapping[str, Any]] = field(default_factory=list)
    worst: Sequence[Mapping[str, Any]] = field(default_factory=list)


def pack_all(texts: Iterable[Texts], facts: Facts, most: int) -> list[dict[str, Any]]:
    """The cells, each with at most about `most` sentences; none for 0."""
    return [pack(each, facts, most) for each in texts] if most else []


def pack(texts: Texts, facts: Facts, most: int) -> dict[str, Any]:
    """A cell: what is in it, trained systems first, and its content in `data`."""
    systems = sorted((name for name in texts.outputs if not _is_copy(texts, name)), key=is_baseline)
    flags = _flags(texts, facts)
    rows = _rows(texts, most, _named_lines(texts, facts, flags))
    direction = parse_direction(texts.direction)
    return {
        "test_set": texts.test_set,
        "direction": texts.direction,
        "source": direction.source,
        "target": direction.target,
        "by": "character" if direction.target in UNSEGMENTED else "word",
        "count": len(rows),
        "lines": len(texts.source),
        "systems": systems,
        "data": _packed(_content(texts, facts, systems, flags, rows)),
    }


def _is_copy(texts: Texts, system: str) -> bool:
    """The baseline that says the source again: it is on the page already."""
    return base_name(system) == COPY and texts.outputs[system] == texts.source


def _rows(texts: Texts, most: int, named: Iterable[int]) -> list[int]:
    """Positions of the sentences shown: evenly spread, with those that other sections name."""
    count = len(texts.source)
    if count <= most:
        return list(range(count))
    return sorted({*spread(count, most), *(line - 1 for line in named if 0 < line <= count)})


def _of(texts: Texts, entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [each for each in entries if (each["test_set"], each["direction"]) == (texts.test_set, texts.direction)]


def _flags(texts: Texts, facts: Facts) -> dict[str, dict[str, list[int]]]:
    """rate -> system -> example lines."""
    found: dict[str, dict[str, list[int]]] = {}
    for each in _of(texts, facts.analysis):
        for rate, lines in each["examples"].items():
            if lines:
                found.setdefault(rate, {})[each["system"]] = lines
    return found


def _named_lines(texts: Texts, facts: Facts, flags: Mapping[str, Mapping[str, list[int]]]) -> list[int]:
    flagged = [line for systems in flags.values() for lines in systems.values() for line in lines]
    return flagged + [worst["line"] for each in _of(texts, facts.worst) for worst in each["lines"]]


def _content(
    texts: Texts, facts: Facts, systems: Sequence[str], flags: Mapping[str, Any], rows: Sequence[int]
) -> dict[str, Any]:
    names = [name for name in dict.fromkeys(texts.domains) if name]
    return {
        "line": None if len(rows) == len(texts.source) else [row + 1 for row in rows],
        "source": [clip(texts.source[row]) for row in rows],
        "reference": [clip(texts.reference[row]) for row in rows],
        "outputs": {name: [clip(texts.outputs[name][row]) for row in rows] for name in systems},
        "segments": {
            each["metric"]: {
                name: [each["scores"][name][row] for row in rows] for name in systems if name in each["scores"]
            }
            for each in _of(texts, facts.segments)
        },
        "domains": names,
        "domain": [names.index(name) if (name := texts.domains[row]) else -1 for row in rows] if names else [],
        "flags": flags,
    }


def _packed(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(text, mtime=0)).decode("ascii")


def script_json(content: Any) -> str:
    """JSON that stands in a script element: nothing in it can end or begin one."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")

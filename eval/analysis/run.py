"""Analysis of the outputs of one test set and direction, and analysis.json.

analysis.json: {"systems": [{test_set, direction, system, lines, rates, examples}], "groups": [{test_set, direction, by,
group, lines, scores}], "worst": [{test_set, direction, system, against, lines: [{line, gap}]}]}. Rates are percent of
the judged lines, null where none is judged; `length_ratio` is a ratio. Line numbers count from 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.analysis.check import Check, Text
from eval.analysis.copies import Copied, Untranslated
from eval.analysis.digits import DigitsMissing
from eval.analysis.groups import find_groups, mean_scores
from eval.analysis.lengths import Empty, OverLong, UnderLong, length_ratio
from eval.analysis.names import NamesMissing
from eval.analysis.repeats import Repeated
from eval.analysis.style import Convention, PunctuationOff, QuotesOff
from eval.analysis.worst import worst_lines
from eval.analysis.wrong_language import WrongLanguage
from vega.atomic import write_json
from vega.conventions import Clarity
from vega.directions import parse_direction

#: Lines that are shown of each fault.
EXAMPLES = 20


@dataclass(frozen=True)
class Analysis:
    """What analysis.json says of one test set and direction."""

    systems: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    worst: list[dict[str, Any]]


def analyse(
    test_set: str,
    direction: str,
    source: Sequence[str],
    reference: Sequence[str],
    outputs: Mapping[str, Sequence[str]],
    segment_chrf: Mapping[str, Sequence[float]],
    domains: Sequence[str] | None,
    *,
    frequencies: Mapping[str, int] | None = None,
    clarity: Clarity = Clarity(),  # noqa: B008 (frozen)
) -> Analysis:
    """All checks of all systems (see the checks' own definitions), and sentence chrF by groups and pairs of systems.

    Line i of everything is the same sentence, else a ValueError. `domains`: a name per line, "" = none.
    `frequencies`: of words in the training targets (`eval.analysis.groups.count_words`); None = in the references.
    """
    for column in (source, domains, *outputs.values(), *segment_chrf.values()):
        if column is not None and len(column) != len(reference):
            raise ValueError(f"{test_set} {direction}: {len(column)} lines against {len(reference)} of the reference")
    languages = parse_direction(direction)
    text = Text(source, reference, languages.source, languages.target)
    place = {"test_set": test_set, "direction": direction}
    checks = _checks(text, clarity)
    return Analysis(
        systems=[place | {"system": name} | _judge(checks, reference, lines) for name, lines in outputs.items()],
        groups=[
            place
            | {"by": group.by, "group": group.name, "lines": len(group.lines)}
            | {"scores": mean_scores(group, segment_chrf)}
            for group in find_groups(text, domains, frequencies)
        ],
        worst=[place | pair for pair in worst_lines(segment_chrf)],
    )


def write_analysis(path: Path, analyses: Sequence[Analysis]) -> None:
    """Write analysis.json, of all test sets and directions."""
    write_json(path, as_json(analyses))


def as_json(analyses: Sequence[Analysis]) -> dict[str, Any]:
    """The content of analysis.json."""
    return {
        "systems": [row for each in analyses for row in each.systems],
        "groups": [row for each in analyses for row in each.groups],
        "worst": [row for each in analyses for row in each.worst],
    }


def _checks(text: Text, clarity: Clarity) -> list[Check]:
    """In the order of the report."""
    convention = Convention(text, clarity)
    return [
        Copied(text), Untranslated(text), WrongLanguage(text), OverLong(text), UnderLong(text), Empty(text),
        Repeated(text), DigitsMissing(text), NamesMissing(text), QuotesOff(text, convention),
        PunctuationOff(text, convention),
    ]  # fmt: skip


def _judge(checks: Sequence[Check], reference: Sequence[str], output: Sequence[str]) -> dict[str, Any]:
    rates: dict[str, float | None] = {"length_ratio": length_ratio(reference, output)}
    examples = {}
    for check in checks:
        faulty = check.faulty(output)
        rates[check.name] = check.rate(faulty)
        examples[check.name] = [line + 1 for line in faulty[:EXAMPLES]]
    return {"lines": len(reference), "rates": rates, "examples": examples}

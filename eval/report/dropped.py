"""Lines that cleaning dropped, nearly dropped or set aside, and that other gates stopped, as the page lists them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eval.report.axes import number
from eval.report.data_stages import DataStages
from eval.report.synthesis import KEPT, step_samples

DROPPED, NEARLY, SET_ASIDE, LEAKED = "dropped", "nearly dropped", "set aside", "in a test set"
#: Begins the outcome of a line on which a step failed.
ERROR = "error:"
#: The rule of rows that the leakage gate shows.
LEAKAGE = "leakage"

#: Characters of all lines on the page together. The sizes below are tried in turn: lines per list, characters per side.
MOST_CHARACTERS = 1_000_000
SIZES = ((10, 500), (5, 500), (3, 300), (2, 200), (1, 200), (1, 80))


@dataclass(frozen=True)
class Shown:
    """A line: `facts` says what was measured, what it repeats or what failed. `line` is None where it has no number."""

    stage: str
    corpus: str
    rule: str
    kind: str
    line: int | None
    text: Mapping[str, str]
    facts: Sequence[str] = ()

    @property
    def list(self) -> tuple[str, str, str, str]:
        """The list that the line is an example of."""
        return self.stage, self.corpus, self.rule, self.kind


def shown_lines(rounds: Iterable[DataStages]) -> tuple[list[Shown], int]:
    """Lines of all stages that fit on a page, evenly from all lists; and how many more report.json has."""
    lines = [line for stages in rounds for line in _of_stages(stages)]
    fitting: list[Shown] = []
    for most, characters in SIZES:
        fitting = list(_shortened(lines, most, characters))
        if _size(fitting) <= MOST_CHARACTERS:
            break
    while _size(fitting) > MOST_CHARACTERS:
        fitting = fitting[::2]
    return fitting, len(lines) - len(fitting)


def _size(lines: Iterable[Shown]) -> int:
    return sum(len(text) for line in lines for text in (*line.text.values(), *line.facts))


def _shortened(lines: Iterable[Shown], most: int, characters: int) -> Iterator[Shown]:
    """At most `most` lines of each list, their sides cut after so many characters."""
    seen: dict[tuple[str, ...], int] = {}
    for line in lines:
        seen[line.list] = seen.get(line.list, 0) + 1
        if seen[line.list] <= most:
            yield replace(line, text={code: _cut(text, characters) for code, text in line.text.items()})


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[:characters] + " …"


def _of_stages(stages: DataStages) -> Iterator[Shown]:
    yield from _synthesized(stages)
    for name, corpus in ((stages.clean or {}).get("corpora") or {}).items():
        yield from _cleaned(stages.stage("clean"), name, corpus)
    for name, source in ((stages.leakage or {}).get("sources") or {}).items():
        for sample in source.get("samples", []):
            yield _leaked(stages.stage("leakage"), name, sample)


def _cleaned(stage: str, name: str, corpus: Mapping[str, Any]) -> Iterator[Shown]:
    """The examples of a corpus; reports of older versions have text alone."""
    for rule, entries in (corpus.get("examples") or corpus.get("samples") or {}).items():
        kind = SET_ASIDE if rule.startswith(ERROR) else DROPPED
        for entry in entries:
            yield _line(stage, name, rule.removeprefix(ERROR), kind, entry)
    for rule, entries in (corpus.get("nearly_dropped") or {}).items():
        for entry in entries:
            yield _line(stage, name, rule, NEARLY, entry)


def _line(stage: str, corpus: str, rule: str, kind: str, entry: Any) -> Shown:
    if not isinstance(entry, dict):
        return Shown(stage, corpus, rule, kind, None, {"": str(entry)})
    text = entry["text"] if "text" in entry and isinstance(entry["text"], dict) else entry
    sides = {str(code): str(side) for code, side in text.items()}
    line = entry.get("line") if text is not entry else None
    return Shown(stage, corpus, rule, kind, line, sides, tuple(_facts(rule, entry)) if text is not entry else ())


def _facts(rule: str, entry: Mapping[str, Any]) -> Iterator[str]:
    """The rule's own scores, how far from the decision, what the line repeats, what failed."""
    for name, score in (entry.get("scores") or {}).items():
        if name.startswith(f"{rule}."):
            yield f"{name.removeprefix(f'{rule}.')} {'infinite' if score is None else number(score)}"
    if "margin" in entry:
        yield f"margin {number(entry['margin'])}"
    if entry.get("of"):
        yield f"{entry.get('match') or 'repeats'} {place(entry['of'], entry.get('of_line'))}"
    if "similarity" in entry:
        yield f"similarity {number(entry['similarity'])}"
    if "error" in entry:
        yield str(entry["error"])


def place(name: Any, line: Any) -> str:
    """A line of a corpus or test set, where its number is known."""
    return f"{name}, line {line:,}" if line else str(name)


def _leaked(stage: str, source: str, sample: Mapping[str, Any]) -> Shown:
    facts = [
        f"{sample.get('kind', '')} match with {place(sample.get('test_set', ''), sample.get('test_line'))}",
        f"similarity {number(sample.get('similarity', 1.0))}",
    ]
    line = sample.get("line") if "test_line" in sample else None  # else it is the test set's
    return Shown(
        stage, source, LEAKAGE, LEAKED, line, {str(sample.get("side", "")): str(sample.get("text", ""))}, facts
    )


def _synthesized(stages: DataStages) -> Iterator[Shown]:
    stage = stages.stage("synthesize")
    for corpus, outcome, line, sides, facts in step_samples(stages.synthesize or {}):
        kind = KEPT if outcome == KEPT else SET_ASIDE if outcome.startswith(ERROR) else DROPPED
        yield Shown(stage, corpus, outcome.removeprefix(ERROR), kind, line, sides, facts)

"""What a check found: an error stops the submission, a warning is printed and recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Level = Literal["error", "warning"]
#: Findings of one kind that are printed; all are recorded.
_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One fault: `line` is that of `file` (the hypothesis, or the official file), 0 = the file as a whole."""

    level: Level
    kind: str
    file: Path
    line: int
    message: str
    document: str = ""
    segment: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        of = f" (document {self.document}, segment {self.segment})" if self.segment else ""
        return f"{place}: {self.message}{of}"


def errors(findings: Iterable[Finding], strict: bool) -> list[Finding]:
    """Those that stop the submission."""
    return [finding for finding in findings if strict or finding.level == "error"]


def report(findings: Sequence[Finding]) -> list[str]:
    """A line per finding, of each kind the first few, errors first."""
    lines: list[str] = []
    totals = Counter((finding.level, finding.kind) for finding in findings)
    printed: Counter[tuple[str, str]] = Counter()
    for finding in sorted(findings, key=lambda each: each.level != "error"):
        key = (finding.level, finding.kind)
        printed[key] += 1
        if printed[key] <= _SHOWN:
            lines.append(f"{finding.level}: {finding}")
        if printed[key] == _SHOWN + 1:
            lines.append(f"{finding.level}: {finding.kind}: {totals[key] - _SHOWN:,} more like this")
    return lines

"""`vega eval analyse`: the analysis of files that come from anywhere, and a table of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.analysis.groups import count_words
from eval.analysis.run import Analysis, analyse
from eval.score import measure
from eval.score_files import system_names
from vega.directions import parse_direction
from vega.errors import UserError
from vega.text_files import read_lines


def analyse_files(
    systems: Sequence[Path],
    direction: str,
    source: Path,
    reference: Path,
    domains: Path | None,
    training: Path | None,
) -> Analysis:
    """Line i of all but `training` is the same sentence; `training` holds training targets, for word frequencies."""
    target = parse_direction(direction).target
    references = list(read_lines(reference))
    if not references:
        raise UserError(f"{reference}: the file is empty; the reference needs one sentence per line.")

    def read(path: Path) -> list[str]:
        lines = list(read_lines(path))
        if len(lines) != len(references):
            raise UserError(
                f"{path} has {len(lines):,} lines, the reference {reference} has {len(references):,}. "
                "Line i of both must be the same sentence."
            )
        return lines

    sources, outputs = read(source), {name: read(path) for name, path in system_names(systems).items()}
    chrf = measure(outputs, [references], metric="chrf", target=target).per_line()
    return analyse(
        reference.name,
        direction,
        sources,
        references,
        outputs,
        {system: values.tolist() for system, values in chrf.items()},
        read(domains) if domains else None,
        frequencies=count_words(read_lines(training), target) if training else None,
    )


def render(found: Analysis) -> str:
    """Rates of each system, then mean sentence chrF by groups, then the worst lines of each system."""
    names = [row["system"] for row in found.systems]
    rates = {name: [row["rates"][name] for row in found.systems] for name in found.systems[0]["rates"]}
    parts = [_table("percent of lines", names, rates)]
    for by in dict.fromkeys(row["by"] for row in found.groups):
        groups = {
            f"{row['group']} ({row['lines']})": [row["scores"][name] for name in names]
            for row in found.groups
            if row["by"] == by
        }
        parts.append(_table(f"chrF by {by}", names, groups))
    parts += [line for pair in found.worst if (line := _worst(pair))]
    return "\n\n".join(parts)


def _table(title: str, names: Sequence[str], rows: Mapping[str, Sequence[float | None]]) -> str:
    width = max(map(len, (title, *rows))) + 2
    columns = [max(len(name), 8) + 2 for name in names]
    head = title.ljust(width) + "".join(map(str.rjust, names, columns))
    body = [name.ljust(width) + "".join(map(str.rjust, map(_number, values), columns)) for name, values in rows.items()]
    return "\n".join([head, *body])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _worst(pair: Mapping[str, Any]) -> str:
    shown = ", ".join(f"{row['line']} ({row['gap']:.1f})" for row in pair["lines"][:5])
    return f"{pair['system']} is furthest behind {pair['against']} in lines {shown}" if shown else ""

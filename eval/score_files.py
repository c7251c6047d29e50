"""`vega eval score`: the stage's scores for files that come from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from eval.evaluate import files, say_warnings
from eval.ranking import ranks
from eval.score_task import score_task
from eval.significance import best_first
from eval.test_set import Task, Text
from vega.errors import UserError
from vega.languages import language
from vega.settings import EvaluateOptions
from vega.settings.corpora import unpacked


def score_files(
    systems: Sequence[Path],
    references: Sequence[Path],
    source: Path | None,
    target: str,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """What the stage `evaluate` writes, by the name of its files; the files are the systems, by name."""
    task = Task(
        test_set=references[0].name,
        direction=language(target).code,
        target=target,
        source=Text(source) if source else None,
        references=tuple(map(Text, references)),
        files=system_names(systems),
        options=_options(options),
        analysed=False,
    )
    found = [score_task(task)]
    say_warnings(found)
    return files(found)


def _options(given: Mapping[str, Any]) -> EvaluateOptions:
    try:
        return EvaluateOptions.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(f"{place}: {first['msg']}. See vega eval score --help.") from None


def system_names(paths: Sequence[Path]) -> dict[str, Path]:
    """The shortest names that tell the files apart: without the ends, whole names, or whole paths."""
    for name in (_stem, lambda path: path.name, str):
        names = [name(path) for path in paths]
        if len(set(names)) == len(paths):
            return dict(zip(names, paths, strict=True))
    double = next(path for path in paths if paths.count(path) > 1)
    raise UserError(f"{double}: named twice. Each system is one file.")


def _stem(path: Path) -> str:
    return unpacked(path).stem


def render(found: Mapping[str, Any]) -> str:
    """A table per metric, best first: rank, score, interval; then p-values of pairs, then the signature."""
    parts = []
    for metric in dict.fromkeys(row["metric"] for row in found["scores"]):
        rows = {row["system"]: row for row in found["scores"] if row["metric"] == metric}
        tests = next((each for each in found["significance"] if each["metric"] == metric), None)
        parts.append(_table(metric, rows, tests))
    return "\n\n".join(parts)


def _table(metric: str, rows: Mapping[str, Mapping[str, Any]], tests: Mapping[str, Any] | None) -> str:
    rank = ranks(tests["clusters"]) if tests else {}
    width = max(len("system"), *(len(system) for system in rows)) + 2
    lines = [f"{'rank':6}{'system':{width}}{metric:>8}  95 %"]
    for system in best_first(metric, {system: row["score"] for system, row in rows.items()}):
        row = rows[system]
        interval = f"{row['low']:.2f} to {row['high']:.2f}" if row["low"] is not None else "-"
        lines.append(f"{rank.get(system, '-'):6}{system:{width}}{row['score']:8.2f}  {interval}")
    for pair in tests["pairs"] if tests else []:
        lines.append(_pair(pair, width))
    return "\n".join([*lines, next(iter(rows.values()))["signature"]])


def _pair(pair: Mapping[str, Any], width: int) -> str:
    interval = f" ({pair['low']:+.2f} to {pair['high']:+.2f})" if pair["low"] is not None else ""
    named = {"bootstrap": pair["p_bootstrap"], "randomization": pair["p_randomization"]}
    values = ", ".join(f"p {value:.4f} ({name})" for name, value in named.items() if value is not None)
    return f"{'':6}{pair['a']} - {pair['b']}: {pair['gain']:+.2f}{interval}, {values}"

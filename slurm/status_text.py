"""The status of a submitted run as text for people."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from slurm.status import BROKEN, Row, RunStatus, slurm_status
from vega.plan_text import duration

_HEAD = ("job", "state", "id", "nodes", "restarts", "elapsed", "left", "")
#: These columns are numbers.
_RIGHT = (4,)
#: A longer list of nodes is cut off; --json has all of it.
_NODES = 32
_SHOWN_TASKS = 8


def render_status(run: Path) -> str:
    """What `vega status` prints of a run that was submitted."""
    return render(slurm_status(run))


def status_json(run: Path) -> str:
    """The same as one JSON object, with the keys that `slurm.status` states."""
    return json.dumps(slurm_status(run).as_json(), indent=1, ensure_ascii=False)


def render(status: RunStatus) -> str:
    """A table of the jobs; below it failures with the ends of their logs, and what to do."""
    on = f" on {status.cluster}" if status.cluster else ""
    parts = ["\n".join([f"{status.run}{on}", *([status.note] if status.note else []), *_table(status.rows)])]
    parts += ["\n".join(_failure(row)) for row in status.rows if row.failure]
    if advice := _advice(status):
        parts.append(advice)
    return "\n\n".join(parts)


def _table(rows: list[Row]) -> Iterator[str]:
    states = {row.name: row.state for row in rows}
    table = [_HEAD, *(_cells(row, states) for row in rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(_HEAD))]
    for cells in table:
        aligned = [
            cell.rjust(width) if column in _RIGHT else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        yield "  ".join(aligned).rstrip()


def _cells(row: Row, states: Mapping[str, str]) -> tuple[str, ...]:
    nodes = row.nodes if len(row.nodes) <= _NODES else f"{row.nodes[:_NODES]}..."
    elapsed = duration(row.elapsed) if row.elapsed else ""
    left = duration(row.left) if row.left is not None else ""
    return (
        row.name,
        row.state,
        row.job,
        nodes,
        str(row.restarts or ""),
        elapsed,
        left,
        "; ".join(details(row, states)),
    )


def details(row: Row, states: Mapping[str, str]) -> Iterator[str]:
    """What there is to say of a job besides its state; `states` are those of all jobs."""
    if row.tasks:
        yield _tasks(row.tasks)
    if row.state == "waiting":
        names = [f"{name} ({states[name]})" if states.get(name) in BROKEN else name for name in row.waits_for]
        yield f"for {', '.join(names)}" if names else "for SLURM to see that the jobs before it are done"
        if row.reason == "DependencyNeverSatisfied":
            yield "SLURM will not start it any more"
    elif row.reason and not row.failure:
        yield row.reason
    if row.start:
        yield f"start about {row.start[:16].replace('T', ' ')}"
    if row.progress:
        yield _progress(row)
    if row.state == "running" and row.limit_left is not None:
        yield f"time limit in {duration(row.limit_left)}"


def _progress(row: Row) -> str:
    """`update 400, loss 5` with the number of the last update."""
    if row.update is None or row.max_update is None:
        return row.progress
    return row.progress.replace(f"update {row.update}", f"update {row.update:,} of {row.max_update:,}", 1)


def _tasks(tasks: dict[str, int]) -> str:
    others = [f"{tasks[name]} {name}" for name in ("running", "pending", "failed") if tasks[name]]
    return ", ".join([f"{tasks['done']}/{tasks['total']} tasks done", *others])


def _failure(row: Row) -> Iterator[str]:
    failure = row.failure
    assert failure is not None
    which = f" (tasks {_numbers(failure.tasks)})" if failure.tasks else ""
    where = f" on {failure.node}" if failure.node else ""
    yield f"{row.name}{which} failed{where}: {failure.reason}"
    if failure.lines:
        yield f"  {failure.log} ends with"
        yield from (f"  | {line}" for line in failure.lines)
    else:
        yield f"  it has no log ({failure.log})"


def _numbers(tasks: list[int]) -> str:
    shown = ", ".join(map(str, tasks[:_SHOWN_TASKS]))
    return shown if len(tasks) <= _SHOWN_TASKS else f"{shown}, ... {len(tasks)} in all"


def _advice(status: RunStatus) -> str:
    """What to do next, where somebody has to do something."""
    broken = [row for row in status.rows if row.state in BROKEN or (row.tasks and row.tasks["failed"])]
    if not broken:
        return ""
    first = "Put right what failed, then: " if any(row.failure for row in broken) else "To go on: "
    return f"{first}vega resume {shlex.quote(str(status.run))}"

"""A run's state in words: numbers as people read them, lines for a log, tables for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from eval.report.axes import duration, number
from eval.report.watch_state import FAILED, FINISHED, LEFT, RUNNING, RunState, Training
from vega.status import StageStatus

OUTCOMES = {
    RUNNING: "running",
    FINISHED: "finished",
    FAILED: "ended before it was finished",
    LEFT: "ended; some stages were not done",
}
#: Figure of the log -> what people call it, and how it is written.
FIGURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "loss": ("loss", lambda value: f"{value:.3f}"),
    "nll_loss": ("NLL", lambda value: f"{value:.3f}"),
    "lr": ("learning rate", number),
    "tps": ("tokens/s", lambda value: f"{value:,.0f}"),
    "wps": ("words/s", lambda value: f"{value:,.0f}"),
    "mfu": ("MFU", lambda value: f"{value:.1%}"),
    "host_gib": ("host memory", lambda value: f"{value:.2f} GiB"),
    "gpu_gib": ("GPU memory", lambda value: f"{value:.2f} GiB"),
}


def figures(training: Training) -> list[tuple[str, str]]:
    """(name, value) of what the training logged last, in a fixed order."""
    known = training.figures
    found = [(name, write(known[key])) for key, (name, write) in FIGURES.items() if key in known]
    if "tps" in known:  # words/s is stock fairseq's name for the same, padding counted
        found = [pair for pair in found if pair[0] != "words/s"]
    if "nll_loss" in training.valid:
        found.append(("validation NLL", f"{training.valid['nll_loss']:.3f}"))
    elif "loss" in training.valid:
        found.append(("validation loss", f"{training.valid['loss']:.3f}"))
    return found


def progress(training: Training) -> str:
    """`update 400 of 2,000, 12 min 3 s left`."""
    text = f"update {training.update:,} of {training.max_update:,}"
    return text if training.left is None else f"{text}, about {duration(training.left)} left"


def training_line(training: Training) -> str:
    """All figures of a training in one line."""
    parts = [f"{name} {value}" for name, value in figures(training)]
    parts += [f"{name} {loss:.3f}" for name, loss in training.directions.items()]
    return ", ".join([f"{training.stage}: {progress(training)}", *parts])


def stage_line(stage: StageStatus) -> str:
    """A stage's state, with its time where that is known."""
    spent = f" in {duration(stage.seconds)}" if stage.seconds is not None and stage.state == "finished" else ""
    return f"{stage.name}: {stage.state}{spent}"


class PlainLines:
    """The state as lines that go below each other: what has changed of stages and warnings, and training's figures."""

    def __init__(self) -> None:
        self._stages: dict[str, str] = {}
        self._warnings: list[str] = []

    def lines(self, state: RunState) -> list[str]:
        """The lines for a state that follows those before."""
        changed = [stage for stage in state.stages if self._stages.get(stage.name, "waiting") != stage.state]
        self._stages = {stage.name: stage.state for stage in state.stages}
        warnings = [line for line in state.warnings if line not in self._warnings]
        self._warnings = state.warnings
        training = [training_line(each) for each in state.training] if state.outcome == RUNNING else []
        return [*map(stage_line, changed), *(f"warning: {line}" for line in warnings), *training]


def screen(state: RunState) -> Any:
    """The state for a terminal, as something that rich can draw. Text from the run is never read as markup."""
    from rich.console import Group
    from rich.text import Text

    head = Text(f"{state.name}: {OUTCOMES[state.outcome]}", style="bold")
    parts: list[Any] = [head, _stages(state.stages)]
    for training in state.training:
        parts += ["", Text(f"{training.stage}: {progress(training)}", style="bold"), _grid(figures(training))]
        if training.directions:
            losses = [(name, f"{loss:.3f}") for name, loss in training.directions.items()]
            parts += [Text("validation NLL per direction, bits per token", style="dim"), _grid(losses)]
    if state.warnings:
        parts += ["", Text("warnings", style="bold"), *(Text(line, style="yellow") for line in state.warnings)]
    return Group(*parts)


_STYLES = {"running": "cyan", "finished": "green", "failed": "red", "interrupted": "red", "cancelled": "red"}


def _stages(stages: Sequence[StageStatus]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    for stage in stages:
        spent = duration(stage.seconds) if stage.seconds is not None else ""
        state = Text(stage.state, style=_STYLES.get(stage.state, "dim"))
        table.add_row(Text(stage.name), state, Text(spent, justify="right"), Text(stage.detail, overflow="ellipsis"))
    return table


def _grid(pairs: Sequence[tuple[str, str]], columns: int = 4) -> Any:
    """Names and values, several pairs to a line."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    for at in range(0, len(pairs), columns):
        cells = [Text.assemble((name, "dim"), " ", value) for name, value in pairs[at : at + columns]]
        table.add_row(*cells)
    return table

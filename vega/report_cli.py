"""`vega report`: the stage with its settings, or the report on runs that are named by their folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

#: The command's help after its first line.
MORE = """Several runs are compared: recipes, scores with tests of their differences, curves, time, sentences.

Examples: vega report runs/demo; vega report runs/a runs/b --output comparison"""


def report(
    targets: Annotated[
        list[Path], typer.Argument(metavar="RUN... | SETTINGS.yaml", help="Folders of runs, or the stage's settings.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Folder for the report [the run's; needed for several runs and for settings]."),
    ] = None,
    overrides: Annotated[
        list[str], typer.Option("--set", metavar="KEY=VALUE", help="Change one setting, as in --set sentences=500.")
    ] = [],  # noqa: B006 (typer reads the default, nobody changes it)
    force: Annotated[bool, typer.Option("--force", help="With settings: do it again even if it is finished.")] = False,
) -> None:
    """See `vega.report_runs`."""
    from vega.report_runs import report_on

    report_on(targets, output, overrides, force)

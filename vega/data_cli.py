"""`vega data`: what cleaning did to a line, or to all of them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

data_app = typer.Typer(
    help="Look at what cleaning did: why a line was dropped, and what was dropped how often.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@data_app.command()
def why(
    place: Annotated[str, typer.Argument(metavar="FILE:LINE", help="A row of a file, from 1.")],
    run: Annotated[
        Path | None, typer.Option("--run", help="The run's folder, or its clean stage's [the last in runs/].")
    ] = None,
) -> None:
    """What became of a line: kept, or what dropped it, its scores in every filter, what it repeats.

    LINE is the row: a line of text, a row of TSV (without its header) or Parquet, a unit of TMX. FILE may be raw text,
    synthetic text, or text that was cleaned.

    Example: vega data why data/train.en.gz:17 --run runs/demo
    """
    explain = importlib.import_module("data_pipeline.explain")  # by name: vega does not import data_pipeline
    typer.echo(explain.why(place, run))


@data_app.command()
def stats(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, or its clean stage's.")],
    samples: Annotated[int, typer.Option("--samples", min=0, help="Rows shown per rule, 5 at most.")] = 3,
) -> None:
    """Tables per corpus of what was kept, dropped by which rule, or failed, and rows dropped or nearly dropped.

    Also what synthesis rounds made and what the leakage gates found.

    Example: vega data stats runs/demo
    """
    typer.echo(importlib.import_module("data_pipeline.run_stats").stats(run, samples))

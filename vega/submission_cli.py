"""`vega submission`: translations as a shared task takes them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer


def submission(
    test_set: Annotated[Path, typer.Option("--input", help="Official test set, .xml or .jsonl, plain or packed.")],
    hypothesis: Annotated[
        list[Path],
        typer.Option(
            "--hypothesis",
            help="Translations, a line per segment; several files are taken one after another, as many as there are "
            "documents each for its own. Or one .xml or .jsonl that holds them.",
        ),
    ],
    system: Annotated[str, typer.Option("--system", help="Name of the system, as it is registered.")],
    team: Annotated[str, typer.Option("--team", help="Name of the team, for the declaration.")] = "",
    output: Annotated[Path | None, typer.Option("--output", help="File to write [none: only check].")] = None,
    run: Annotated[
        Path | None, typer.Option("--run", help="The run that translated; writes the declaration beside the output.")
    ] = None,
    run_system: Annotated[
        str, typer.Option("--run-system", help="The run's name of the system [found by content].")
    ] = "",
    direction: Annotated[
        str | None, typer.Option("--direction", help="As en-cs; where the test set has several, or does not say.")
    ] = None,
    field: Annotated[str, typer.Option("--field", help="Of JSONL: the field for the translation.")] = "hypothesis",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors.")] = False,
) -> None:
    """Check translations against the official test set and write the file to upload, with a declaration.

    Documents, order, paragraphs and numbers of segments are those of the test set. An error (wrong count, empty line,
    character that XML has not) stops it, and nothing is written; warnings are printed, and recorded beside the output.

    Example: vega submission --input test.en-de.src.xml --hypothesis runs/x/translate/multidirectional/test.en-de.de
    --system Vega --team us --run runs/x --output Vega.en-de.xml
    """
    from vega.settings.submission import SubmissionSettings

    settings = SubmissionSettings(
        input=test_set,
        hypothesis=hypothesis,
        system=system,
        team=team,
        output=output,
        run=run,
        run_system=run_system,
        direction=direction,
        field=field,
        strict=strict,
    )
    importlib.import_module("eval.submission.run").run(settings, typer.echo)  # by name: vega does not import eval

"""`vega eval`: score files of translations, and check the scores against published ones."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Annotated

import typer

eval_app = typer.Typer(
    help="Score files of translations without a run, and check the scores against published ones.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

USUAL_METRICS = ["bleu", "chrf"]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, for programs.")]


@eval_app.command()
def score(
    systems: Annotated[list[Path], typer.Argument(metavar="TRANSLATION...", help="One file per system.")],
    target: Annotated[str, typer.Option("--target", help="Language of the translations, as in de.")],
    references: Annotated[list[Path], typer.Option("--reference", help="Again for each further reference.")],
    source: Annotated[Path | None, typer.Option("--source", help="To notice files in another order.")] = None,
    metrics: Annotated[
        list[str], typer.Option("--metric", help="bleu, chrf, chrf++, ter, spbleu; again for each.")
    ] = USUAL_METRICS,
    tokenizer: Annotated[
        str, typer.Option("--tokenizer", help="sacreBLEU's, for BLEU [by the language]: 13a, zh, ja-mecab, char, ...")
    ] = "",
    spm_model: Annotated[Path | None, typer.Option("--spm-model", help="SentencePiece model of spBLEU.")] = None,
    resamples: Annotated[int, typer.Option("--resamples", min=0, help="Of the bootstrap; 0 = none.")] = 1000,
    trials: Annotated[int, typer.Option("--trials", min=0, help="Of approximate randomization; 0 = none.")] = 10000,
    seed: Annotated[int, typer.Option("--seed", help="Of both.")] = 12345,
    as_json: AsJson = False,
) -> None:
    """Score translations of one test set: intervals, signatures, ranks, and p-values of every pair of systems.

    Line i of all files is the same sentence. Files are UTF-8, plain, .gz, .xz or .zst.

    Example: vega eval score --target de --reference ref.de --source src.en ours.de theirs.de
    """
    score_files = importlib.import_module("eval.score_files")  # by name: vega does not import eval
    options = {
        "metrics": metrics,
        "tokenizers": {target: tokenizer} if tokenizer else {},
        "spm_model": spm_model,
        "resamples": resamples,
        "trials": trials,
        "seed": seed,
    }
    found = score_files.score_files(systems, references, source, target, options)
    typer.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else score_files.render(found))


@eval_app.command()
def analyse(
    systems: Annotated[list[Path], typer.Argument(metavar="TRANSLATION...", help="One file per system.")],
    direction: Annotated[str, typer.Option("--direction", help="As in en-de.")],
    source: Annotated[Path, typer.Option("--source", help="What was translated.")],
    reference: Annotated[Path, typer.Option("--reference", help="The right translation.")],
    domains: Annotated[Path | None, typer.Option("--domains", help="A domain a line; empty lines have none.")] = None,
    training: Annotated[
        Path | None, typer.Option("--training", help="Training targets, for word frequencies [the reference].")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What goes wrong in translations: copies, wrong language, length, loops, lost numbers and names, punctuation; and
    chrF by sentence length, word frequency and domain. What each rate means: docs/evaluation.md.

    Example: vega eval analyse --direction en-de --source src.en --reference ref.de ours.de theirs.de
    """
    files = importlib.import_module("eval.analysis.files")
    found = files.analyse_files(systems, direction, source, reference, domains, training)
    content = importlib.import_module("eval.analysis.run").as_json([found])
    typer.echo(json.dumps(content, indent=1, ensure_ascii=False) if as_json else files.render(found))


@eval_app.command()
def wmt22(
    data: Annotated[
        Path, typer.Option("--data", help="Folder with automatic-scores.tsv, outputs/ and references/ of WMT22.")
    ],
    as_json: AsJson = False,
) -> None:
    """Whether BLEU and chrF of official WMT22 outputs come out as published, to the last digit. Exits 1 if not.

    Example: vega eval wmt22 --data ../shared/data/wmt22
    """
    module = importlib.import_module("eval.wmt22")
    rows = module.self_test(data)
    typer.echo(json.dumps(module.as_json(rows), indent=1) if as_json else module.render(rows))
    if differing := [row for row in rows if not row.is_equal]:
        typer.echo(f"vega: error: {len(differing)} scores differ:\n{module.render(differing)}", err=True)
        raise typer.Exit(1)

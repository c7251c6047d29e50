"""The `vega` command. Everything is imported inside functions, so that `vega --help` answers at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from vega import report_cli
from vega.checkpoint_cli import checkpoint_app
from vega.data_cli import data_app
from vega.errors import UserError
from vega.eval_cli import eval_app
from vega.submission_cli import submission
from vega.training_commands import TRAINING
from vega.version import __version__

app = typer.Typer(
    name="vega",
    help="Machine translation from raw text to a scored system.\n\n"
    "First steps: `vega doctor`, then `vega plan demo`, then `vega run demo`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.add_typer(checkpoint_app, name="checkpoint")
app.add_typer(data_app, name="data")
app.add_typer(eval_app, name="eval")

Set = Annotated[
    list[str], typer.Option("--set", metavar="KEY=VALUE", help="Change one setting, as in --set train.max_update=500.")
]
RecipeName = Annotated[str, typer.Argument(metavar="RECIPE", help="Name of a shipped recipe, or path of a YAML file.")]


def split_names(names: str) -> list[str] | None:
    """The names between commas, None for none."""
    return [name.strip() for name in names.split(",") if name.strip()] or None


@app.command()
def run(
    recipe: RecipeName,
    overrides: Set = [],  # noqa: B006 (typer reads the default, nobody changes it)
    stages: Annotated[str, typer.Option(help="Only these, as in --stages translate,evaluate,report.")] = "",
    folder: Annotated[Path | None, typer.Option("--run", help="The run's folder [runs/NAME].")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the commands, do nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Do finished stages again.")] = False,
) -> None:
    """Run a recipe: clean, leakage, vocab, binarize, pretrain, train, synthesis, finetune, steps, translate,
    postprocess, evaluate, report.

    Finished stages are skipped, an interrupted run goes on where it was.

    Example: vega run multi30k --set data=data/multi30k --set train.max_update=2000
    """
    from vega import runner
    from vega.recipe import load_recipe

    loaded = load_recipe(recipe, overrides)
    where = folder or Path("runs") / loaded.name
    names = split_names(stages)
    if dry_run:
        for line in runner.dry_run(loaded, where, names, force):
            typer.echo(line)
    else:
        runner.run_recipe(loaded, where, names, force)


@app.command()
def plan(
    recipe: RecipeName,
    overrides: Set = [],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
    tflops: Annotated[
        float | None, typer.Option(help="Achievable TFLOP/s of one training process, for the time estimate.")
    ] = None,
    disk_rate: Annotated[float, typer.Option(help="GB/s of the shared disk, for the time of a checkpoint.")] = 5,
    cluster: Annotated[Path | None, typer.Option(help="Cluster file, for the number of nodes and GPUs.")] = None,
) -> None:
    """Stages, text, parameters, memory, disk and time of a recipe, before anything runs.

    Example: vega plan vega_mt_wmt22 --tflops 400
    """
    import json

    from vega.plan import make_plan
    from vega.plan_text import render_plan
    from vega.recipe import load_recipe

    loaded = load_recipe(recipe, overrides, needs_data=False)
    if cluster is not None:
        from slurm.cluster import load_cluster
        from slurm.jobs import on_cluster

        loaded = on_cluster(loaded, load_cluster(cluster))
    content = make_plan(loaded, tflops, disk_rate)
    typer.echo(json.dumps(content, indent=1, ensure_ascii=False) if as_json else render_plan(content))


@app.command()
def submit(
    recipe: RecipeName,
    cluster: Annotated[Path, typer.Option(help="Cluster file, see slurm/clusters/example.yaml.")],
    overrides: Set = [],  # noqa: B006
    stages: Annotated[str, typer.Option(help="Only these, as in --stages translate,evaluate,report.")] = "",
    folder: Annotated[Path | None, typer.Option("--run", help="The run's folder [runs/NAME].")] = None,
    only_print: Annotated[bool, typer.Option("--print", help="Print the graph and the scripts, do nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Do finished stages again.")] = False,
) -> None:
    """Give a recipe to SLURM: a job for each stage that has something to do, each after those that it reads.

    Jobs that are preempted or reach their time limit go on by themselves. Then: vega status, cancel, resume.

    Example: vega submit multi30k --cluster cluster.yaml --set data=data/multi30k
    """
    from slurm import submit as submission
    from slurm.cluster import load_cluster
    from vega.recipe import load_recipe

    loaded = load_recipe(recipe, overrides)
    where = folder or Path("runs") / loaded.name
    prepared = submission.prepare(loaded, where, load_cluster(cluster), split_names(stages), force)
    if only_print:
        typer.echo(submission.describe(prepared))
        return
    for line in submission.graph(prepared):
        typer.echo(line)
    submission.submit(prepared)
    typer.echo(f"vega status {where}")


RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, as in runs/demo.")]


@app.command()
def status(
    folder: RunFolder,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Which stages of a run have finished, run or wait, and how training goes; of a submitted run also its jobs.

    Example: vega status runs/demo
    """
    from importlib import import_module

    submitted = import_module("slurm.record").was_submitted(folder)
    module = import_module("slurm.status_text" if submitted else "vega.status")
    typer.echo(module.status_json(folder) if as_json else module.render_status(folder))


@app.command()
def watch(
    folder: RunFolder,
    serve: Annotated[bool, typer.Option("--serve", help="As a page in the browser, for this machine only.")] = False,
    port: Annotated[int, typer.Option(help="With --serve: the port; 0 = a free one.", min=0, max=65535)] = 0,
    every: Annotated[
        float, typer.Option(help="Seconds between looks; 0 = 2, or 10 where output is no terminal.", min=0)
    ] = 0,
) -> None:
    """Show a run while it runs: stages, progress, loss, speed, memory, time left, last warnings. Ends when it does.

    Only reads files. Exits with 0 when the run has finished, 1 when it ended because a stage failed or was stopped.

    Example: vega watch runs/demo --serve
    """
    from functools import partial

    from eval.report import watch as watching
    from eval.report.watch_state import WatchedRun
    from slurm import watched
    from slurm.record import was_submitted
    from vega.interruption import graceful

    if was_submitted(folder):
        run = WatchedRun(folder, partial(watched.jobs, folder), partial(watched.job_log, folder))
    else:
        run = WatchedRun(folder)
    with graceful("The run goes on, if it was running."):
        raise typer.Exit(watching.serve(run, port, every or None) if serve else watching.watch(run, every or None))


@app.command()
def cancel(
    folder: RunFolder,
    stages: Annotated[str, typer.Option(help="Only these, and what waits for them.")] = "",
) -> None:
    """End the jobs of a submitted run; what they have saved stays.

    Example: vega cancel runs/demo
    """
    from slurm.cancel import cancel as cancel_jobs

    for line in cancel_jobs(folder, split_names(stages)):
        typer.echo(line)


@app.command()
def resume(folder: RunFolder) -> None:
    """Submit again what failed, was cancelled or was lost, and what waits for it; each goes on where it was.

    Example: vega resume runs/demo
    """
    from slurm.resume import resume as resume_jobs

    for line in resume_jobs(folder):
        typer.echo(line)


@app.command()
def doctor(
    folder: Annotated[Path, typer.Option("--folder", help="Where runs will be written.")] = Path(),
    metrics: Annotated[
        Path | None,
        typer.Option(
            "--metrics", envvar="VEGA_METRICS", help="Folder with models of neural metrics, each in a folder."
        ),
    ] = None,
) -> None:
    """Check Python, packages, GPU, disk, Ray, SLURM and metric assets; print a fix for each finding.

    Exits 1 if something is missing that Vega cannot do without.
    """
    from vega.doctor import examine, render_findings

    findings = examine(folder, metrics)
    typer.echo(render_findings(findings))
    if any(finding.status == "fail" for finding in findings):
        raise typer.Exit(1)


class StageCommand(TyperCommand):
    """A stage command: its help ends with an example settings file."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from vega.stage_cli import print_example

        super().format_help(ctx, formatter)
        typer.echo(formatter.getvalue())
        formatter.buffer.clear()
        print_example(str(self.name))


Settings = Annotated[Path, typer.Argument(metavar="SETTINGS.yaml", help="The stage's settings.")]
Output = Annotated[Path, typer.Option("--output", help="Folder that appears when the stage has finished.")]
Force = Annotated[bool, typer.Option("--force", help="Do it again even if it is finished.")]
Print = Annotated[bool, typer.Option("--print", help="Print the fairseq-train command line, do nothing.")]
Srun = Annotated[bool, typer.Option("--srun", help="This is a task of srun, which starts one per training process.")]

SynthesisPart = Annotated[
    str,
    typer.Option(
        "--part",
        metavar="PHASE[:K/N]",
        help="Only part K (from 0) of N, for several machines: first prepare, then score:K/N for all K where there is "
        "cycle translation, then make:K/N; then the same without --part joins them. ? for K: which have work.",
    ),
]

#: The stage commands in the order of a run.
SUMMARIES = {
    "clean": "Read raw text, normalise, filter, drop duplicates and held-out lines; on Ray.",
    "leakage": "Check all training text against all test sets; training needs its report.",
    "vocab": "Train one SentencePiece model for all languages and write the dictionary.",
    "binarize": "Encode text into fairseq's binary format, one copy for all directions.",
    "pretrain": "Learn languages from text alone, by writing what is masked; training goes on from there.",
    "train": "Train with fairseq-train, or print its command line.",
    "synthesize": "Translate text into synthetic pairs: back-translation, self-training, cycle translation; on Ray.",
    "finetune": "Go on from a checkpoint with a fresh learning-rate schedule, or print the command line.",
    "average": "Write the mean of several checkpoints, or training's moving average, and what it gains.",
    "soup": "Average models greedily, while dev sentences get no worse.",
    "fuse": "Fuse two models of one architecture, their neurons aligned by optimal transport.",
    "tuning-text": "Choose text to tune on, balanced over domains, and dev sentences by domain.",
    "tune": "Judge models between an untuned and a tuned one by domain; keep what is best for all.",
    "ensemble": "Choose models that translate together, greedily, by dev sentences.",
    "rerank": "Tune weights of several models' scores that choose among the n best.",
    "mbr": "Choose the candidate with the highest expected chrF: minimum Bayes risk decoding.",
    "probe": "Look into models: loss landscape, sharpness, lexical choice, noise, diversity.",
    "translate": "Translate test sets with every system, in every direction.",
    "postprocess": "Write translations by the conventions of the training targets: quotation marks, widths, spaces.",
    "evaluate": "Score translations with sacreBLEU, with signatures and intervals.",
    "report": "Write report.json and a self-contained report.html for a run, or to compare several.",
}


def _add_stage(stage: str, summary: str) -> None:
    """Add the command of a stage."""

    def command(settings: Settings, output: Output, overrides: Set = [], force: Force = False) -> None:  # noqa: B006
        from vega.stage_cli import run_stage_command

        run_stage_command(stage, settings, output, overrides, force)

    _register(stage, summary, command)


def _add_training_stage(stage: str, summary: str) -> None:
    """Add the command of a training stage, which can also print what it would run."""

    def command(
        settings: Settings,
        output: Output,
        overrides: Set = [],  # noqa: B006
        force: Force = False,
        only_print: Print = False,
        srun: Srun = False,
    ) -> None:
        from vega.stage_cli import print_training_command, run_srun_task, run_stage_command

        if only_print:
            print_training_command(stage, settings, output, overrides)
        elif srun:
            run_srun_task(stage, settings, output, overrides, force)
        else:
            run_stage_command(stage, settings, output, overrides, force)

    _register(stage, summary, command)


def _add_synthesis(stage: str, summary: str) -> None:
    """Add the command of a stage that can be done in parts."""

    def command(
        settings: Settings,
        output: Output,
        overrides: Set = [],  # noqa: B006
        force: Force = False,
        part: SynthesisPart = "",
    ) -> None:
        from vega.stage_cli import run_stage_command, run_synthesis_part

        if part:
            run_synthesis_part(settings, output, overrides, part)
        else:
            run_stage_command(stage, settings, output, overrides, force)

    _register(stage, summary, command)


def _add_report(stage: str, summary: str) -> None:
    """Add the command of the report, which takes runs as well as settings."""
    _register(stage, f"{summary}\n\n{report_cli.MORE}", report_cli.report)


def _register(stage: str, summary: str, command: Any) -> None:
    example = f"Example: vega {stage} {stage}.yaml --output {stage}"
    app.command(name=stage, cls=StageCommand, help=f"{summary}\n\n{example}", rich_help_panel="Stages")(command)


_ADD = {**dict.fromkeys(TRAINING, _add_training_stage), "synthesize": _add_synthesis, "report": _add_report}
for _stage, _summary in SUMMARIES.items():
    _ADD.get(_stage, _add_stage)(_stage, _summary)
app.command()(submission)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(f"vega {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point of the `vega` command: a user's mistake is one line and exit code 1."""
    from vega.requirements_check import require_python

    try:
        require_python()
        app()
    except UserError as error:
        sys.stderr.write(f"vega: error: {error}\n")
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:  # `vega plan demo | head`
        sys.stderr.close()
        raise SystemExit(141) from None

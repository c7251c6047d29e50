"""What `vega <stage>` does, and the text of its `--help`. Imported by the command line when it is needed."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from vega.example_settings import example_settings
from vega.interruption import graceful
from vega.progress import say
from vega.requirements_check import require_fairseq
from vega.settings import TrainerSettings
from vega.stage_run import Work, is_finished, run_stage
from vega.stages import COMMANDS
from vega.strict_yaml import load
from vega.training_commands import TRAINING

#: Stages that run fairseq.
WITH_FAIRSEQ = (*TRAINING, *(name for name, each in COMMANDS.items() if each.function.startswith("fairseq_plugins.")))


def run_stage_command(stage: str, settings: Path, output: Path, overrides: Sequence[str], force: bool) -> None:
    """Read the settings, do the stage's work in `output`."""
    loaded = load(settings, COMMANDS[stage].settings, overrides)
    if stage in WITH_FAIRSEQ:
        require_fairseq()
    with graceful(f"Nothing half-written was kept; `vega {stage}` can simply be started again."):
        run_stage(Work(stage, loaded, output), stage_function(stage), force=force)


def run_synthesis_part(settings: Path, output: Path, overrides: Sequence[str], part: str) -> None:
    """Do a part of `vega synthesize`, or print the numbers of those that have work, as in 0,3,7."""
    loaded = load(settings, COMMANDS["synthesize"].settings, overrides)
    parts = importlib.import_module("data_pipeline.synthesis.parts")
    asked = parts.parse_part(part)
    finished = is_finished(Work("synthesize", loaded, output))
    if asked.number is None:
        missing = [] if finished else parts.missing_parts(loaded, output, asked)
        sys.stdout.write(",".join(map(str, missing)) + "\n")
    elif finished:
        say(f"{output}: already finished with these settings and inputs.")
    else:
        with graceful(f"Nothing half-written was kept; `vega synthesize --part {part}` can simply be started again."):
            parts.run_part(loaded, output, asked)


def run_srun_task(stage: str, settings: Path, output: Path, overrides: Sequence[str], force: bool) -> None:
    """Be one of srun's tasks of a training stage: the first keeps the records, the others only train."""
    from vega import srun_word, training
    from vega.srun_task import SrunTask

    loaded = load(settings, COMMANDS[stage].settings, overrides)
    assert isinstance(loaded, TrainerSettings)
    require_fairseq()
    task = SrunTask.read(os.environ)
    with graceful("The same command goes on from what was saved before."):
        if task.rank:
            word = srun_word.hear(task)
            if word == srun_word.TRAIN:
                training.become_task(loaded, output, task)
            raise SystemExit(word != srun_word.FINISHED)
        with srun_word.Word(task) as word_of_first:
            task.check(loaded)
            function = partial(training.run, task=task, before=lambda: word_of_first.say(srun_word.TRAIN))
            run_stage(Work(stage, loaded, output), function, force=force)
            word_of_first.say(srun_word.FINISHED)


def print_training_command(stage: str, settings: Path, output: Path, overrides: Sequence[str]) -> None:
    """Print the fairseq-train command line of a training stage, and do nothing else."""
    loaded = load(settings, COMMANDS[stage].settings, overrides)
    stage_function(stage)(loaded, output, print_only=True)


def stage_function(stage: str) -> Callable[..., Any]:
    """The function that does the stage's work, imported now."""
    module, _, name = COMMANDS[stage].function.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def print_example(stage: str) -> None:
    """Print an example settings file, as the last part of `vega <stage> --help`."""
    model = COMMANDS[stage].settings
    heading = (
        f"# {(model.__doc__ or '').strip()}\n# An example SETTINGS.yaml; only the keys marked required must be there."
    )
    sys.stdout.write(f"{heading}\n{example_settings(model)}\n")

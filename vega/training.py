"""The training stages (`vega.training_commands`): start fairseq-train, and record what it really consumed."""

from __future__ import annotations

import json
import math
import os
import shlex
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from vega.atomic import write_text
from vega.child_signals import REPEAT, ChildSignals, end_with_parent
from vega.errors import UserError
from vega.exit_codes import STOPPED, passed_on
from vega.fairseq_command import train_command
from vega.interruption import ENDING, Stopped
from vega.launch import cpu_environment, describe, threads_per_process
from vega.progress import say
from vega.settings import TrainerSettings
from vega.srun_task import SrunTask
from vega.tracking.start import tracked

#: Seconds that training gets for its last save once it is asked to stop: a large model on a slow disk.
SAVING = 600.0
#: Seconds it gets after Ctrl-C, less than `vega run` waits for us.
GRACE = 15.0
#: Training writes it into the folder of checkpoints when it was asked to stop and all is saved.
STOP_FILE = "stopped.json"
#: torchrun passes these signals on, and waits as long as we do.
TORCHRUN_ENVIRONMENT = {
    "PET_SIGNALS_TO_HANDLE": "SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1",
    "PET_SHUTDOWN_TIMEOUT": str(round(SAVING)),
}


def run(
    settings: TrainerSettings,
    output: Path,
    print_only: bool = False,
    task: SrunTask | None = None,
    before: Callable[[], None] = lambda: None,
) -> None:
    """Train into `output`, going on from its last checkpoint where there is one; or only print the command line.

    As a `task` of srun, the first one, `before` is called when the folder is ready for the others.
    Raises `Stopped` when training was asked to stop, by us or by whom ever, and has saved.
    """
    command, added = prepare(settings, output, task)
    if "OMP_NUM_THREADS" in added:
        say(f"training on CPU, {settings.processes} x {added['OMP_NUM_THREADS']} threads; {describe(added)}")
    if print_only:
        assignments = [f"{name}={shlex.quote(value)}" for name, value in added.items()]
        sys.stdout.write(" ".join([*assignments, shlex.join(command)]) + "\n")
        return
    checkpoints = output / "checkpoints"
    checkpoints.mkdir(parents=True, exist_ok=True)
    before()
    with tracked(settings, output):
        train(command, {**os.environ, **added}, output, by_srun=task is not None)
    write_text(output / "mixture.json", json.dumps(mixture(checkpoints), indent=1) + "\n")
    _provide_best(checkpoints)


def prepare(settings: TrainerSettings, output: Path, task: SrunTask | None = None) -> tuple[list[str], dict[str, str]]:
    """The command line, and the variables that it needs besides ours."""
    on_gpu = cuda_is_there()
    command = train_command(settings, output, on_gpu=on_gpu, launcher=task is None)
    added = dict(TORCHRUN_ENVIRONMENT) if settings.processes > 1 else {}
    threads = threads_per_process(settings.threads, settings.processes)
    if task is not None:
        added, threads = task.variables(), task.threads(settings.threads)
    return command, added if on_gpu else added | cpu_environment(jemalloc=settings.jemalloc, threads=threads)


def become_task(settings: TrainerSettings, output: Path, task: SrunTask) -> NoReturn:
    """Become a training process beside task 0: its signals and its exit status are those of the task."""
    command, added = prepare(settings, output, task)
    os.execvpe(command[0], command, {**os.environ, **added})


def train(command: Sequence[str], environment: Mapping[str, str], output: Path, by_srun: bool = False) -> None:
    """Run the command until it has trained to the end. Raises what ended it before.

    Exit codes are not enough: torchrun ends with 1 whatever its processes said, so they leave `STOP_FILE`.
    Below srun there is no torchrun: the status is training's own, and it is SLURM's to say how long saving may take.
    """
    stop_file = output / "checkpoints" / STOP_FILE
    stop_file.unlink(missing_ok=True)
    # The same to training, and every torchrun passes it on.
    translate = {} if by_srun else {signal.SIGUSR1: signal.SIGTERM}
    saving, repeat = (math.inf, math.inf) if by_srun else (SAVING, REPEAT)
    with ChildSignals(grace=GRACE, saving=saving, repeat=repeat, translate=translate) as signals:
        signals.start(command, env=environment, preparation=end_with_parent())
        status = signals.wait()
        stopped = stop_file.exists() or status == STOPPED
        if stopped and by_srun:  # srun asks all to end when the first has ended; our status tells more
            signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    if stopped:
        raise Stopped(f"Training saved {stopped_at(stop_file)} and stopped; the same command goes on from there.")
    if status == 0:
        return
    if signals.asked is not None:
        raise signals.interruption()
    said = f"What it said is above and in {output / 'train.log'}."
    own = status if status > 0 else 128 - status  # as a shell has it
    raise UserError(f"fairseq-train ended with status {status}. {said}", own if by_srun else passed_on(status))


def stopped_at(stop_file: Path) -> str:
    """`update 1200`, or `its state` where the file does not say."""
    try:
        return f"update {int(json.loads(stop_file.read_text(encoding='utf-8'))['update']):,}"
    except (OSError, ValueError, KeyError, TypeError):
        return "its state"


def cuda_is_there() -> bool:
    """Asks the driver, without loading torch for it."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return Path("/proc/driver/nvidia/version").exists() and visible not in ("", "-1")


def mixture(checkpoints: Path) -> dict[str, dict[str, Any]]:
    """Planned shares and consumed target tokens per direction and source, as the last checkpoint has them.

    With a curriculum also the phases that began, each with its first block and planned shares; `plan` is of all so far.
    """
    from vega.checkpoints.newest import newest
    from vega.checkpoints.sources import open_weights

    last = newest(checkpoints)
    if last is None:
        raise UserError(f"{checkpoints}: training has ended without a checkpoint. Leave out no_save.")
    record = open_weights(last).trainer_state()["extra_state"]["train_iterator"]
    facts = {"plan": record["planned_share"], "consumed": record["consumed_target_tokens"]}
    phases = record.get("phases", {})  # earlier checkpoints have none
    return facts | ({"phases": phases} if list(phases) != ["all"] and phases else {})


def _provide_best(checkpoints: Path) -> None:
    from vega.checkpoints.newest import provide_best

    provide_best(checkpoints)

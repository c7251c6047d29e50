"""Trackers beside training: a process of their own, so that nothing they do can disturb it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vega.progress import say
from vega.settings import TrainerSettings
from vega.tracking.follower import FINISHED
from vega.tracking.job import Job
from vega.tracking.writers import require

#: Seconds that trackers get for the last points when training was interrupted, and when it has finished.
HURRY, PATIENCE = 10.0, 60.0
STDERR = 2


def tracking_job(settings: TrainerSettings, output: Path) -> Job:
    """What the settings want for the training stage in `output`."""
    output = output.absolute()
    folder = Path(settings.tracker_folder).absolute() if settings.tracker_folder else output.parent / "trackers"
    stated = settings.model_dump(mode="json", exclude_defaults=True)
    config = {key: value if isinstance(value, str) else json.dumps(value) for key, value in stated.items()}
    names: list[str] = list(dict.fromkeys(settings.trackers))
    return Job(str(output), str(folder), settings.tracker_project, output.parent.name, output.name, names, config)


@contextmanager
def tracked(settings: TrainerSettings, output: Path) -> Iterator[None]:
    """While the block trains into `output`, its trackers are fed. UserError before it, where one is not installed."""
    if not settings.trackers:
        yield
        return
    require(settings.trackers)
    process = _start(tracking_job(settings, output))
    finished = False
    try:
        yield
        finished = True
    finally:
        _end(process, finished)


def _start(job: Job) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C is not for it. It ends when our end of the pipe is gone, however that comes."""
    command = [sys.executable, "-m", "vega.tracking.follower"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=STDERR, start_new_session=True)
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it has ended already; said when training ends
        process.stdin.write(job.as_json().encode() + b"\n")
        process.stdin.flush()
    return process


def _end(process: subprocess.Popen[bytes], finished: bool) -> None:
    try:
        process.communicate(FINISHED if finished else b"", timeout=PATIENCE if finished else HURRY)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        say("vega: warning: the trackers did not end, so their last points may be missing.")
        return
    if process.returncode:
        say(f"vega: warning: the trackers ended with status {process.returncode}, so points may be missing.")

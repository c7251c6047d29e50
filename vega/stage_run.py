"""One stage, as its own command: private folder, work, manifest, rename.

Most stages write into `.<name>.tmp` beside their folder, which takes its final name when all is written. Training
(`in_place`) keeps its folder to resume from; what decides the result is noted in `.started.json`, and a folder
started with other settings or inputs is emptied first.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from vega.atomic import remove, write_text
from vega.disk import explain_full_disk
from vega.errors import UserError
from vega.fingerprint import Inputs, collect_inputs, stage_key
from vega.lock import hold
from vega.manifest import NAME, NOT_OUTPUTS, Manifest, file_stat, files_below, hash_file, read_manifest, versions
from vega.neural.assets import require_assets
from vega.progress import say
from vega.strict_yaml import dump
from vega.training_commands import TRAINING

STARTED = ".started.json"
LOCK = ".running.json"
#: Stages that keep their folder when they are interrupted, and go on from it.
IN_PLACE = TRAINING


@dataclass(frozen=True)
class Work:
    """What one call of a stage does: the stage's name, its settings and its folder."""

    stage: str
    settings: BaseModel
    output: Path

    @property
    def in_place(self) -> bool:
        return self.stage in IN_PLACE

    @property
    def private(self) -> Path:
        """The folder that is written to until the stage has finished."""
        return self.output if self.in_place else private_folder(self.output)

    @property
    def command(self) -> list[str]:
        return ["vega", self.stage, str(self.output / "settings.yaml"), "--output", str(self.output)]


def private_folder(output: Path) -> Path:
    """Where a stage that is not in place works before its folder appears."""
    return output.with_name(f".{output.name}.tmp")


def run_stage(work: Work, function: Callable[[Any, Path], None], force: bool = False) -> None:
    """Do the stage's work unless its folder already holds the result; leave nothing half-written."""
    _check_folder(work)
    require_assets(work.settings)
    previous = read_manifest(work.output)
    inputs = collect_inputs(work.settings, work.output, previous)
    key = stage_key(work.stage, work.settings, inputs)
    if previous and previous.key == key and not previous.damage(work.output) and not force:
        say(f"{work.output}: already finished with these settings and inputs (--force does it again).")
        return
    goes_on = work.in_place and previous is None and started_key(work.output) == key and not force
    with explain_full_disk(work.output), _private(work, key, goes_on):
        started = datetime.now(UTC)
        clock = time.monotonic()
        function(work.settings, work.private)
        write_text(work.private / "settings.yaml", dump(work.settings))
        _write_manifest(work, inputs, key, started, time.monotonic() - clock)
        _publish(work)


def is_finished(work: Work) -> bool:
    """Whether the stage's folder already holds the result."""
    previous = read_manifest(work.output)
    if previous is None:
        return False
    key = stage_key(work.stage, work.settings, collect_inputs(work.settings, work.output, previous))
    return previous.key == key and not previous.damage(work.output)


def _check_folder(work: Work) -> None:
    """A folder with files that no stage wrote is not ours to replace."""
    if not work.output.exists():
        return
    if not work.output.is_dir():
        raise UserError(f"{work.output} is a file; --output needs a folder.")
    names = {path.name for path in work.output.iterdir()}
    ours = {NAME, STARTED, LOCK} & names
    if not ours and names - set(NOT_OUTPUTS):
        raise UserError(f"{work.output} holds files that `vega {work.stage}` did not write. Choose a new folder.")


@contextmanager
def _private(work: Work, key: str, goes_on: bool) -> Iterator[None]:
    """The private folder, locked; emptied, unless an in-place stage `goes_on` from what it holds."""
    kept = (*NOT_OUTPUTS[1:], LOCK) if work.in_place else (LOCK,)
    with hold(work.private / LOCK, f"The folder {work.output}"):
        try:
            if not goes_on:
                for path in work.private.iterdir():
                    if path.name not in kept:
                        remove(path)
            write_text(work.private / STARTED, json.dumps({"key": key}))
            yield
        except BaseException:
            if not work.in_place:
                discard(work.private)
            raise


def discard(folder: Path) -> None:
    """Delete a folder in one step as others see it: rename, then delete."""
    if folder.exists():
        doomed = folder.with_name(f".{folder.name.strip('.')}.{os.getpid()}.old")
        folder.rename(doomed)
        remove(doomed)


def started_key(output: Path) -> str | None:
    """The key with which an in-place stage was started, None if it never was."""
    try:
        return str(json.loads((output / STARTED).read_text(encoding="utf-8"))["key"])
    except (OSError, ValueError, KeyError):
        return None


def _write_manifest(work: Work, inputs: Inputs, key: str, started: datetime, seconds: float) -> None:
    """Hash what was written and write the manifest, which marks the stage as finished."""
    remove(work.private / NAME)
    outputs = {str(path.relative_to(work.private)): path for path in files_below(work.private)}
    stats = {**inputs.stats(), **{relative: file_stat(path) for relative, path in outputs.items()}}
    manifest = Manifest(
        stage=work.stage,
        settings=work.settings.model_dump(mode="json"),
        command=work.command,
        inputs=inputs.by_path,
        outputs={relative: hash_file(path) for relative, path in outputs.items()},
        versions=versions(),
        started=started.isoformat(timespec="seconds"),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 3),
        key=key,
        stats=stats,
    )
    manifest.write(work.private)


def _publish(work: Work) -> None:
    """Give the private folder its final name, taking along the log that `vega run` writes."""
    if work.in_place:
        return
    remove(work.private / STARTED)
    log = work.output / "log.txt"
    if log.exists():
        log.replace(work.private / "log.txt")
    (work.private / LOCK).unlink()
    discard(work.output)
    work.private.rename(work.output)

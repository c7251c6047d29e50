"""Run one command as a child: its output goes to the terminal and to a log, and it ends when we end."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from vega.child_signals import GRACE, ChildSignals
from vega.exit_codes import STOPPED

CHUNK = 65_536


def run_child(command: Sequence[str], log: Path, *, saving: float = GRACE, notice: str = "") -> int:
    """Run `command` with its output on standard error and appended to `log`; return its exit status.

    On Ctrl-C, SIGTERM or SIGUSR1 the child's whole process group gets the signal and its time to clean up, after
    SIGTERM and SIGUSR1 `saving` seconds. Then the interruption is raised, unless the child says that it has saved and
    stopped (`vega.exit_codes.STOPPED`). `notice` is said first. A child killed by signal n gives -n.
    """
    with log.open("ab") as stream, ChildSignals(saving=saving, notice=notice) as signals:
        process = signals.start(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        _forward(process, stream, signals)
        status = process.wait()
    if signals.asked is not None and status != STOPPED:
        raise signals.interruption()
    return status


def _forward(process: subprocess.Popen[bytes], log: IO[bytes], signals: ChildSignals) -> None:
    """Pass output on until the child has ended; once it was asked to end, to the log only.

    Not until the pipe is closed: a daemon that the child leaves behind may hold it open.
    """
    assert process.stdout is not None
    source = process.stdout.fileno()
    with selectors.DefaultSelector() as selector:  # select() itself knows no file above number 1023
        selector.register(source, selectors.EVENT_READ)
        while True:
            signals.check()
            ended = process.poll() is not None
            ready = selector.select(0.0 if ended else 0.2)
            data = os.read(source, CHUNK) if ready else b""
            if data:
                log.write(data)
                log.flush()
                if signals.asked is None:
                    sys.stderr.buffer.write(data)
                    sys.stderr.buffer.flush()
            elif ended:
                return
            elif ready:  # the child closed its output and goes on
                time.sleep(0.05)

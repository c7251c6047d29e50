"""Run one command as a child: its output goes to the terminal and to a log, and it ends when we end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from vega.interruption import Terminated

#: Seconds a child gets to clean up after Ctrl-C or SIGTERM, before it is killed.
GRACE = 20.0
CHUNK = 65_536


def run_child(command: Sequence[str], log: Path) -> int:
    """Run `command` with its output on standard error and appended to `log`; return its exit status.

    On Ctrl-C or SIGTERM the child's whole process group gets the signal, its time to clean up, and the
    exception goes on. A child killed by signal n gives -n.
    """
    with log.open("ab") as stream:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            _forward(process, stream, to_terminal=True)
        except KeyboardInterrupt as interrupt:
            _stop(process, stream, signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT)
            raise
        except BaseException:
            _stop(process, stream, signal.SIGTERM)
            raise
    return process.wait()


def _forward(process: subprocess.Popen[bytes], log: IO[bytes], to_terminal: bool, seconds: float = 0.0) -> None:
    """Pass output on until the child has ended, or for `seconds` if given.

    Not until the pipe is closed: a daemon that the child leaves behind may hold it open.
    """
    assert process.stdout is not None
    source = process.stdout.fileno()
    deadline = time.monotonic() + seconds if seconds else None
    while deadline is None or time.monotonic() < deadline:
        ended = process.poll() is not None
        ready, _, _ = select.select([source], [], [], 0.0 if ended else 0.2)
        data = os.read(source, CHUNK) if ready else b""
        if data:
            log.write(data)
            log.flush()
            if to_terminal:
                sys.stderr.buffer.write(data)
                sys.stderr.buffer.flush()
        elif ended:
            return
        elif ready:  # the child closed its output and goes on
            time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes], log: IO[bytes], number: signal.Signals) -> None:
    """Send the signal to the child's group; kill the group when its time is up or at a second Ctrl-C."""
    try:
        _signal(process, number)
        _forward(process, log, to_terminal=False, seconds=GRACE)
    finally:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return

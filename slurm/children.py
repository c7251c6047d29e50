"""All processes that this one started, and those that they left: found and ended, nobody else's."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from contextlib import suppress

from vega.child_signals import descendants

_PR_SET_CHILD_SUBREAPER = 36
#: Seconds in which killed processes are gone.
GONE = 10.0
POLL = 0.05


def adopt_orphans() -> None:
    """From now on a process below us whose parent ends becomes our child, so that `kill_all` finds it (Linux)."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_all() -> None:
    """SIGKILL to all below us, and to what these still start, until nothing is left."""
    deadline = time.monotonic() + GONE
    while (left := descendants(os.getpid())) and time.monotonic() < deadline:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(POLL)

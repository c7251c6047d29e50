"""Ports for Ray that nobody uses on this node: the search starts where no other job, and no task beside it, starts.

Those where training meets are others: see slurm/rendezvous.py.
"""

from __future__ import annotations

import socket
from itertools import islice

from vega.errors import UserError

#: Below what Linux gives out by itself (32768 and up), above what most services have by default.
FIRST, END = 20_000, 32_768
#: Ports between the starts of two jobs, and of two tasks.
PER_JOB, PER_TASK = 64, 8


def free_ports(count: int, job: int, restart: int = 0, task: int = 0) -> list[int]:
    """So many ports on which nobody listens now, from a place that `job`, `restart` and `task` decide.

    UserError where there are fewer. Whoever takes one in the instant between makes the program fail that wanted it.
    """
    start = (job + restart) * PER_JOB + task * PER_TASK
    candidates = (FIRST + (start + step) % (END - FIRST) for step in range(END - FIRST))
    found = list(islice(filter(_is_free, candidates), count))
    if len(found) < count:
        raise UserError(f"{socket.gethostname()}: no {count} ports between {FIRST} and {END - 1} are free.")
    return found


def _is_free(port: int) -> bool:
    """Whether it can be bound on all addresses of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True

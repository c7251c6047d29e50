"""The process that all daemons and all jobs of a test cluster descend from, so that none outlives it.

slurmd's jobs leave it on purpose: a node's jobs survive the restart of its daemon. Here they come back to the
supervisor (a "child subreaper", prctl(2)), which ends them when it is stopped or when its starter has died.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from slurm.testing import accounting, configuration
from vega.atomic import write_text
from vega.lock import hold

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
TICK = 0.05
#: Seconds between two starts of a slurmd that ends by itself.
PAUSE = 1.0
LOCK = "supervisor.lock"
#: In the environment of a daemon; Slurm itself marks the processes of jobs.
MARK = "VEGA_TEST_NODE"
JOB_MARK = "SLURMD_NODENAME"


def supervise(folder: Path, starter: int | None) -> None:
    """Run the cluster in `folder` until SIGTERM, until process `starter` has ended, or until its controller ends."""
    with hold(folder / LOCK, f"the cluster {folder}"):
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
        asked: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda received, _frame: asked.append(received))
        write_text(pid_file(folder), str(os.getpid()))
        daemons = Daemons(folder)
        try:
            while not asked and (starter is None or os.getppid() == starter) and daemons.keep():
                time.sleep(TICK)
        finally:
            end_descendants()
            for path in folder.glob("*.running"):
                path.unlink()


class Daemons:
    """Starts what should run and does not: a slurmd comes back unless its node has a file `down`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commands = configuration.commands(folder)
        self.nodes = set(configuration.node_names(folder))
        self.running: dict[str, int] = {}
        self.started: dict[str, float] = {}

    def keep(self) -> bool:
        """Reap and start once; false where a daemon that is no slurmd has ended: without it there is no cluster."""
        ended = reap()
        gone = {name for name, pid in self.running.items() if pid in ended}
        for name in gone:
            del self.running[name]
            pid_file(self.folder, name).unlink(missing_ok=True)
        if gone - self.nodes:
            return False
        for name in self.commands:
            if name in self.running or self.is_down(name):
                continue
            if not self.may_start(name):
                break
            self.start(name)
        return True

    def is_down(self, name: str) -> bool:
        return down_file(self.folder, name).exists()

    def may_start(self, name: str) -> bool:
        """Whether what `name` needs is there: all need munge's socket."""
        if name != "munged" and not (self.folder / "munge.socket").exists():
            return False
        if time.monotonic() - self.started.get(name, -PAUSE) < PAUSE:
            return False
        return accounting.is_ready_for(self.folder, name)

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.out").open("ab") as output:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self.commands[name]],  # should the supervisor be killed itself
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={"PATH": configuration.PATH, MARK: name, **configuration.environment(self.folder)},
                start_new_session=True,
            )
        write_text(pid_file(self.folder, name), str(process.pid))
        self.running[name] = process.pid
        self.started[name] = time.monotonic()
        process.returncode = 0  # reaped by `reap`, with the orphans of jobs


def down_file(folder: Path, node: str) -> Path:
    """The file that says that the slurmd of `node` should not run."""
    return folder / node / "down"


def pid_file(folder: Path, daemon: str = "supervisor") -> Path:
    """The file that holds a daemon's process id while it runs."""
    return folder / f"{daemon}.running"


def reap() -> set[int]:
    """The children that have ended since the last call."""
    ended: set[int] = set()
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.add(pid)


def end_descendants() -> None:
    """SIGKILL everything below this process until nothing is left; orphans come back to it and are found next time."""
    while pids := descendants(os.getpid()):
        kill(pids)
        reap()
        time.sleep(TICK)


def kill(pids: Iterable[int], number: signal.Signals = signal.SIGKILL) -> None:
    """A signal to those that are there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def node_processes(folder: Path, node: str) -> list[int]:
    """The slurmd of a node, its slurmstepds, and the processes of jobs there that still have their environment."""
    conf = f"SLURM_CONF={folder}/slurm.conf".encode()
    marks = {f"{name}={node}".encode() for name in (MARK, JOB_MARK)}
    log = folder / node / "slurmd.log"
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended meanwhile
            entries = set((process / "environ").read_bytes().split(b"\0"))
            if (conf in entries and entries & marks) or has_open(process, log):
                found.append(int(process.name))
    return found


def has_open(process: Path, file: Path) -> bool:
    """Whether a process, as its folder in /proc, has the file open. A slurmstepd has overwritten its environment."""
    for descriptor in (process / "fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            if descriptor.readlink() == file:
                return True
    return False


def descendants(root: int) -> set[int]:
    """The processes below `root`, zombies too."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text(encoding="utf-8", errors="replace")
        except OSError:  # ended meanwhile
            continue
        parent = int(text.rpartition(")")[2].split()[1])  # the name before it may hold anything
        children.setdefault(parent, []).append(int(stat.parent.name))
    found: set[int] = set()
    left = [root]
    while left:
        below = children.get(left.pop(), [])
        found.update(below)
        left += below
    return found

"""Start, use and stop a test cluster."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import slurm
from slurm.testing import configuration
from slurm.testing.options import ClusterOptions
from slurm.testing.supervisor import LOCK, down_file, kill, node_processes, pid_file
from vega import lock
from vega.errors import UserError

READY = 60.0
STOP = 30.0
TAIL = 2_000
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "DEADLINE"}


class ClusterError(Exception):
    """The cluster did not do what it was asked for; the message ends with the tails of its logs."""


@contextmanager
def cluster(folder: Path, nodes: int = 2, **options: Any) -> Iterator[Cluster]:
    """A running cluster in `folder`; it ends with the block, or with this process. Options: `ClusterOptions`."""
    running = start(folder, ClusterOptions(nodes=nodes, **options), starter=os.getpid())
    try:
        yield running
    finally:
        running.stop()


def start(folder: Path, options: ClusterOptions, starter: int | None = None) -> Cluster:
    """Start a cluster and wait until all nodes are idle; it runs until `stop`, or until process `starter` ends.

    UserError where none can run here, ClusterError where it does not get ready.
    """
    folder = folder.resolve()
    configuration.check(folder, options)
    if who := lock.holder(folder / LOCK):
        raise UserError(
            f"{folder}: a cluster runs here already ({who}): python -m slurm.testing stop --folder {folder}"
        )
    configuration.write(folder, options)
    for name in options.names:
        down_file(folder, name).unlink(missing_ok=True)
    command = [sys.executable, "-m", "slurm.testing", "supervise", "--folder", str(folder)]
    with (folder / "supervisor.out").open("ab") as output:
        supervisor = subprocess.Popen(
            command + ([] if starter is None else ["--starter", str(starter)]),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(Path(slurm.__file__).parents[1])},
        )
    running = Cluster(folder)
    running.supervisor = supervisor
    try:
        running.wait_until(running.all_idle, READY, "All nodes idle")
    except BaseException:
        running.stop()
        raise
    return running


class Cluster:
    """A cluster that was started in `folder`, by this process or another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.names = configuration.node_names(self.folder)
        self.supervisor: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """A whole environment for Slurm's commands: this process's without its own SLURM variables, and SLURM_CONF."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "SBATCH_", "SRUN_"))}
        return {**inherited, **configuration.environment(self.folder)}

    def run(self, *command: str, timeout: float = 60.0) -> str:
        """Run one of Slurm's commands; its output. ClusterError where it fails."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=timeout)
        if done.returncode:
            raise self.error(f"{' '.join(command)} failed ({done.returncode}): {done.stderr.strip()}")
        return done.stdout

    def submit(self, script: Path, *options: str) -> str:
        """Submit a batch script; the id of its job."""
        return self.run("sbatch", "--parsable", *options, str(script)).strip().partition(";")[0]

    def all_idle(self) -> bool:
        """Whether every node could start a job now."""
        states = self.node_states()
        return len(states) == len(self.names) and set(states.values()) == {"idle"}

    def node_states(self) -> dict[str, str]:
        """Node -> state as `sinfo` says it (idle, draining, down*); empty while the controller is away."""
        command = ["sinfo", "--noheader", "--Node", "--partition=normal", "--format=%N %T"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        return dict(line.split() for line in done.stdout.splitlines()) if done.returncode == 0 else {}

    def job(self, job_id: str) -> dict[str, str]:
        """The first record of `scontrol show job`, field -> value; empty where the controller has forgotten the job."""
        command = ["scontrol", "show", "job", "--oneliner", job_id]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        first = (done.stdout.splitlines() or [""])[0]
        return dict(re.findall(r"(?:^| )([A-Za-z][\w/:]*)=(.*?)(?= [A-Za-z][\w/:]*=|$)", first))

    def wait_for_job(self, job_id: str, state: str, timeout: float = 60.0) -> dict[str, str]:
        """Wait until the job is in `state` (as in RUNNING, COMPLETED) and return its record.

        ClusterError at once where it has ended in another state.
        """
        last: dict[str, str] = {}

        def reached() -> bool:
            last.clear()
            last.update(self.job(job_id))
            now = last.get("JobState", "")
            if now != state and now in ENDED:
                raise self.error(f"Job {job_id} is {now} ({last.get('Reason')}), not {state}.")
            return now == state

        self.wait_until(reached, timeout, f"Job {job_id} {state}", last)
        return last

    def wait_until(self, reached: Callable[[], bool], seconds: float, what: str, detail: object = "") -> None:
        """Wait until `reached()`; ClusterError after `seconds`, or once the cluster has ended."""
        end = time.monotonic() + seconds
        while not reached():
            if self.supervisor is not None and self.supervisor.poll() is not None:
                raise self.error(f"{what}: the cluster has ended.")
            if time.monotonic() > end:
                raise self.error(f"{what}: not within {seconds:.0f} s. {detail}")
            time.sleep(0.1)

    def kill_slurmd(self, node: str) -> None:
        """SIGKILL a node's slurmd only. Its jobs go on: the controller cannot reach them, until `start_slurmd`."""
        down_file(self.folder, node).touch()
        running = pid_file(self.folder, node)
        if running.exists():
            kill([int(running.read_text(encoding="utf-8"))])
        self.wait_until(lambda: not running.exists(), 10, f"slurmd of {node} ended")

    def kill_node(self, node: str) -> None:
        """SIGKILL a node's slurmd and all that its jobs run there, as if its power had failed."""
        down_file(self.folder, node).touch()

        def dead() -> bool:
            pids = node_processes(self.folder, node)
            kill(pids, signal.SIGSTOP)  # else one may still report the death of another
            kill(pids)
            return not pids

        self.wait_until(dead, 10, f"All processes of {node} ended")

    def start_slurmd(self, node: str) -> None:
        """Start a node's slurmd after `kill_slurmd` or `kill_node` and wait until the node is back."""
        down_file(self.folder, node).unlink(missing_ok=True)
        self.wait_until(lambda: "*" not in self.node_states().get(node, "*"), READY, f"slurmd of {node} back")

    def drain(self, node: str, reason: str) -> None:
        """No new job on the node."""
        self.run("scontrol", "update", f"NodeName={node}", "State=DRAIN", f"Reason={reason}")

    def resume(self, node: str) -> None:
        """The node takes jobs again."""
        self.run("scontrol", "update", f"NodeName={node}", "State=RESUME")

    def stop(self) -> None:
        """End all daemons and all processes of jobs."""
        end = time.monotonic() + STOP
        while (who := lock.holder(self.folder / LOCK)) and time.monotonic() < end:
            with suppress(FileNotFoundError, ProcessLookupError):  # it starts or ends just now
                os.kill(int(pid_file(self.folder).read_text(encoding="utf-8")), signal.SIGTERM)
            time.sleep(0.1)
        if who:
            raise self.error(f"{self.folder}: {who} did not stop within {STOP:.0f} s.")
        if self.supervisor is not None:
            self.supervisor.wait(timeout=STOP)

    def error(self, message: str) -> ClusterError:
        """An error with what the daemons said last."""
        return ClusterError("\n".join([message, *(f"--- {path}\n{text}" for path, text in tails(self.folder))]))


def tails(folder: Path) -> Iterator[tuple[Path, str]]:
    """The end of each daemon's log; of its output where it did not get as far as a log."""
    for name in ("supervisor", *configuration.commands(folder)):
        logs = (folder / f"{name}.log", folder / name / "slurmd.log", folder / f"{name}.out")
        path = next((path for path in logs if path.exists()), None)
        if path and (text := path.read_text(encoding="utf-8", errors="replace")[-TAIL:].strip()):
            yield path, text

"""A Ray cluster inside a job step: `srun --ntasks-per-node=1 python -m slurm.ray_node RUN JOB -- COMMAND...`

Every task of the step runs this. Task 0 starts Ray's head and waits until the other nodes have joined; then it runs
COMMAND with `--set address=HOST:PORT`, and at the end, however it ends, all stop. The step's status is COMMAND's: the
other tasks end with 0. Where a node is lost Ray gives its work to the others; where the first is lost the job is.

`ray symmetric-run` is not used: it asks each node whether the head's address is its own, to which all nodes of one
host say yes; its ports are Ray's fixed ones, on which two jobs of one host meet; `ray stop` at its end stops all Rays
of the user on the node; and a COMMAND that a signal ended, or nodes that did not come, end it with 1 or even with 0.

Who may use the cluster is decided by a secret that task 0 makes (Ray's token authentication), in a file that only the
user can read, and in the environment of our processes.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from slurm.children import adopt_orphans, kill_all
from slurm.meeting import POLL, Head, Meeting
from slurm.ports import free_ports
from slurm.rendezvous import address
from vega.child_signals import ChildSignals, end_with_parent
from vega.errors import UserError
from vega.interruption import ENDING, graceful
from vega.progress import say
from vega.ray_folder import OBJECT_STORE_BYTES, ray_folder

#: Seconds in which all nodes must have joined.
READY = 180.0
#: Seconds that COMMAND has to stop after a signal, and all of us after that; SLURM's KillWait is mostly 30.
STOPPING, CLEARING = 20.0, 4.0
#: Seconds that COMMAND has to stop when Ray has ended before it, and it may wait for Ray in vain.
ALONE = 1.5
#: The services of every node that listen, as options of `ray start`. Workers take ports that the system gives out.
PORTS = (
    "node-manager-port",
    "object-manager-port",
    "dashboard-agent-listen-port",
    "dashboard-agent-grpc-port",
    "runtime-env-agent-port",
    "metrics-export-port",
)
#: `ray` where grpc cannot be imported: else it opens a server for clients, which can be moved but not switched off.
WITHOUT_CLIENTS = "import sys; sys.modules['grpc'] = None; from ray.scripts.scripts import main; main()"
#: Characters of a log in a message.
TAIL = 600


@dataclass(frozen=True)
class Task:
    """What SLURM says of this task: job, step, how often the job was started again, its place, node and CPUs."""

    job: int
    step: str
    restart: int
    number: int
    tasks: int
    node: str
    cpus: int


def read_task(environment: Mapping[str, str]) -> Task:
    """The task from SLURM's variables. UserError outside of SLURM."""
    try:
        if environment["SLURM_STEP_NUM_TASKS"] != environment["SLURM_STEP_NUM_NODES"]:
            raise UserError("A node has one Ray: start this by `srun --ntasks-per-node=1`.")
        return Task(
            job=int(environment["SLURM_JOB_ID"]),
            step=environment["SLURM_STEP_ID"],
            restart=int(environment.get("SLURM_RESTART_COUNT", "0")),
            number=int(environment["SLURM_PROCID"]),
            tasks=int(environment["SLURM_STEP_NUM_TASKS"]),
            node=environment["SLURMD_NODENAME"],
            cpus=int(environment["SLURM_CPUS_ON_NODE"]),
        )
    except KeyError as missing:
        raise UserError(f"{missing.args[0]} is not set: start this by `srun --ntasks-per-node=1` in a job.") from None


def main(arguments: Sequence[str]) -> int:
    """Returns the status of this task."""
    parser = argparse.ArgumentParser(prog="python -m slurm.ray_node", description="Run COMMAND on a Ray of this job.")
    parser.add_argument("run", type=Path, metavar="RUN", help="the run's folder, which all nodes see")
    parser.add_argument("job", metavar="JOB", help="name of the job, for messages")
    parser.add_argument(
        "--interface", default="", help="network interface between the nodes [that of the default route]"
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="after --; `--set address=HOST:PORT` is added")
    asked = parser.parse_args(arguments)
    task = read_task(os.environ)
    meeting = Meeting(asked.run.absolute() / "slurm", f"ray-{task.job}.{task.step}", task.restart)
    log = meeting.log(task.number, task.node)
    adopt_orphans()
    with graceful(f"The Ray of {asked.job} on {task.node} is stopped."), ray_folder() as folder:
        node = Node(task, folder, log)
        try:
            if task.number == 0:
                return _lead(node, meeting, asked.interface, asked.command)
            return _follow(node, meeting, asked.interface)
        finally:
            _stop(node, meeting)


def _lead(node: Node, meeting: Meeting, interface: str, command: Sequence[str]) -> int:
    """Task 0. Returns the status of COMMAND; 128 + n if signal n ended it, or came before it failed."""
    task = node.task
    port, *ports = _free_ports(task, 1 + len(PORTS))
    head = Head(f"{own_address(interface)}:{port}", secrets.token_hex(32))
    node.start(head, ports)
    node.wait_until_joined(meeting, 1)  # before others try to reach it
    meeting.announce(head)
    node.wait_until_joined(meeting, task.tasks)
    meeting.announce(head._replace(token=""))  # all have it
    say(f"Ray at {head.address}: {task.tasks} nodes")
    with ChildSignals(saving=STOPPING, grace=STOPPING) as signals:
        started = [*command, "--set", f"address={head.address}"]
        status = _wait(signals, signals.start(started, preparation=end_with_parent()), head.address)
    status = 128 - status if status < 0 else status
    return 128 + signals.asked if signals.asked and status else status  # whatever COMMAND made of the end of Ray


def _wait(signals: ChildSignals, process: subprocess.Popen[bytes], address: str) -> int:
    """Until COMMAND has ended; as `ChildSignals.wait`, but it does not wait for a Ray that the signal ended too.

    SLURM sends signals to the tasks only, or to all processes of the job, as the cluster's ProctrackType does it.
    """
    deadline = float("inf")
    while process.poll() is None:
        signals.check()
        if signals.asked and deadline == float("inf") and not _answers(address):
            deadline = time.monotonic() + ALONE
        if time.monotonic() > deadline:
            signals.kill()
        time.sleep(POLL)
    return process.wait()


def _follow(node: Node, meeting: Meeting, interface: str) -> int:
    """The other tasks: a node for as long as task 0 wants it. What goes wrong here is task 0's to say."""
    head = meeting.find(READY)
    task = node.task
    asked: list[int] = []
    for number in ENDING:  # task 0 has to end first, with what COMMAND has under way
        signal.signal(number, lambda number, _frame: asked.append(number))
    host = head.address.rpartition(":")[0]
    node.start(head, _free_ports(task, len(PORTS)), own_address(interface, host))
    meeting.wait_while_open(node.runs)
    if not node.runs() and not asked:
        say(f"{task.node}: Ray has ended here. {node.last_words()}")
    return 0


def _free_ports(task: Task, count: int) -> list[int]:
    return free_ports(count, task.job, task.restart, task.number)


def _stop(node: Node, meeting: Meeting) -> None:
    """Leave nothing. Ray has nothing to save, so it is killed; only SIGKILL interrupts this."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    leads = node.task.number == 0
    if leads:
        meeting.close()
    kill_all()
    node.log.unlink(missing_ok=True)
    if leads:
        meeting.clear(CLEARING)


class Node:
    """Ray's processes on this node. They write to `log`, and have their files in `folder`."""

    def __init__(self, task: Task, folder: Path, log: Path) -> None:
        self.task, self.folder, self.log = task, folder, log
        self._process: subprocess.Popen[bytes] | None = None
        self._address = ""
        log.touch()

    def start(self, head: Head, ports: Sequence[int], own: str = "") -> None:
        """Start the head, or with an address of our `own` join it."""
        os.environ.update({
            "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": head.token, "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # silences a notice on nodes without a GPU
        })  # fmt: skip
        os.environ.pop("RAY_ADDRESS", None)
        host, _, port = head.address.rpartition(":")
        place = [f"--address={head.address}"] if own else ["--head", f"--port={port}", "--include-dashboard=false"]
        options = {
            "node-ip-address": own or host, "node-name": self.task.node, "num-cpus": self.task.cpus, "num-gpus": 0,
            "temp-dir": self.folder, "object-store-memory": OBJECT_STORE_BYTES, "include-log-monitor": "false",
            "min-worker-port": 0, "max-worker-port": 0,
            **dict(zip(PORTS, ports, strict=True)),
        }  # fmt: skip
        command = [sys.executable, "-c", WITHOUT_CLIENTS, "start", "--block", *place]
        self._address = head.address
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *(f"--{name}={value}" for name, value in options.items())],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, preexec_fn=_deaf,
            )  # fmt: skip

    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait_until_joined(self, meeting: Meeting, nodes: int) -> None:
        """For the head: until so many nodes are there. UserError that names those which are not."""
        deadline = time.monotonic() + READY
        while len(there := self._joined()) < nodes:
            if not self.runs():
                raise UserError(f"Ray did not start on {self.task.node}. {self.last_words()}")
            if time.monotonic() > deadline:
                raise UserError(_who_is_missing(meeting, there, self.task.tasks, self._address))
            time.sleep(POLL)

    def last_words(self) -> str:
        return _last_words(self.log)

    def _joined(self) -> set[str]:
        """Names of the nodes that the head knows, none while it does not answer."""
        if not _answers(self._address):
            return set()
        raylet: Any = import_module("ray._raylet")
        try:
            found = raylet.GcsClient(address=self._address).get_all_node_info(timeout=5)
        except import_module("ray.exceptions").RpcError:
            return set()
        return {node.node_name for node in found.values() if node.state == 0}  # ALIVE


def _deaf() -> None:
    """Before Ray's programs: SIGUSR1, which ends whoever does not know it, is for COMMAND."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)


def _who_is_missing(meeting: Meeting, there: set[str], tasks: int, address: str) -> str:
    begun = meeting.begun()
    sentences = [f"{len(there)} of {tasks} nodes joined Ray at {address} within {READY:.0f} s."]
    for number in range(tasks):
        log = begun.get(number)
        if log is None:
            sentences.append(f"Task {number} has not begun, or does not see {meeting.folder}.")
        elif (name := log.stem.partition("-")[2]) not in there:
            sentences.append(f"{name} is missing. {_last_words(log)}")
    return " ".join([*sentences, "Can the nodes reach each other on all ports above 20000?"])


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace")[-TAIL:].split("\n") if log.exists() else []
    said = " / ".join(line.strip() for line in lines if line.strip())
    return f"Ray says there: {said}" if said else "Ray says nothing there."


def own_address(interface: str, towards: str = "192.0.2.1") -> str:
    """This node's IPv4 address on `interface`, else that with which it reaches `towards`.

    Where that is left out, an address that nobody has, it is that of the default route; 127.0.0.1 without a network.
    """
    if interface:
        return address(interface)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((towards, 9))  # sends nothing
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _answers(head: str) -> bool:
    """Whether somebody listens there."""
    host, _, port = head.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except UserError as error:
        say(f"vega: error: {error}")
        sys.exit(1)

"""One of the processes that srun has started for training: `vega train --srun`, one task per training process.

torchrun is not needed then: each task becomes a training process, told its place by the variables that torchrun would
set. Task 0 keeps the records of the stage; before they start, it tells the others whether there is anything to train
(`vega.srun_word`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from vega.errors import UserError
from vega.settings import TrainerSettings

_PER_NODE = re.compile(r"(\d+)(?:\(x(\d+)\))?")


@dataclass(frozen=True)
class SrunTask:
    """A task's number among all `tasks`, and among the `local_tasks` of its node. `step` names the start it is part of.

    `address` and `port` are those of the first node, "" and 0 where a single task needs none.
    """

    rank: int
    local_rank: int
    tasks: int
    local_tasks: int
    step: str = ""
    address: str = ""
    port: int = 0

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> SrunTask:
        """As SLURM's variables have it. UserError where one is missing."""
        rank, local_rank = _number(environment, "SLURM_PROCID"), _number(environment, "SLURM_LOCALID")
        tasks = _number(environment, "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS")
        names = ("SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_RESTART_COUNT")
        step = ".".join(environment.get(name, "0") for name in names)
        address, port = ("", 0) if tasks == 1 else _meeting(environment)
        return cls(rank, local_rank, tasks, _local_tasks(environment), step, address, port)

    def check(self, settings: TrainerSettings) -> None:
        """UserError where srun has started other tasks than the settings want."""
        if self.tasks != settings.processes:
            raise UserError(
                f"srun has started {self.tasks} tasks, but the settings say processes: {settings.processes}. Start as "
                "many tasks as processes, or change processes."
            )
        if self.rank % self.local_tasks != self.local_rank or self.tasks % self.local_tasks:
            raise UserError(
                f"srun has made task {self.rank} number {self.local_rank} of {self.local_tasks} on its node. Training "
                "needs equally many tasks on each node, numbered node by node: srun --distribution=block."
            )

    def variables(self) -> dict[str, str]:
        """What torchrun would set."""
        found = {"RANK": self.rank, "LOCAL_RANK": self.local_rank}
        found |= {"WORLD_SIZE": self.tasks, "LOCAL_WORLD_SIZE": self.local_tasks}
        return {name: str(value) for name, value in found.items()}

    def threads(self, threads: int) -> int:
        """CPU threads of this task: the given number, or its share of the node's cores that the job has."""
        if threads:
            return threads
        mine = len(os.sched_getaffinity(0))  # SLURM may have bound the task to its own cores
        cores = os.environ.get("SLURM_CPUS_ON_NODE", "")
        return max(1, min(mine, int(cores) // self.local_tasks if cores.isdecimal() else mine // self.local_tasks))


def _number(environment: Mapping[str, str], *names: str) -> int:
    """The first of these variables that is set."""
    for name in names:
        if environment.get(name, "").isdecimal():
            return int(environment[name])
    raise UserError(f"--srun: {names[-1]} is not set. Start the command with srun, or leave --srun out.")


def _meeting(environment: Mapping[str, str]) -> tuple[str, int]:
    address, port = environment.get("MASTER_ADDR", ""), environment.get("MASTER_PORT", "")
    if not address or not port.isdecimal():
        raise UserError(
            "--srun: MASTER_ADDR is the first node's name or address, MASTER_PORT a free port there; set both before "
            'srun, as in: eval "$(python -m slurm.job begin RUN JOB)"'
        )
    return address, int(port)


def _local_tasks(environment: Mapping[str, str]) -> int:
    """Tasks of this node, from SLURM's `8(x2),4`."""
    node = environment.get("SLURM_NODEID", "0")
    counts: list[int] = []
    for count, times in _PER_NODE.findall(environment.get("SLURM_STEP_TASKS_PER_NODE", "")):
        counts += [int(count)] * int(times or 1)
    if node.isdecimal() and int(node) < len(counts):
        return counts[int(node)]
    return _number(environment, "SLURM_NTASKS_PER_NODE")

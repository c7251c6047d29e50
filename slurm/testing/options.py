"""What a test cluster can be made to do differently."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClusterOptions:
    """Times in seconds. The defaults are short, so that a test sees within seconds what takes minutes elsewhere."""

    nodes: int = 2
    #: CPUs per node, more than the host has if need be: nothing binds to them.
    cpus: int = 16
    memory_mb: int = 65_536
    #: GPUs per node: not real ones, but jobs get CUDA_VISIBLE_DEVICES.
    gpus: int = 0
    #: From SIGTERM to SIGKILL at a time limit or a cancel.
    kill_wait: int = 5
    #: From the notice (SIGCONT, SIGTERM) to the end of a job that the partition `high` takes nodes from.
    grace_time: int = 10
    #: A node that is silent for this long is down, and its jobs are requeued; noticed up to `message_timeout` later.
    slurmd_timeout: int = 5
    message_timeout: int = 5
    #: How long `scontrol show job` knows a finished job.
    min_job_age: int = 300
    #: `cred_expire`: how long a job's credential lives, and a requeued job waits. Slurm takes no less than 5.
    requeue_delay: int = 5
    #: slurmdbd with a database of its own: needs Debian's `mariadb-server-core`, `mariadb-client-core`, `slurmdbd`.
    accounting: bool = False
    #: More lines of slurm.conf.
    lines: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"n{number}" for number in range(1, self.nodes + 1))

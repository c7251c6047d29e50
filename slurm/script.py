"""A job as a batch script: short, complete, and readable by who runs the cluster. Pure: text in, text out."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from slurm.cluster import Cluster, Container
from slurm.jobs import Job
from slurm.record import log_pattern
from vega.errors import UserError

#: Ends with the job's status, 75 (stopped and saved) where no scontrol is here: SLURM may have RequeueExit=75.
_ENDING = """\
verdict=$({end} "$status")   # says why in the log
if [ "${{verdict%% *}}" = again ]; then
  command -v scontrol >/dev/null || {{ echo "no scontrol here: vega resume starts this job again" >&2; exit 75; }}
  # SLURM puts a job back by itself when a node is lost: then this script is what is left of an earlier start.
  [[ $(scontrol show job "$SLURM_JOB_ID") == *" Restarts=${{SLURM_RESTART_COUNT:-0}} "* ]] || exit "$status"
  trap '' TERM   # requeueing ends this script, but not before scontrol is through
  scontrol requeue "$SLURM_JOB_ID"
  bad=${{verdict#again without }}
  [ "$bad" = "$verdict" ] || scontrol update JobId="$SLURM_JOB_ID" ExcNodeList="$bad"
fi
exit "$status"
"""


def render(job: Job, run: Path, cluster: Cluster, project: Path) -> str:
    """The script of `job`; it works in the folder `project`, from which it was submitted."""
    return "\n".join(
        [*_head(job, run, cluster), "", *_environment(job, cluster, project), "", *_work(job, run, cluster)]
    )


def _head(job: Job, run: Path, cluster: Cluster) -> Iterator[str]:
    yield "#!/bin/bash"
    yield f"# {_what(job)} of the run {_comment(str(run))}"
    yield "# Written by `vega submit`. It works on its own, too: sbatch THIS_FILE"
    for option in _options(job, run, cluster):
        yield f"#SBATCH {option}"


def _what(job: Job) -> str:
    return f"Stage {job.stage.name}" + (f", {job.part}" if job.part else "")


def _comment(text: str) -> str:
    return text.replace("\n", " ")


def _options(job: Job, run: Path, cluster: Cluster) -> Iterator[str]:
    """The options of sbatch."""
    wanted = job.resources
    ntasks = wanted.tasks_per_node or 1
    stated = {
        "job-name": f"{run.name}.{job.name}",
        "partition": wanted.partition,
        "account": wanted.account,
        "qos": wanted.qos,
        "nodes": wanted.nodes,
        "ntasks-per-node": ntasks,
        "gpus-per-node": wanted.gpus_per_node or None,
        "cpus-per-task": wanted.cpus_per_task,
        "mem": wanted.memory,
        "time": wanted.time,
        "array": f"0-{job.tasks - 1}" + (f"%{job.throttle}" if job.throttle else "") if job.tasks else None,
        "signal": f"USR1@{cluster.grace}",
    }
    for name, value in stated.items():
        if value is not None:
            yield f"--{name}={quote_option(str(value))}"
    yield "--requeue"
    yield "--open-mode=append"
    pattern = log_pattern(run, job.name, job.tasks)
    if "\\" in str(pattern):
        raise UserError(
            f"{run}: with a backslash in the path SLURM cannot put the job's number in a file's name. Use --run."
        )
    yield f"--output={quote_option(str(pattern.parent).replace('%', '%%') + '/' + pattern.name)}"
    yield from wanted.sbatch


def quote_option(value: str) -> str:
    """A value for a #SBATCH line, in which SLURM reads quotes and backslashes and expands nothing.

    UserError for a line break, which ends the line whatever is put around it.
    """
    if "\n" in value or "\r" in value:
        raise UserError(f"{value!r}: a line break cannot be said to sbatch. Take it out of the name.")
    if re.fullmatch(r"[\w@%+=:,./-]+", value, re.ASCII):
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def _environment(job: Job, cluster: Cluster, project: Path) -> Iterator[str]:
    yield "set -uo pipefail"
    yield "trap : TERM USR1   # the programs below get these signals; this shell waits for what they do"
    yield f"cd -- {shlex.quote(str(project))} || exit 1"
    for module in cluster.modules:
        yield f"module load {shlex.quote(module)}"
    yield from cluster.setup
    for name, value in _variables(cluster).items():
        yield f"export {name}={shlex.quote(cluster.filled(value))}"
    if cluster.scratch:
        yield f"export TMPDIR={shlex.quote(cluster.filled(cluster.scratch))}"


def _variables(cluster: Cluster) -> dict[str, str]:
    names = ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME") if cluster.interface else ()
    return {"PYTHONUNBUFFERED": "1", **dict.fromkeys(names, cluster.interface), **cluster.environment}


def _work(job: Job, run: Path, cluster: Cluster) -> Iterator[str]:
    yield f"run={shlex.quote(str(run))}"
    note = _Program(cluster).once()
    begin = f'{note} -m slurm.job begin "$run" {shlex.quote(job.name)}'
    if job.kind == "train":
        yield f'eval "$({begin}{_interface(cluster)})"   # MASTER_ADDR, MASTER_PORT'
    else:
        yield f"{begin} >/dev/null"
    yield ""
    yield _step(job, run, cluster)
    yield "status=$?"
    yield ""
    end = f'{note} -m slurm.job end "$run" {shlex.quote(job.name)}'
    yield _ENDING.format(end=end)


def _step(job: Job, run: Path, cluster: Cluster) -> str:
    """The srun line."""
    program = _Program(cluster)
    cpus = [f"--cpus-per-task={job.resources.cpus_per_task}"] if job.resources.cpus_per_task else []
    srun = shlex.join(["srun", "--kill-on-bad-exit=1", "--input=none", *cpus, *program.srun_options])
    name = shlex.quote(job.stage.name)
    files = f'"$run"/{name}/settings.yaml --output "$run"/{name}'
    vega = f"{program.python} -m vega"
    if job.stage.command == "report":  # it also places the report at the top of the run
        return f'{srun} \\\n    {vega} run "$run"/recipe.yaml --run "$run" --stages {name}'
    command = f"{vega} {job.stage.command} {files}"
    if job.kind == "train":
        command += " --srun"
    elif job.kind == "ray":
        node = f'{program.python} -m slurm.ray_node "$run" {shlex.quote(job.name)}{_interface(cluster)}'
        command = f"{node} -- \\\n    {command}"
    elif job.part:
        command += f" --part {job.part}" + (f':"$SLURM_ARRAY_TASK_ID"/{job.tasks}' if job.tasks else "")
    return f"{srun} \\\n    {command}"


def _interface(cluster: Cluster) -> str:
    return f" --interface {shlex.quote(cluster.interface)}" if cluster.interface else ""


class _Program:
    """How Python is started: as here, or in a container."""

    def __init__(self, cluster: Cluster) -> None:
        container = cluster.container
        mounts = [*(f"{folder}:{folder}" for folder in cluster.shared), *(container.mounts if container else [])]
        self.srun_options: list[str] = []
        if container is None:
            self.python = shlex.quote(sys.executable)
        elif container.runtime == "pyxis":
            self.srun_options = _pyxis(container, mounts)
            self.python = shlex.quote(container.python)
        else:
            bound = ["--bind", ",".join(mounts)] if mounts else []
            self.python = shlex.join(["apptainer", "exec", "--nv", *bound, container.image, container.python])

    def once(self) -> str:
        """Python on the first node, outside the work."""
        if not self.srun_options:
            return self.python
        return f"{shlex.join(['srun', '--nodes=1', '--ntasks=1', '--overlap', *self.srun_options])} {self.python}"


def _pyxis(container: Container, mounts: Sequence[str]) -> list[str]:
    return [f"--container-image={container.image}", *([f"--container-mounts={','.join(mounts)}"] if mounts else [])]

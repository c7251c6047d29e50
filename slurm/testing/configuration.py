"""The files of a test cluster: slurm.conf, gres.conf, the key of munge; and the commands of its daemons."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
from contextlib import ExitStack
from pathlib import Path

from slurm.testing import accounting
from slurm.testing.options import ClusterOptions
from vega.atomic import write_text
from vega.errors import UserError

#: A Unix socket's path holds 107 bytes; slurmd adds a node, a job and a step to the folder.
MAX_FOLDER = 70
PROGRAMS = ("munged", "slurmctld", "slurmd", "scontrol", "sinfo", "sbatch", "setpriv")
#: Daemons are in sbin, which the path of a user, or of a scrubbed environment, may lack.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

CONFIGURATION = """\
ClusterName={name}
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire={options.requeue_delay}
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n/slurmd.log
JobCompType=jobcomp/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout={options.slurmd_timeout}
MessageTimeout={options.message_timeout}
MinJobAge={options.min_job_age}
KillWait={options.kill_wait}
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=100000,batch_sched_delay=0,bf_interval=1
SchedulerTimeSlice=5
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
"""


def check(folder: Path, options: ClusterOptions) -> None:
    """UserError where no cluster can be started here."""
    needed = {"slurm-wlm munge": PROGRAMS} | ({accounting.PACKAGES: accounting.PROGRAMS} if options.accounting else {})
    for packages, programs in needed.items():
        if missing := [name for name in programs if shutil.which(name, path=PATH) is None]:
            raise UserError(f"{', '.join(missing)} not found: apt-get install {packages}")
    if os.geteuid() != 0:
        raise UserError("A test cluster needs root: its daemons start jobs as other users.")
    if not 1 <= options.nodes <= 4:
        raise UserError(f"A test cluster has one to four nodes, not {options.nodes}.")
    if len(os.fsencode(folder)) > MAX_FOLDER:
        raise UserError(f"{folder}: too long for the sockets below it, take a folder of {MAX_FOLDER} bytes at most.")


def write(folder: Path, options: ClusterOptions) -> None:
    """Write all files of a cluster that is not running into `folder`. What an earlier one there knew goes."""
    shutil.rmtree(folder / "state", ignore_errors=True)  # slurmctld refuses that of another cluster's name
    for name in ("state", *options.names):
        (folder / name).mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # users must reach munge's socket
    key = folder / "munge.key"
    if not key.exists():
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(128))
    if options.gpus:
        for device in (folder / name / f"gpu{index}" for name in options.names for index in range(options.gpus)):
            device.unlink(missing_ok=True)
            device.symlink_to(os.devnull)  # slurmd wants a character device
        gpus = f"Name=gpu File={folder}/{{}}/gpu[0-{options.gpus - 1}]\n"
        write_text(folder / "gres.conf", "".join(f"NodeName={name} {gpus.format(name)}" for name in options.names))
    database, *ports = free_ports(options.nodes + 2)
    storage = ["AccountingStorageType=accounting_storage/none"]
    if options.accounting:
        storage = accounting.write(folder, database)
    write_text(folder / "slurm.conf", slurm_conf(folder, options, ports, storage))


def slurm_conf(folder: Path, options: ClusterOptions, ports: list[int], storage: list[str]) -> str:
    """slurm.conf for one controller (the first port) and one slurmd per further port; `storage` is of accounting."""
    host = socket.gethostname().split(".")[0]
    gpus = f" Gres=gpu:{options.gpus}" if options.gpus else ""
    shape = f"CPUs={options.cpus} RealMemory={options.memory_mb}{gpus} State=UNKNOWN"
    text = CONFIGURATION.format(name=f"vega{ports[0]}", host=host, ports=ports, folder=folder, options=options)
    lines = [*storage, *(["GresTypes=gpu"] if options.gpus else [])]
    lines += [
        f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} {shape}"
        for name, port in zip(options.names, ports[1:], strict=True)
    ]
    common = "Nodes=ALL DefMemPerCPU=64"
    lines += [
        f"PartitionName=normal {common} Default=YES PriorityTier=1 GraceTime={options.grace_time}",
        f"PartitionName=high {common} PriorityTier=10 PreemptMode=OFF",
        *options.lines,
    ]
    return text + "\n".join(lines) + "\n"


def free_ports(count: int) -> list[int]:
    """Distinct TCP ports that nobody listens on now. They are held together, so that none comes twice."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def environment(folder: Path) -> dict[str, str]:
    """What Slurm's commands need, beside an environment without other SLURM variables."""
    return {"SLURM_CONF": str(folder / "slurm.conf")}


def node_names(folder: Path) -> tuple[str, ...]:
    """The nodes of the cluster that is configured in `folder`."""
    lines = (folder / "slurm.conf").read_text(encoding="utf-8").splitlines()
    return tuple(line.split()[0].removeprefix("NodeName=") for line in lines if line.startswith("NodeName="))


def commands(folder: Path) -> dict[str, list[str]]:
    """The daemons of the cluster in the order of their start, each as a command that stays in the foreground."""
    files = {"socket": "munge.socket", "key-file": "munge.key", "pid-file": "munged.pid", "log-file": "munged.log"}
    munge = [f"--{option}={folder / name}" for option, name in files.items()]
    first = {"munged": ["munged", "--foreground", "--force", f"--seed-file={folder}/munged.seed", *munge]}
    controller = {**first, **accounting.commands(folder), "slurmctld": ["slurmctld", "-D"]}
    return controller | {name: ["slurmd", "-D", "-N", name] for name in node_names(folder)}

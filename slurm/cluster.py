"""The cluster file: all that Vega has to know about a SLURM cluster, in one small YAML file.

    partition: gpu
    account: mt
    gpus_per_node: 8
    time: "24:00:00"
    interface: ib0
    stages:
      clean: {partition: cpu, gpus_per_node: 0, nodes: 2, cpus_per_task: 32, time: "04:00:00"}
      train: {nodes: 16}

What is stated at the top holds for every job; under `stages` a stage, or all stages of a command (`finetune`), have
their own. An example with comments: slurm/clusters/example.yaml.
"""

from __future__ import annotations

import getpass
import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from vega.errors import UserError
from vega.settings import Strict
from vega.stages import COMMANDS, Stage
from vega.strict_yaml import load

#: Of SLURM: minutes, minutes:seconds, hours:minutes:seconds, days-hours and so on.
TIME = r"^(\d+-)?\d+(:\d+){0,2}$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$", re.IGNORECASE)


class Resources(Strict):
    """What a job asks for. Everything may be left to the cluster's defaults."""

    partition: str | None = Field(default=None, description="partition, several with commas")
    account: str | None = Field(default=None, description="account that pays")
    qos: str | None = Field(default=None, description="quality of service")
    time: str | None = Field(default=None, description="time limit as SLURM writes it, 1-12:00:00", pattern=TIME)
    nodes: int | None = Field(
        default=None, ge=1, description="machines: of a data stage a Ray cluster, of training `nodes`, else 1"
    )
    gpus_per_node: int | None = Field(
        default=None, ge=0, description="GPUs of a node; training starts one process on each"
    )
    tasks_per_node: int | None = Field(
        default=None, ge=1, description="training processes of a node, where that is not its GPUs"
    )
    cpus_per_task: int | None = Field(default=None, ge=1, description="cores of a task")
    memory: str | None = Field(
        default=None, description="memory of a node, 200G; 0 = all of it", pattern=r"^\d+[KMGT]?$"
    )
    sbatch: list[str] = Field(
        default=[], description="further sbatch options, as in --reservation=mt; those of a stage come on top"
    )

    @field_validator("sbatch")
    @classmethod
    def _options(cls, lines: list[str]) -> list[str]:
        for line in lines:
            if not line.startswith("-") or "\n" in line:
                raise ValueError(f"'{line}' is no sbatch option; write it as on the command line, --reservation=mt")
        return lines


class Container(Strict):
    """A container image in which the programs of a job run; the image has Vega installed."""

    image: str = Field(description="image: a file, or a name that the runtime knows")
    runtime: Literal["pyxis", "apptainer"] = Field(
        default="pyxis", description="pyxis = srun --container-image; apptainer = apptainer exec"
    )
    mounts: list[str] = Field(default=[], description="SOURCE:TARGET folders; `shared` ones are always there")
    python: str = Field(default="python", description="Python in the image")


class Array(Strict):
    """Synthesis as a job array: the text is cut into parts that are translated side by side."""

    tasks: int = Field(default=0, ge=0, description="parts, a job each; 0 = one job does all")
    throttle: int = Field(default=0, ge=0, description="parts that run at a time, 0 = all")


class Cluster(Resources):
    """A SLURM cluster, as `vega submit --cluster FILE` reads it."""

    name: str = Field(default="", description="what the cluster is called; empty = the file's name")
    grace: int = Field(
        default=300, ge=1, le=65_535, description="seconds before the time limit at which training saves and stops"
    )
    modules: list[str] = Field(default=[], description="environment modules to load")
    setup: list[str] = Field(default=[], description="shell lines before the work; they run as they are")
    environment: dict[str, str] = Field(
        default={}, description="variables of every job, NCCL's and gloo's among them; {user} is filled in"
    )
    container: Container | None = Field(default=None, description="container image, with its runtime")
    interface: str = Field(
        default="", description="network interface between nodes, for gloo, NCCL, Ray and the rendezvous"
    )
    scratch: str = Field(default="", description="fast folder of each node, for temporary files; {user} is filled in")
    shared: list[Path] = Field(default=[], description="folders that all nodes see; a run must be in one of them")
    same_failures: int = Field(default=3, ge=1, description="a job stops that fails so often at the same place")
    node_failures: int = Field(default=2, ge=1, description="a node at fault so often is left out")
    array: Array = Field(default=Array(), description="synthesis as a job array")
    stages: dict[str, Resources] = Field(default={}, description="stage or stage command -> its own resources")

    @field_validator("environment")
    @classmethod
    def _variables(cls, environment: dict[str, str]) -> dict[str, str]:
        for name in environment:
            if not re.match(VARIABLE, name):
                raise ValueError(f"'{name}' is no name of a variable")
            if SECRET.search(name):
                raise ValueError(
                    f"{name} looks like a secret, and everybody may read scripts. Export it before `vega submit`: jobs "
                    "get your environment"
                )
        return environment

    @model_validator(mode="after")
    def _folders(self) -> Cluster:
        for folder in self.shared:
            if not folder.is_absolute():
                raise ValueError(f"shared: {folder} must start at /")
        return self

    def filled(self, text: str) -> str:
        """`text` with {user} filled in."""
        return text.replace("{user}", getpass.getuser())

    def resources(self, stage: Stage) -> Resources:
        """What the jobs of a stage ask for: its own, over its command's, over the cluster's."""
        names = dict.fromkeys((stage.command, stage.name))
        found: dict[str, object] = {}
        lines: list[str] = []
        for layer in (self, *(self.stages[name] for name in names if name in self.stages)):
            stated = layer.model_fields_set & set(Resources.model_fields)
            found |= {name: getattr(layer, name) for name in stated}
            lines += layer.sbatch
        return Resources.model_validate({**found, "sbatch": lines})


def load_cluster(path: Path) -> Cluster:
    """Read a cluster file; a mistake is a UserError with its line."""
    cluster = load(path, Cluster)
    return cluster if cluster.name else cluster.model_copy(update={"name": Path(path).stem})


def check_stages(cluster: Cluster, stages: list[Stage]) -> None:
    """UserError where the cluster file names a stage that no recipe has."""
    known = {*COMMANDS, *(stage.name for stage in stages)}
    for name in cluster.stages:
        if name not in known:
            raise UserError(
                f"cluster {cluster.name}: stages.{name}: the recipe has no such stage. Stages: "
                f"{', '.join(stage.name for stage in stages)}; commands: {', '.join(COMMANDS)}."
            )

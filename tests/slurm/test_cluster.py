"""The cluster file: strict, and each stage gets its own resources over its command's over the cluster's."""

from __future__ import annotations

from pathlib import Path

import pytest

from slurm.cluster import Cluster, check_stages, load_cluster
from tests.vega.runs import small_recipe
from vega.errors import UserError
from vega.stage_graph import build_stages
from vega.stages import Stage

EXAMPLE = Path(__file__).parents[2] / "slurm" / "clusters" / "example.yaml"


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def stages(folder: Path) -> dict[str, Stage]:
    return {stage.name: stage for stage in build_stages(small_recipe(folder), folder / "run")}


def test_the_example_states_every_kind_of_thing() -> None:
    cluster = load_cluster(EXAMPLE)
    assert cluster.name == "example"
    missing = {name for name in Cluster.model_fields if name not in cluster.model_fields_set}
    assert missing == {
        "nodes", "tasks_per_node", "cpus_per_task", "memory", "sbatch", "container", "same_failures", "node_failures",
    }  # fmt: skip


def test_the_nearest_statement_counts_and_options_add_up(tmp_path: Path) -> None:
    cluster = load_cluster(
        write(
            tmp_path,
            "partition: a\ntime: '1:00'\nsbatch: [--all]\nstages:\n"
            "  finetune: {partition: b, sbatch: [--some]}\n  finetune-en-de: {partition: c, sbatch: [--one]}\n",
        )
    )
    known = stages(tmp_path)
    tuned = next(stage for name, stage in known.items() if name.startswith("finetune-"))
    own = cluster.model_copy(update={"stages": {**cluster.stages, tuned.name: cluster.stages["finetune-en-de"]}})
    assert (own.resources(known["train"]).partition, own.resources(known["train"]).sbatch) == ("a", ["--all"])
    found = own.resources(tuned)
    assert (found.partition, found.time, found.sbatch) == ("c", "1:00", ["--all", "--some", "--one"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("partitoin: gpu", "partition"),
        ("time: tomorrow", "mine.yaml:1"),
        ("memory: lots", "mine.yaml:1"),
        ("sbatch: [reservation]", "--reservation=mt"),
        ('sbatch: ["--a\\nb"]', "no sbatch option"),
        ("environment: {WANDB_API_KEY: abc}", "Export it before"),
        ("environment: {my-name: x}", "no name of a variable"),
        ("shared: [runs]", "must start at /"),
        ("container: {image: x, runtime: docker}", "mine.yaml:1"),
    ],
)
def test_a_mistake_is_one_clear_error(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        load_cluster(write(tmp_path, text))


def test_a_stage_that_no_recipe_has_is_an_error(tmp_path: Path) -> None:
    cluster = load_cluster(write(tmp_path, "stages: {trian: {nodes: 2}}"))
    with pytest.raises(UserError, match="no such stage"):
        check_stages(cluster, list(stages(tmp_path).values()))

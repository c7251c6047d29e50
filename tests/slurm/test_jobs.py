"""From stages to jobs: who waits for whom, and with how many processes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from slurm import queue, submit
from slurm.cluster import Cluster
from slurm.jobs import Job, on_cluster, plan_jobs
from tests.vega.runs import do, small_recipe
from vega.decisions import decide
from vega.errors import UserError
from vega.fingerprint import decisive
from vega.plan import make_plan
from vega.recipe import load_recipe
from vega.settings import SynthesizeSettings, TrainSettings
from vega.stage_graph import build_stages


def jobs_of(folder: Path, cluster: dict[str, Any], *overrides: str) -> dict[str, Job]:
    stages = build_stages(small_recipe(folder, *overrides), folder / "run")
    return {job.name: job for job in plan_jobs(stages, Cluster.model_validate(cluster))}


def test_every_stage_waits_for_the_stages_that_it_reads(tmp_path: Path) -> None:
    stages = build_stages(small_recipe(tmp_path), tmp_path / "run")
    jobs = {job.name: job for job in plan_jobs(stages, Cluster())}
    assert list(jobs) == [stage.name for stage in stages]
    assert all(set(jobs[stage.name].after) == set(stage.upstream) for stage in stages)


def test_what_has_finished_is_not_waited_for(tmp_path: Path) -> None:
    stages = [stage for stage in build_stages(small_recipe(tmp_path), tmp_path / "run") if stage.name != "clean"]
    assert all("clean" not in job.after for job in plan_jobs(stages, Cluster()))


def test_training_has_a_process_on_every_gpu_and_stays_the_same_run(tmp_path: Path) -> None:
    plain = jobs_of(tmp_path, {}, "train.batches_per_update=16")["train"]
    job = jobs_of(tmp_path, {"gpus_per_node": 8, "stages": {"train": {"nodes": 2}}}, "train.batches_per_update=16")[
        "train"
    ]
    assert isinstance(job.stage.settings, TrainSettings)
    assert (job.stage.settings.processes, job.stage.settings.nodes) == (16, 2)
    assert (job.resources.nodes, job.resources.tasks_per_node, job.resources.gpus_per_node) == (2, 8, 8)
    assert decisive(job.stage.settings) == decisive(plain.stage.settings)


def test_an_update_that_cannot_be_shared_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--set train\.batches_per_update=16"):
        jobs_of(tmp_path, {"gpus_per_node": 8, "nodes": 2}, "train.batches_per_update=4")


def test_pretraining_is_a_training_job_with_its_own_size(tmp_path: Path) -> None:
    cluster = {"gpus_per_node": 8, "stages": {"pretrain": {"nodes": 2}}}
    options = ("pretrain={}", "train.batches_per_update=16")
    jobs = jobs_of(tmp_path, cluster, *options)
    sizes = {name: jobs[name].stage.settings.processes for name in ("pretrain", "train")}  # type: ignore[attr-defined]
    assert sizes == {"pretrain": 16, "train": 8}
    assert jobs["pretrain"].kind == "train" and "pretrain" in jobs["train"].after
    planned = on_cluster(small_recipe(tmp_path, *options), Cluster.model_validate(cluster))
    found = {stage.name: stage.settings for stage in build_stages(planned, tmp_path) if stage.name in sizes}
    assert {name: settings.processes for name, settings in found.items()} == sizes  # type: ignore[attr-defined]
    with pytest.raises(UserError, match=r"Stage pretrain: .* --set pretrain\.batches_per_update=16"):
        jobs_of(tmp_path, cluster, "pretrain={}", "train.batches_per_update=8")


def test_only_what_can_use_several_nodes_gets_them(tmp_path: Path) -> None:
    jobs = jobs_of(tmp_path, {"nodes": 2, "gpus_per_node": 4}, "train.batches_per_update=8")
    assert {name for name, job in jobs.items() if job.resources.nodes == 2} == {
        "clean",
        "leakage",
        "train",
        "finetune-x",
    }
    assert {name: job.kind for name, job in jobs.items() if job.kind != "plain"} == {
        "clean": "ray", "leakage": "ray", "train": "train", "finetune-x": "train",
    }  # fmt: skip
    gpus = {name: job.resources.gpus_per_node for name, job in jobs.items() if job.resources.gpus_per_node}
    assert gpus == {"train": 4, "finetune-x": 4, "translate": 1}


def test_a_data_stage_works_with_the_cores_it_asked_for(tmp_path: Path) -> None:
    job = jobs_of(tmp_path, {"stages": {"clean": {"cpus_per_task": 12}}})["clean"]
    assert job.stage.settings.workers == 12  # type: ignore[attr-defined]


def test_synthesis_as_an_array(tmp_path: Path) -> None:
    data = Path("../shared/data/free6")
    recipe = load_recipe("free6_synthesis", [f"data={data}"], needs_data=False)
    stages = build_stages(recipe, tmp_path)
    jobs = {job.name: job for job in plan_jobs(stages, Cluster.model_validate({"array": {"tasks": 8, "throttle": 3}}))}
    for stage in stages:
        if not isinstance(stage.settings, SynthesizeSettings):
            continue
        cycle = any(step.cycle_translation for step in stage.settings.steps)
        parts = [".prepare", *([".score"] if cycle else []), ".make", ""]
        names = [f"{stage.name}{part}" for part in parts]
        assert [name for name in jobs if name.split(".")[0] == stage.name] == names
        assert [jobs[name].tasks for name in names] == [0, *[8] * (len(names) - 2), 0]
        assert jobs[names[-2]].throttle == 3
        for earlier, later in pairwise(names):
            assert jobs[later].after == (earlier,)
    after_train = [job for job in jobs.values() if "synthesize" in " ".join(job.after) and "." not in job.name]
    assert after_train, "nothing waits for the joined synthesis"


def test_a_plan_counts_the_processes_of_the_cluster_file() -> None:
    cluster = Cluster.model_validate({"gpus_per_node": 8, "stages": {"train": {"nodes": 16}, "finetune": {"nodes": 2}}})
    recipe = load_recipe("vega_mt_wmt22", needs_data=False)
    plan, alone = make_plan(on_cluster(recipe, cluster)), make_plan(recipe)
    assert plan["device"]["processes"] == 128
    seconds = {entry["stage"]: entry["seconds"] for entry in plan["training"]}
    before = {entry["stage"]: entry["seconds"] for entry in alone["training"]}
    assert seconds["train"] == pytest.approx(before["train"] * 64 / 128)
    assert seconds["finetune-en-de"] == pytest.approx(before["finetune-en-de"] * 64 / 16)


def test_what_is_forced_is_done_again_once_not_at_every_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, run = small_recipe(tmp_path), tmp_path / "run"
    stages = {stage.name: stage for stage in build_stages(recipe, run)}
    do(list(stages.values()))
    assert submit.prepare(recipe, run, Cluster()).jobs == []
    monkeypatch.setattr(queue, "sbatch", lambda script, after, tasks: "1")
    monkeypatch.setattr(queue, "alive", lambda ids: set())
    submit.submit(submit.prepare(recipe, run, Cluster(), ["vocab", "binarize", "train"], force=True))
    for name in ("vocab", "binarize", "train"):
        assert "--force" not in (run / "slurm" / f"{name}.sbatch").read_text()
        assert decide(stages[name]).runs
        do([stages[name]])  # as the job does
        assert not decide(stages[name]).runs

"""A recipe from raw text to the report as jobs of a real cluster: Ray and training on two nodes, nothing replaced."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from slurm.record import Submitted, log_file, read_record
from slurm.testing import Cluster
from slurm.testing.cluster import ENDED
from tests.fairseq_plugins.running import small_model, write_corpus
from tests.slurm.submitted import NASTY

RECIPE = """
name: tiny
corpora:
  train: [{name: news, languages: [en, de], files: "{data}/news.{lang}"}]
  valid: [{name: dev, languages: [en, de], files: "{data}/dev.{lang}"}]
  test: [{name: check, languages: [en, de], files: "{data}/check.{lang}"}]
clean: {filters: {copy: {}}}
vocab: {size: 300}
train: {arch: vega_tiny, max_tokens: 300, max_update: 10, lr: 5.0e-3, warmup_updates: 10, validate_every: 10,
        save_every: 10, log_every: 5, threads: 1, batches_per_update: 2, extra: EXTRA}
translate: {beam: 2, max_len_b: 5}
evaluate: {resamples: 50}
baselines: [copy]
"""
CLUSTER = "stages: {clean: {nodes: 2, cpus_per_task: 1}, train: {nodes: 2, tasks_per_node: 1}}\n"


def failed(cluster: Cluster, jobs: Iterable[Submitted]) -> bool:
    return any(cluster.job(job.id).get("JobState") in ENDED - {"COMPLETED"} for job in jobs)


@pytest.mark.slurm
@pytest.mark.timeout(500)
def test_one_command_gives_a_report(cluster: Cluster, tmp_path: Path) -> None:
    for seed, (name, lines) in enumerate({"news": 300, "dev": 20, "check": 20}.items()):
        write_corpus(tmp_path / "text", name, lines, seed)
    model = small_model()
    extra = {name.removeprefix("--"): value for name, value in zip(model[::2], model[1::2], strict=True)}
    recipe, described, run = tmp_path / "tiny.yaml", tmp_path / "cluster.yaml", tmp_path / NASTY
    text = RECIPE.replace("EXTRA", json.dumps(extra)) + f"data: {tmp_path / 'text'}\n"
    recipe.write_text(text, encoding="utf-8")
    described.write_text(CLUSTER, encoding="utf-8")
    words = ["submit", str(recipe), "--cluster", str(described), "--run", str(run)]
    subprocess.run([sys.executable, "-m", "vega", *words], env=cluster.environment, check=True, timeout=60)
    jobs = read_record(run).jobs
    assert "ray_node" in Path(jobs["clean"].script).read_text() and "--srun" in Path(jobs["train"].script).read_text()
    cluster.wait_until(lambda: (run / "report.json").exists() or failed(cluster, jobs.values()), 400, "a report")
    said = {name: log_file(job).read_text() for name, job in jobs.items() if log_file(job).exists()}
    assert (run / "report.json").exists(), {name: text[-2000:] for name, text in said.items()}
    assert set(said) == set(jobs) and not list(tmp_path.rglob("hit"))
    cluster.wait_for_job(jobs["report"].id, "COMPLETED")
    report = json.loads((run / "report.json").read_text())
    assert {score["direction"] for score in report["scores"]} == {"en-de", "de-en"}
    status = subprocess.run(
        [sys.executable, "-m", "vega", "status", str(run), "--json"],
        env=cluster.environment,
        capture_output=True,
        check=True,
    )
    assert {row["state"] for row in json.loads(status.stdout)["jobs"]} == {"finished"}
    assert list((run / "slurm").glob("ray-*")) == []

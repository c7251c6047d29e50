"""Batch scripts: complete, clean by shellcheck, and no value of a user's is ever read as shell."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm.cluster import Cluster
from slurm.jobs import plan_jobs
from slurm.script import quote_option, render
from tests.slurm.submitted import NASTY
from tests.vega.runs import small_recipe
from vega.errors import UserError
from vega.recipe import load_recipe
from vega.stage_graph import build_stages

WHOLE: dict[str, Any] = {
    "partition": "gpu", "account": "mt", "qos": "high", "gpus_per_node": 2, "time": "1-00:00:00", "memory": "10G",
    "cpus_per_task": 4, "modules": ["cuda/12.8"], "setup": ["ulimit -n 65536"], "interface": "ib0",
    "environment": {"NCCL_DEBUG": "WARN"}, "scratch": "/scratch/{user}", "array": {"tasks": 4, "throttle": 2},
    "sbatch": ["--exclusive"], "stages": {"clean": {"nodes": 2}},
}  # fmt: skip


def scripts(folder: Path, run: Path, cluster: dict[str, Any], recipe: str = "") -> dict[str, str]:
    loaded = load_recipe(recipe, ["data=/x"]) if recipe else small_recipe(folder, "train.batches_per_update=8")
    loaded = loaded.model_copy(update={"train": loaded.train.model_copy(update={"batches_per_update": 16})})
    checked = Cluster.model_validate(cluster)
    return {
        job.name: render(job, run, checked, Path("/pro ject")) for job in plan_jobs(build_stages(loaded, run), checked)
    }


@pytest.mark.parametrize("container", [None, "pyxis", "apptainer"])
@pytest.mark.parametrize("recipe", ["", "free6_synthesis"])
def test_shellcheck_has_nothing_to_say(tmp_path: Path, container: str | None, recipe: str) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    image = (
        {"container": {"image": "/i mages/vega.sqsh", "runtime": container, "mounts": ["/a:/b"]}} if container else {}
    )
    made = scripts(tmp_path, Path("/run s/x"), {**WHOLE, **image}, recipe)
    paths = []
    for name, text in made.items():
        paths.append(tmp_path / f"{name}.sbatch")
        paths[-1].write_text(text, encoding="utf-8")
    done = subprocess.run(["shellcheck", *paths], capture_output=True, text=True)
    assert done.stdout == ""


def test_nothing_of_a_name_is_carried_out(tmp_path: Path) -> None:
    """The script runs in a shell whose srun and scontrol only note their words."""
    run = tmp_path / NASTY
    run.mkdir()
    noted = tmp_path / "noted"
    for program in ("srun", "scontrol", "module"):
        path = tmp_path / "bin" / program
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'#!/bin/bash\nprintf "%s\\n" "$@" >> {shlex.quote(str(noted))}\n')
        path.chmod(0o755)
    text = scripts(tmp_path, run, {"environment": {"NAME": NASTY}, "modules": [NASTY], "scratch": NASTY})["vocab"]
    text = text.replace(shlex.quote("/pro ject"), shlex.quote(str(tmp_path)))
    text = text.replace(f"{shlex.quote(sys.executable)} -m slurm.job", "srun")
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "SLURM_JOB_ID": "1"}
    done = subprocess.run(["bash"], input=text, cwd=tmp_path, env=environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert str(run) in noted.read_text().splitlines()
    assert f"{run}/vocab/settings.yaml" in noted.read_text().splitlines()
    assert not list(tmp_path.rglob("hit"))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_an_option_is_one_word_to_slurm(value: str) -> None:
    """Slurm 22.05 reads as below: found by trial on the cluster of slurm.testing (test_submit has the real thing)."""
    quoted = quote_option(value)
    if not quoted.startswith('"'):
        assert quoted == value and not set(value) & set(" \"'\\#")
        return
    assert re.sub(r"\\(.)", r"\1", quoted[1:-1], flags=re.DOTALL) == value


@pytest.mark.parametrize("value", ["a\nb", "a\rb"])
def test_a_line_break_is_refused(value: str) -> None:
    with pytest.raises(UserError, match="line break"):
        quote_option(value)


def test_a_backslash_in_the_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="backslash"):
        scripts(tmp_path, tmp_path / "a\\b", {})


def test_the_environment_of_the_user_is_not_in_a_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "very-secret-0123")
    assert all("very-secret" not in text for text in scripts(tmp_path, tmp_path / "run", WHOLE).values())

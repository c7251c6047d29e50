"""The built wheel works away from the checkout: recipes, sample and page templates ship, the plugins are found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROBE = """
import fairseq_plugins, vega
from vega.fairseq_command import plugin_folder
from fairseq.tasks import TASK_REGISTRY
assert "vega_multidirectional" in TASK_REGISTRY
print(plugin_folder())
"""


@pytest.mark.e2e
def test_an_installed_wheel_plans_the_demo_and_registers_the_plugins(tmp_path: Path) -> None:
    source, site = tmp_path / "source", tmp_path / "site"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):  # build from a copy: setuptools writes into the source folder
        if (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), str(source)], check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    plan = [sys.executable, "-P", "-m", "vega", "plan", "demo", "--json"]
    planned = subprocess.run(plan, cwd="/", env=environment, capture_output=True, text=True)
    assert planned.returncode == 0, planned.stderr
    assert '"lines": 3918' in planned.stdout  # the bundled sample was counted
    assert (site / "eval/report/template.html").exists()
    probe = [sys.executable, "-P", "-W", "ignore", "-c", PROBE]
    found = subprocess.run(probe, cwd="/", env=environment, capture_output=True, text=True)
    assert found.stdout.strip() == str(site / "fairseq_plugins"), found.stderr

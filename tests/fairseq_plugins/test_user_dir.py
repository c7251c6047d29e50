"""`--user-dir` in every way people use it (the traps: ../shared/reference/style.md 1.13)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fairseq.criterions import CRITERION_REGISTRY
from fairseq.models import ARCH_MODEL_REGISTRY
from fairseq.tasks import TASK_REGISTRY
from fairseq.utils import import_user_module

import fairseq_plugins
from fairseq_plugins.tasks.multidirectional import MultidirectionalTask

ROOT = Path(fairseq_plugins.__file__).parents[1]
PROBE = """
import argparse
{before}
from fairseq.utils import import_user_module
import_user_module(argparse.Namespace(user_dir={user_dir!r}))
from fairseq.tasks import TASK_REGISTRY
from fairseq.models import ARCH_MODEL_REGISTRY
from fairseq.criterions import CRITERION_REGISTRY
assert "vega_multidirectional" in TASK_REGISTRY, "task"
assert "vega_xl" in ARCH_MODEL_REGISTRY, "arch"
assert "vega_label_smoothed_cross_entropy" in CRITERION_REGISTRY, "criterion"
print(TASK_REGISTRY["vega_multidirectional"].__module__)
"""


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("folder", "user_dir", "before"),
    [
        (ROOT, "fairseq_plugins", ""),  # from the checkout, by relative path
        (
            Path("/"),
            f"{ROOT}/fairseq_plugins/",
            f"import sys; sys.path.insert(0, '{ROOT}'); import fairseq_plugins",
        ),
    ],
    ids=["relative", "already-imported"],
)
def test_everything_is_registered(folder: Path, user_dir: str, before: str) -> None:
    code = PROBE.format(before=before, user_dir=user_dir)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "fairseq_plugins.tasks.multidirectional"


def test_importing_twice_is_harmless() -> None:
    from argparse import Namespace

    import_user_module(Namespace(user_dir=str(ROOT / "fairseq_plugins")))
    import_user_module(Namespace(user_dir=str(ROOT / "fairseq_plugins")))


def test_the_registries_hold_our_classes_under_our_prefix() -> None:
    """fairseq silently keeps a built-in class when a name is taken."""
    assert TASK_REGISTRY["vega_multidirectional"] is MultidirectionalTask
    for registry in (TASK_REGISTRY, CRITERION_REGISTRY):
        for name, kind in registry.items():
            assert kind.__module__.startswith("fairseq_plugins") == name.startswith("vega_"), name
    assert {name for name in ARCH_MODEL_REGISTRY if name.startswith("vega_")} >= {"vega_tiny", "vega_xl"}

"""A real SLURM cluster for the tests of this folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from slurm.testing import Cluster, cluster
from slurm.testing.configuration import PATH, PROGRAMS


@pytest.fixture(scope="session")
def slurm_folder() -> Iterator[Path]:
    """A short path, since it holds sockets, that all users may enter, since jobs of others look for munge there.

    Skips where no cluster can run, except in CI (VEGA_SLURM_TESTS=1), where a skip would go unseen.
    """
    if not os.environ.get("VEGA_SLURM_TESTS"):
        if missing := [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]:
            pytest.skip(f"no {', '.join(missing)}: apt-get install slurm-wlm munge")
        if os.geteuid() != 0:
            pytest.skip("a SLURM cluster needs root")
    folder = Path(tempfile.mkdtemp(prefix="vega-slurm-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", name="cluster")
def running_cluster(slurm_folder: Path) -> Iterator[Cluster]:
    """Two idle nodes, one cluster for all tests: leave both nodes up and no job behind."""
    with cluster(slurm_folder / "session", nodes=2) as running:
        yield running

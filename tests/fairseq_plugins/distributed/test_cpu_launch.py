"""Two processes started by torchrun on CPU train what one process trains."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
from pathlib import Path

import pytest
from fairseq.distributed import utils

from fairseq_plugins.distributed import cpu_launch
from tests.fairseq_plugins.running import run_train, train_arguments
from vega.fairseq_command import program


def test_fairseq_still_has_the_function_that_is_patched() -> None:
    assert utils._infer_torch_distributed_launch_init is cpu_launch._infer_init
    assert list(inspect.signature(cpu_launch._stock).parameters) == ["cfg"]
    assert "_infer_torch_distributed_launch_init(cfg)" in inspect.getsource(utils.infer_init_method)


@pytest.mark.e2e
def test_two_processes_equal_one_with_two_batches_per_update(data: Path, tmp_path: Path) -> None:
    dropout = ["--dropout", "0.0", "--disable-validation"]
    alone = run_train(train_arguments(data, tmp_path / "one", 8, "--update-freq", "2", *dropout), tmp_path / "one.log")
    log = tmp_path / "two.log"
    command = [
        program("torchrun"), "--standalone", "--nproc_per_node", "2", "--no-python", program("fairseq-train"),
        *train_arguments(data, tmp_path / "two", 8, *dropout), "--log-file", str(log),
        "--distributed-world-size", "2", "--distributed-backend", "gloo", "--ddp-backend", "legacy_ddp",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(x[x.index("{") :]) for x in log.read_text().splitlines() if '"num_updates"' in x]
    together = [line for line in lines if "loss" in line]
    assert len(together) == 8
    for ours, theirs in zip(together, alone, strict=True):
        assert float(ours["loss"]) == pytest.approx(float(theirs["loss"]), abs=2e-3)  # logs have 3 digits
        assert [ours[k] for k in ours if k.startswith("tokens_")] == [
            theirs[k] for k in theirs if k.startswith("tokens_")
        ]

"""Several processes on CPU, started in each way fairseq knows, train together."""

from __future__ import annotations

import inspect
import json
import socket
import subprocess
from pathlib import Path

import pytest
from fairseq.distributed import utils
from fairseq.models import distributed_fairseq_model

from fairseq_plugins.distributed import cpu_launch
from tests.fairseq_plugins.gloo_group import in_processes
from tests.fairseq_plugins.processes import RECORDING, environment, records
from tests.fairseq_plugins.running import train_arguments
from vega.fairseq_command import program


def test_fairseq_still_has_the_functions_that_are_patched() -> None:
    """Each by its signature, and looked up where it is replaced."""
    assert list(inspect.signature(cpu_launch._stock_torchrun).parameters) == ["cfg"]
    assert list(inspect.signature(cpu_launch._stock_single_node).parameters) == ["cfg"]
    assert list(inspect.signature(cpu_launch._stock_all_gather_list).parameters) == ["data", "group", "max_size"]
    assert list(inspect.signature(cpu_launch._stock_call_main).parameters) == ["cfg", "main", "kwargs"]
    inference = inspect.getsource(utils.infer_init_method)
    assert "_infer_torch_distributed_launch_init(cfg)" in inference and "_infer_single_node_init(cfg)" in inference
    wrapping = inspect.getsource(distributed_fairseq_model.DistributedFairseqModel)
    assert "DistributedDataParallel(\n            module=model.to(device),\n            device_ids=" in wrapping
    assert "torch.cuda.device_count()" in inspect.getsource(cpu_launch._stock_call_main)


@pytest.mark.e2e
@pytest.mark.parametrize("way", ["spawned by fairseq", "with an address", "torchrun"])
def test_every_way_to_start_two_processes(way: str, data: Path, tmp_path: Path) -> None:
    """Stock fairseq dies in an assertion, starts no process and exits with 0, or divides by zero."""
    arguments = train_arguments(data, tmp_path / "save", 2, "--disable-validation", "--no-save")
    arguments[arguments.index("--user-dir") + 1] = RECORDING
    if way == "with an address":
        with socket.socket() as probe:
            probe.bind(("localhost", 0))
            arguments += ["--distributed-init-method", f"tcp://localhost:{probe.getsockname()[1]}"]
    arguments += ["--distributed-world-size", "2", "--ddp-backend", "legacy_ddp"]
    command = [program("fairseq-train"), *arguments]
    if way == "torchrun":
        command = [program("torchrun"), "--standalone", "--nproc_per_node", "2", "--no-python", *command]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(tmp_path / "record"))
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = records(tmp_path / "record", 2)
    assert len(first) == len(second) == 2
    assert [line["loss"] for line in first] == [line["loss"] for line in second]
    assert all(a["ids"] != b["ids"] for a, b in zip(first, second, strict=True))


def _gather(rank: int, folder: Path) -> None:
    gathered = utils.all_gather_list({"rank": rank, "tensor": "x" * rank})
    (folder / f"{rank}.json").write_text(json.dumps(gathered))


def test_what_cannot_be_summed_is_gathered(tmp_path: Path) -> None:
    """Criterions whose records are no sums; stock code wants CUDA for it."""
    in_processes(2, _gather, tmp_path)
    expected = [{"rank": 0, "tensor": ""}, {"rank": 1, "tensor": "x"}]
    assert [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1)] == [expected, expected]

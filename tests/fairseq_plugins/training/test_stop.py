"""A signal to one process: all save the same update, exit with the same code, and go on as if nothing had happened."""

from __future__ import annotations

import inspect
import json
import os
import signal
import time
from pathlib import Path

import pytest
from fairseq_cli import train as fairseq_train

from fairseq_plugins.training import stop
from tests.fairseq_plugins.processes import output, records, start, train, wait
from tests.fairseq_plugins.running import train_arguments
from vega.exit_codes import STOPPED

UPDATES = 400


def test_fairseq_still_has_the_function_that_is_replaced() -> None:
    expected = ["cfg", "trainer", "task", "epoch_itr", "valid_subsets", "end_of_epoch"]
    assert list(inspect.signature(stop._stock_validate_and_save).parameters) == expected
    assert "validate_and_save(\n            cfg, trainer, task, epoch_itr" in inspect.getsource(fairseq_train.train)


def test_who_was_asked_to_stop_is_deaf_until_it_has_ended() -> None:
    """srun asks all others to end when the first one has; who was not asked ends by signals as before."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        with stop.listening():
            pass
        assert signal.getsignal(signal.SIGTERM) == before
        with stop.listening():
            os.kill(os.getpid(), signal.SIGUSR1)
        assert signal.getsignal(signal.SIGTERM) == signal.getsignal(signal.SIGUSR1) == signal.SIG_IGN
    finally:
        for number in stop.SIGNALS:
            signal.signal(number, before)


def wait_for_updates(record: Path, count: int) -> None:
    path = Path(f"{record}.0")
    while not path.exists() or len(path.read_text().splitlines()) < count:
        time.sleep(0.02)


@pytest.mark.e2e
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("number", "backend"), [(signal.SIGUSR1, "legacy_ddp"), (signal.SIGTERM, "vega_fsdp")], ids=["usr1", "term"]
)
def test_all_stop_after_the_same_update_and_go_on(number: int, backend: str, data: Path, tmp_path: Path) -> None:
    command = train_arguments(data, tmp_path / "save", UPDATES, "--disable-validation", "--batches-per-update", "2",
                              "--ddp-backend", backend)  # fmt: skip
    pids = start(2, command, tmp_path / "first")
    wait_for_updates(tmp_path / "first", 5)
    os.kill(pids[1], number)
    os.kill(pids[1], number)  # torchrun and SLURM together send two
    assert wait(pids) == [STOPPED, STOPPED]
    done = records(tmp_path / "first", 2)
    assert len(done[0]) == len(done[1]) < UPDATES
    mark = json.loads((tmp_path / "save" / "stopped.json").read_text())
    assert mark == {"update": len(done[0]), "signal": signal.Signals(number).name}
    more = len(done[0]) + 3
    command[command.index("--max-update") + 1] = str(more)
    rest = train(2, command, tmp_path / "second")
    assert [line["update"] for line in rest[0]] == list(range(len(done[0]) + 1, more + 1))
    assert not (tmp_path / "save" / "stopped.json").exists()
    whole = train(2, [*command, "--save-dir", str(tmp_path / "whole"), "--no-save"], tmp_path / "whole_record")
    assert [line["ids"] for line in done[0] + rest[0]] == [line["ids"] for line in whole[0]]
    assert [line["loss"] for line in done[0] + rest[0]] == [line["loss"] for line in whole[0]]


@pytest.mark.e2e
def test_processes_that_fairseq_starts_pass_the_code_on(data: Path, tmp_path: Path) -> None:
    """torchrun does not; its users look for stopped.json."""
    import subprocess

    from tests.fairseq_plugins.processes import RECORDING, environment
    from vega.fairseq_command import program

    command = train_arguments(data, tmp_path / "save", UPDATES, "--disable-validation", "--ddp-backend", "legacy_ddp",
                              "--distributed-world-size", "2")  # fmt: skip
    command[command.index("--user-dir") + 1] = RECORDING
    process = subprocess.Popen(
        [program("fairseq-train"), *command], env=environment(tmp_path / "record"), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_updates(tmp_path / "record", 3)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for child in children:
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
            os.kill(int(child), signal.SIGUSR1)
    assert process.wait(60) == STOPPED
    assert (tmp_path / "save" / "stopped.json").exists()
    assert output(tmp_path / "record") == ""

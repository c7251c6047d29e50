"""`vega train --srun` without SLURM: what srun sets is set by hand."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.vega.test_training import FAKE
from vega import srun_task, srun_word
from vega.errors import UserError
from vega.settings import TrainSettings
from vega.srun_task import SrunTask
from vega.srun_word import FAILED, FINISHED, TRAIN, Word, hear
from vega.stage_run import Work, run_stage
from vega.strict_yaml import dump, load

#: Two nodes with two tasks each; the third task.
STEP = {
    "SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURM_PROCID": "2", "SLURM_LOCALID": "0", "SLURM_NODEID": "1",
    "SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "4", "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
    "SLURM_NTASKS_PER_NODE": "2", "MASTER_ADDR": "n1", "MASTER_PORT": "12345",
}  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def test_slurms_variables_become_torchruns() -> None:
    task = SrunTask.read(STEP)
    assert task == SrunTask(2, 0, 4, 2, "7.0.0", "n1", 12345)
    assert task.variables() == {"RANK": "2", "LOCAL_RANK": "0", "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "2"}


@pytest.mark.parametrize(("node", "local"), [("0", 3), ("1", 3), ("2", 1)])
def test_tasks_of_the_own_node_are_counted(node: str, local: int) -> None:
    task = SrunTask.read({**STEP, "SLURM_STEP_TASKS_PER_NODE": "3(x2),1", "SLURM_NODEID": node})
    assert task.local_tasks == local


def test_older_slurm_says_it_in_other_variables() -> None:
    environment = {name: value for name, value in STEP.items() if "STEP_" not in name}
    assert SrunTask.read(environment).local_tasks == 2


@pytest.mark.parametrize("name", ["SLURM_PROCID", "SLURM_LOCALID", "MASTER_ADDR", "MASTER_PORT"])
def test_a_variable_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(UserError, match=name):
        SrunTask.read({key: value for key, value in STEP.items() if key != name})


def test_one_task_needs_no_meeting() -> None:
    alone = {"SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NTASKS": "1", "SLURM_NTASKS_PER_NODE": "1"}
    assert SrunTask.read(alone).tasks == 1


def test_cores_are_those_of_the_node_divided_by_its_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    task = SrunTask.read(STEP)
    monkeypatch.setattr(srun_task.os, "sched_getaffinity", lambda pid: set(range(8)))
    monkeypatch.delenv("SLURM_CPUS_ON_NODE", raising=False)
    assert (task.threads(0), task.threads(3)) == (4, 3)
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "32")  # SLURM has bound each task to 8 of them
    assert task.threads(0) == 8
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "6")
    assert task.threads(0) == 3


def test_tasks_that_are_spread_otherwise_are_refused() -> None:
    settings = TrainSettings(data=Path("data"), directions=["en-de"], processes=4)
    SrunTask.read(STEP).check(settings)
    with pytest.raises(UserError, match="distribution=block"):
        SrunTask.read({**STEP, "SLURM_LOCALID": "1"}).check(settings)
    with pytest.raises(UserError, match="started 4 tasks, but the settings say processes: 8"):
        SrunTask.read(STEP).check(settings.model_copy(update={"processes": 8}))


def tasks(count: int) -> list[SrunTask]:
    port = free_port()
    return [SrunTask(rank, rank, count, count, "7.0.0", "localhost", port) for rank in range(count)]


def listen_all(others: list[SrunTask]) -> tuple[list[threading.Thread], dict[int, str]]:
    heard: dict[int, str] = {}
    threads = [threading.Thread(target=lambda task=task: heard.update({task.rank: hear(task)})) for task in others]
    for thread in threads:
        thread.start()
    return threads, heard


def end_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.parametrize("word", [TRAIN, FINISHED])
def test_all_hear_the_first_word_whenever_they_come(word: str) -> None:
    first, *others = tasks(4)
    early, heard = listen_all(others[:1])
    time.sleep(0.3)
    with Word(first) as said:
        late, heard_late = listen_all(others[1:])
        said.say(word)
        said.say(FINISHED)  # as when the stage has ended
    end_all(early + late)
    assert {**heard, **heard_late} == dict.fromkeys([1, 2, 3], word)


@pytest.mark.parametrize("error", [UserError("no"), KeyboardInterrupt()])
def test_who_waits_hears_of_a_failure(error: BaseException) -> None:
    first, *others = tasks(3)
    with pytest.raises(type(error)), Word(first):
        threads, heard = listen_all(others)
        time.sleep(0.5)
        raise error
    end_all(threads)
    assert heard == {1: FAILED, 2: FAILED}


def test_strangers_and_earlier_starts_are_not_taken_for_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(srun_word, "ANSWER", 0.5)
    first, second = tasks(2)
    with Word(first) as said:
        silent = socket.create_connection(("localhost", first.port))
        strangers, told = listen_all([SrunTask(1, 1, 2, 2, "7.0.1", "localhost", first.port)])
        time.sleep(0.2)
        threads, heard = listen_all([second])
        said.say(TRAIN)
        silent.close()
    end_all(strangers + threads)
    assert (heard, told) == ({1: TRAIN}, {1: FAILED})


def test_a_task_that_does_not_come_is_named() -> None:
    first, *_ = tasks(3)
    with pytest.raises(UserError, match="Tasks 1, 2 of 3 did not come"), Word(first) as said:
        said.say(TRAIN, patience=0.2)


def test_a_port_in_use_is_said() -> None:
    first, _ = tasks(2)
    with socket.create_server(("", first.port)), pytest.raises(UserError, match="MASTER_PORT"), Word(first):
        pass


def test_an_address_where_nobody_answers_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(srun_word, "PATIENCE", 0.3)
    with pytest.raises(UserError, match="task 0 does not answer at localhost"):
        hear(tasks(2)[1])


class Step:
    """`vega train --srun` in processes of its own, with a stand-in for fairseq-train."""

    def __init__(self, folder: Path) -> None:
        self.output = folder / "train"
        self.settings = folder / "settings.yaml"
        data = folder / "data"
        data.mkdir()
        (data / "dict.txt").write_text("a 1\n", encoding="utf-8")
        wanted = TrainSettings(data=data, directions=["en-de"], processes=2, batches_per_update=2)
        self.settings.write_text(dump(wanted), encoding="utf-8")
        program = folder / "bin" / "fairseq-train"
        program.parent.mkdir()
        program.write_text(FAKE.format(python=Path(sys.executable).resolve()), encoding="utf-8")
        program.chmod(0o755)
        self.program = program

    def start(self, count: int = 2, mode: str = "obey") -> list[subprocess.Popen[str]]:
        port = free_port()
        command = [
            sys.executable,
            "-c",
            MAIN,
            str(self.program),
            "train",
            str(self.settings),
            "--output",
            str(self.output),
        ]
        shared = {"SLURM_STEP_NUM_TASKS": str(count), "SLURM_STEP_TASKS_PER_NODE": str(count), "SLURM_JOB_ID": "7"}
        shared |= {"MASTER_ADDR": "localhost", "MASTER_PORT": str(port), "FAKE": mode}
        return [
            subprocess.Popen(
                [*command, "--srun"], stderr=subprocess.PIPE, text=True, start_new_session=True,
                env={**os.environ, **shared, "SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank)},
            )
            for rank in range(count)
        ]  # fmt: skip

    def training(self, count: int = 2) -> list[int]:
        """The processes of the stand-ins, once all are there."""
        texts = [path.read_text() for path in sorted(self.output.glob("checkpoints/pid.*"))]
        return [int(text) for text in texts if text] if len(texts) == count and all(texts) else []


#: The command line, with another fairseq-train, and without patience for what takes its time under torchrun.
MAIN = """
import sys
from vega import cli, fairseq_command, training
training.REPEAT = training.SAVING = 0.0
fake = sys.argv.pop(1)
fairseq_command.program = lambda name: fake
cli.main()
"""


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return Step(tmp_path)


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def finish(processes: list[subprocess.Popen[str]]) -> tuple[list[int], list[str]]:
    said = [process.communicate(timeout=60)[1] for process in processes]
    return [process.returncode for process in processes], said


def test_signals_that_slurm_sends_to_all_processes_do_no_harm(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when they come again while training saves, later than what counts as the same request elsewhere."""
    processes = step.start()
    until(step.training)
    ranks = step.training()
    assert ranks[1] == processes[1].pid and ranks[0] != processes[0].pid  # only task 0 has a parent for the records
    for _ in range(2):
        for pid in {*ranks, *(process.pid for process in processes)}:
            os.kill(pid, signal.SIGUSR1)
        time.sleep(0.1)
    codes, said = finish(processes)
    assert codes == [75, 75]
    assert said[0].splitlines()[-1].startswith("vega: stopped. Training saved update 1,200")
    assert "Traceback" not in "".join(said)
    assert not (step.output / ".running.json").exists() and not (step.output / "manifest.json").exists()


def test_a_training_process_that_is_killed_ends_as_in_a_shell(step: Step) -> None:
    for rank in (0, 1):
        processes = step.start()
        until(step.training)
        os.kill(step.training()[rank], signal.SIGKILL)
        assert processes[rank].wait(20) == (137 if rank == 0 else -9)
        for process in processes:
            process.kill()
        finish(processes)
        for path in step.output.glob("checkpoints/pid.*"):
            path.unlink()


def test_where_the_stage_is_finished_all_end_at_once_and_none_trains(step: Step) -> None:
    wanted = load(step.settings, TrainSettings)
    run_stage(Work("train", wanted, step.output), lambda settings, output: (output / "a").write_text("x"))
    codes, said = finish(step.start())
    assert codes == [0, 0] and "already finished" in said[0] and said[1] == ""
    assert not (step.output / "checkpoints").exists()


def test_another_number_of_tasks_is_said_once_and_ends_all(step: Step) -> None:
    codes, said = finish(step.start(count=3))
    assert codes == [1, 1, 1]
    assert [line for text in said for line in text.splitlines()] == [
        "vega: error: srun has started 3 tasks, but the settings say processes: 2. Start as many tasks as processes, "
        "or change processes."
    ]

"""Who is at fault, and that all processes end: real processes, real collectives."""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import distributed as dist
from torch.distributed.distributed_c10d import _get_default_store

from fairseq_plugins.training.phases import PHASES, Phases
from fairseq_plugins.training.verdict import FINISHED, ROWS, WAITING, Heartbeat, judge, table
from fairseq_plugins.training.watchdog import Progress, SideChannel, Watchdog, watch_training
from tests.fairseq_plugins.gloo_group import forkserver
from tests.fairseq_plugins.processes import output, start, wait
from tests.fairseq_plugins.running import train_arguments
from tests.fairseq_plugins.zygote import free_port
from vega.exit_codes import STUCK

ROOT = Path(__file__).parents[3]

# Who is at fault


def beat(process: int, phase: str = WAITING, update: int = 7, collectives: int = 20, silent: bool = False) -> Heartbeat:
    return Heartbeat(process, f"node{process}", 100 + process, update, collectives, phase, 60.0, 9, silent)


beats = st.lists(
    st.builds(
        beat,
        process=st.just(0),
        phase=st.sampled_from([*PHASES, FINISHED]),
        update=st.integers(0, 3),
        collectives=st.integers(0, 3),
        silent=st.booleans(),
    ),
    min_size=1,
    max_size=6,
).map(lambda found: [replace(one, process=number) for number, one in enumerate(found)])


@pytest.mark.parametrize(
    ("told", "named", "says"),
    [
        ([beat(0), beat(1, "compute"), beat(2)], [1], "process 1 (node1, pid 101): in compute, while others wait"),
        ([beat(0), beat(1, silent=True), beat(2, "data")], [1], "process 1 (node1, pid 101): no heartbeat"),
        ([beat(0), beat(1, "compute"), beat(2, "compute", collectives=19)], [2], "while others wait"),
        ([beat(0), beat(1, FINISHED)], [1], "in finished, while others wait"),
        ([beat(0), beat(1, collectives=19), beat(2)], [1], "furthest behind. All wait, but not for the same."),
        ([beat(0), beat(1, update=6, collectives=99)], [1], "furthest behind"),
        ([beat(0), beat(1)], [], "All wait in the same collective"),
        ([beat(0, "compute"), beat(1, "data")], [1], "in data, furthest behind"),
        ([beat(0, "compute"), beat(1, "compute", update=6)], [1], "furthest behind"),
        ([beat(0, "compute"), beat(1, "compute")], [], "The stacks tell more"),
        ([beat(0, "checkpoint")], [0], "process 0 (node0, pid 100): in checkpoint."),
    ],
)
def test_the_process_that_others_wait_for_is_named(told: list[Heartbeat], named: list[int], says: str) -> None:
    verdict = judge(told)
    assert verdict.named == named
    assert says in verdict.text


@given(beats)
def test_no_process_is_named_that_waits_for_one_that_does_not(told: list[Heartbeat]) -> None:
    named = [told[process] for process in judge(told).named]
    if any(one.silent for one in told):
        assert named == [one for one in told if one.silent]
    elif any(one.phase != WAITING for one in told):
        assert all(one.phase != WAITING for one in named)
    assert len(named) < len(told) or len(told) == 1 or all(one.silent or one.phase != WAITING for one in named)
    for one in named:
        assert str(one) in judge(told).text


@given(beats, st.randoms())
def test_the_order_of_reading_changes_nothing(told: list[Heartbeat], random: Any) -> None:
    mixed = random.sample(told, len(told))
    assert sorted(judge(mixed).named) == judge(told).named
    assert judge(mixed).alive == judge(told).alive


@given(beats)
def test_the_table_has_a_line_for_each_process_with_those_named_first(told: list[Heartbeat]) -> None:
    named = judge(told).named
    lines = table(told, named).splitlines()[1:]
    assert len(lines) == len(told)
    assert [line.startswith("->") for line in lines] == [True] * len(named) + [False] * (len(told) - len(named))


def test_a_long_table_is_cut_after_those_named() -> None:
    told = [beat(process) for process in range(1000)]
    told[777] = beat(777, "compute")
    lines = table(told, judge(told).named).splitlines()
    assert len(lines) == ROWS + 2 and "node777" in lines[1] and lines[-1] == f"and {1000 - ROWS} more"


# That all end


class Training:
    """Updates of a phase of computing and a collective each."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.phases, self.updates, self.collectives, self.folder = Phases(), 0, 0, folder
        self.watchdog = watch_training(seconds, self.progress, folder)

    def progress(self) -> Progress:
        return Progress(self.updates, self.phases.current, self.phases.since, self.collectives)

    def update(self, compute: Callable[[], object] = lambda: time.sleep(0.02)) -> None:
        self.phases.enter("compute")
        compute()
        self.collectives += 1
        with self.phases.within("communication"):
            dist.all_reduce(torch.ones(1))
        self.updates += 1
        self.phases.enter("data")
        (self.folder / f"updates.{self.watchdog.process}").write_text(str(self.updates))
        self.watchdog.start()

    def run(self, seconds: float) -> None:
        """All processes make the same number of updates."""
        end = time.monotonic() + seconds
        more = torch.ones(1)
        while more.item():
            self.update()
            more.fill_(time.monotonic() < end)
            dist.broadcast(more, 0)


def _sleep_for_ever_here() -> None:
    time.sleep(3600)


def _process_1_is_stuck(training: Training, rank: int) -> None:
    training.run(0.2)
    training.update(_sleep_for_ever_here if rank == 1 else lambda: None)


def _process_1_keeps_pythons_lock(training: Training, rank: int) -> None:
    training.run(1.0)
    training.update(lambda: ctypes.PyDLL(None).sleep(3600) if rank == 1 else None)


def _process_1_waits_in_the_store(training: Training, rank: int) -> None:
    training.run(0.2)
    training.update(lambda: _get_default_store().wait(["never"]) if rank == 1 else None)


def _process_1_goes_on_without_the_rest(training: Training, rank: int) -> None:
    training.run(0.2)
    while rank == 1:
        training.phases.enter("data")
        time.sleep(0.05)
    training.update()


def _train_for_ever(training: Training, rank: int) -> None:
    training.run(3600)


def _train_and_validate(training: Training, rank: int) -> None:
    training.run(2.5)
    with training.phases.within("validation"):
        time.sleep(1.2)
    training.run(0.5)
    training.watchdog.stop()


def _process_1_calls_another_collective(training: Training, rank: int) -> None:
    training.run(0.2)
    with training.phases.within("communication"):
        dist.recv(torch.ones(1), src=1 - rank)


def _process_0_looks_seldom(training: Training, rank: int) -> None:
    """Process 1 ends itself first."""
    training.watchdog.interval = 60.0 if rank == 0 else training.watchdog.interval
    training.run(0.2)
    training.update(_sleep_for_ever_here if rank == 1 else lambda: None)


def _process(rank: int, size: int, port: int, folder: Path, scenario: str, seconds: float) -> None:
    log = os.open(folder / f"log.{rank}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=size)
    globals()[scenario](Training(folder, seconds), rank)
    dist.destroy_process_group()


@contextmanager
def started(size: int, folder: Path, scenario: Callable[..., None], seconds: float) -> Iterator[list[Any]]:
    """Processes that train under a watchdog; at the end none is left."""
    context = forkserver(__name__)
    port = free_port()
    arguments = [(rank, size, port, folder, scenario.__name__, seconds) for rank in range(size)]
    processes = [context.Process(target=_process, args=each) for each in arguments]
    for process in processes:
        process.start()
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.join()


def statuses(processes: list[Any], seconds: float = 40) -> list[int | None]:
    """None where a process still runs then."""
    end = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, end - time.monotonic()))
    return [process.exitcode for process in processes]


def training_runs(processes: list[Any], folder: Path) -> None:
    """Wait until each has sent some heartbeats."""
    files = [folder / f"updates.{rank}" for rank in range(len(processes))]
    end = time.monotonic() + 60
    while time.monotonic() < end and not all(file.exists() and int(file.read_text() or 0) > 60 for file in files):
        time.sleep(0.05)


def logs(folder: Path, size: int) -> list[str]:
    return [(folder / f"log.{rank}").read_text() for rank in range(size)]


def test_the_process_that_is_stuck_is_named_by_all_and_all_exit(tmp_path: Path) -> None:
    with started(3, tmp_path, _process_1_is_stuck, 2) as processes:
        assert statuses(processes) == [STUCK] * 3
        for log in logs(tmp_path, 3):
            assert f"process 1 ({os.uname().nodename}, pid {processes[1].pid}): in compute, while others wait" in log
    assert sum("no progress for" in log and "->" in log for log in logs(tmp_path, 3)) == 1, "one table"
    stacks = [(tmp_path / f"stacks.{rank}.txt").read_text() for rank in range(3)]
    assert ["_sleep_for_ever_here" in text for text in stacks] == [False, True, False]
    assert all("in all_reduce" in stacks[rank] and "in all_reduce" in logs(tmp_path, 3)[rank] for rank in (0, 2))


def test_a_process_that_waits_in_the_store_can_still_send_heartbeats(tmp_path: Path) -> None:
    with started(2, tmp_path, _process_1_waits_in_the_store, 1) as processes:
        assert statuses(processes) == [STUCK] * 2
    assert all(f"pid {processes[1].pid}): in compute, while others wait" in log for log in logs(tmp_path, 2))


@pytest.mark.parametrize("stopped", [0, 1])
def test_a_stopped_process_is_named_for_its_silence(tmp_path: Path, stopped: int) -> None:
    """Process 0 takes the store with it."""
    with started(3, tmp_path, _train_for_ever, 2) as processes:
        training_runs(processes, tmp_path)
        os.kill(processes[stopped].pid, signal.SIGSTOP)
        others = [rank for rank in range(3) if rank != stopped]
        assert statuses([processes[rank] for rank in others]) == [STUCK] * 2, logs(tmp_path, 3)
        for rank in others:
            log = logs(tmp_path, 3)[rank]
            name = f"process {stopped} ({os.uname().nodename}, pid {processes[stopped].pid}): "
            assert name + ("keeps the store and does not answer" if stopped == 0 else "no heartbeat") in log


def test_a_process_that_keeps_pythons_lock_is_named_and_still_dumps_its_stacks(tmp_path: Path) -> None:
    with started(2, tmp_path, _process_1_keeps_pythons_lock, 1) as processes:
        assert statuses(processes[:1]) == [STUCK]
    log, hanging = logs(tmp_path, 2)
    assert f"process 1 ({os.uname().nodename}, pid {processes[1].pid}): no heartbeat" in log
    assert "in _process_1_keeps_pythons_lock" in hanging


def test_processes_that_all_wait_are_told_so(tmp_path: Path) -> None:
    with started(2, tmp_path, _process_1_calls_another_collective, 1) as processes:
        assert statuses(processes) == [STUCK] * 2
    assert all("All wait in the same collective" in log for log in logs(tmp_path, 2))


def test_steady_training_and_a_validation_below_the_limit_go_on(tmp_path: Path) -> None:
    with started(2, tmp_path, _train_and_validate, 2) as processes:
        assert statuses(processes) == [0, 0], logs(tmp_path, 2)
    assert not list(tmp_path.glob("stacks.*"))


def test_time_in_which_the_process_was_stopped_does_not_count(tmp_path: Path) -> None:
    """After Ctrl-Z and fg the clock has jumped, between two looks of a thread that could not look."""
    watchdog = Watchdog(10, lambda: Progress(0, "validation", 0.0, 0), tmp_path)
    began = watchdog._looked
    with pytest.MonkeyPatch.context() as patch:
        for seconds in (2, 4, 1000):
            patch.setattr(time, "monotonic", lambda now=began + seconds: now)
            watchdog._beat()
    assert 4 < watchdog._idle < 10


def test_a_process_whose_own_clock_never_runs_out_ends_with_the_rest(tmp_path: Path) -> None:
    with started(2, tmp_path, _process_1_goes_on_without_the_rest, 1) as processes:
        assert statuses(processes) == [STUCK] * 2
    assert all(f"pid {processes[1].pid}): in data, while others wait" in log for log in logs(tmp_path, 2))


def test_an_error_that_the_end_of_another_causes_does_not_hide_the_alarm(tmp_path: Path) -> None:
    with started(2, tmp_path, _process_0_looks_seldom, 1) as processes:
        assert statuses(processes) == [STUCK] * 2, logs(tmp_path, 2)
    assert "process 0 exits with" in logs(tmp_path, 2)[0]


ALONE = """
import sys, time, types
sys.modules["fairseq_plugins"] = types.ModuleType("fairseq_plugins")  # without all that it imports
sys.modules["fairseq_plugins"].__path__ = ["fairseq_plugins"]
from datetime import timedelta
from pathlib import Path
from torch.distributed import TCPStore
from fairseq_plugins.training.watchdog import Progress, Watchdog
store = TCPStore("127.0.0.1", 0, None, True, timeout=timedelta(seconds=9))
Watchdog(1.0, lambda: Progress(0, "data", {since}, 0), Path(sys.argv[1]), store).start()
time.sleep(1.5)
{end}
"""


@pytest.mark.parametrize(
    ("since", "end", "status"),
    [("time.monotonic()", "", 0), ("time.monotonic()", "1 / 0", 1), ("0.0", "time.sleep(60)", STUCK)],
)
def test_the_thread_neither_holds_up_nor_breaks_the_end_of_the_process(
    tmp_path: Path, since: str, end: str, status: int
) -> None:
    """Also where nobody calls `stop`, and with a single process."""
    command = [sys.executable, "-c", ALONE.format(since=since, end=end), tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == status, done.stderr
    assert ("process 0 exits with" in done.stderr) == (status == STUCK)


def test_zero_seconds_is_off(tmp_path: Path) -> None:
    watchdog = Watchdog(0, lambda: Progress(0, "data", 0.0, 0), tmp_path)
    watchdog.start()
    assert watchdog._thread is None
    watchdog.stop()


def test_a_store_that_never_answers_costs_patience_once(tmp_path: Path) -> None:
    class Hanging:
        def clone(self) -> None:
            time.sleep(3600)

    channel = SideChannel(Hanging(), 0, 2, patience=0.1)  # type: ignore[arg-type]
    began = time.monotonic()
    assert [channel.publish(beat(0)), channel.raise_alarm(), channel.heartbeats()] == [False, None, None]
    assert time.monotonic() - began < 1


# In training


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_training_with_a_stuck_process_ends_and_names_it(data: Path, tmp_path: Path) -> None:
    failing = str(Path(__file__).parents[1] / "failing")
    failure = {"rank": 1, "layer": "decoder.layers.0", "pass": "hang", "tokens": 0, "updates": [3]}
    command = train_arguments(data, tmp_path / "save", 9, "--disable-validation", "--no-save",
                              "--watchdog-seconds", "3", "--ddp-backend", "vega_fsdp")  # fmt: skip
    pids = start(2, command, tmp_path / "record", failing, FAILURE=json.dumps(failure))
    assert wait(pids, 60) == [STUCK, STUCK]
    assert re.search(r"process 1 \(.*in compute, while others wait", output(tmp_path / "record"))
    assert "in failing" in (tmp_path / "save" / "stacks.1.txt").read_text()

"""What `vega train` makes of signals and exit codes, with a stand-in for fairseq-train that obeys at once."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vega.runs import do, make_data, small_recipe
from vega.child_signals import REPEAT, descendants
from vega.errors import UserError
from vega.exit_codes import DIVERGED, STOPPED, STUCK
from vega.interruption import Stopped
from vega.stage_graph import build_stages
from vega.training import train

#: `FAKE` says what it does: `obey` saves when asked, `refuse` never ends, `silent` ends without saving.
FAKE = """#!{python} -S
import json, os, signal, sys, time
save = sys.argv[sys.argv.index("--save-dir") + 1]
rank, mode = os.environ.get("RANK", "0"), os.environ.get("FAKE", "obey")
def asked(number, frame):
    with open(f"{{save}}/asked.{{rank}}", "a") as file:
        file.write(signal.Signals(number).name + chr(10))
    if mode == "refuse":
        return
    time.sleep(0.3)
    if mode == "silent":
        sys.exit(1)
    if rank == "0":
        with open(f"{{save}}/stopped.json", "w") as file:
            json.dump({{"update": 1200, "signal": signal.Signals(number).name}}, file)
    sys.exit(75)
signal.signal(signal.SIGTERM, asked)
signal.signal(signal.SIGUSR1, asked)
if mode == "refuse":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
with open(f"{{save}}/pid.{{rank}}", "w") as file:
    file.write(str(os.getpid()))
time.sleep(100)
sys.exit(3)
"""
TRAIN = """
import os, sys
from pathlib import Path
from vega import training
from vega.interruption import graceful
output = Path(sys.argv[1])
with graceful("Not saved."):
    training.train(sys.argv[2:], {**os.environ, **training.TORCHRUN_ENVIRONMENT}, output)
"""


@pytest.fixture
def output(tmp_path: Path) -> Path:
    (tmp_path / "train" / "checkpoints").mkdir(parents=True)
    return tmp_path / "train"


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    path = tmp_path / "bin" / "fairseq-train"
    path.parent.mkdir()
    path.write_text(FAKE.format(python=Path(sys.executable).resolve()), encoding="utf-8")
    path.chmod(0o755)
    return path


def start(output: Path, *command: object, mode: str = "obey") -> subprocess.Popen[str]:
    line = [sys.executable, "-c", TRAIN, str(output), *map(str, command), "--save-dir", str(output / "checkpoints")]
    return subprocess.Popen(line, stderr=subprocess.PIPE, text=True, env={**os.environ, "FAKE": mode})


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.02)


def pids(output: Path, count: int = 1) -> list[int]:
    """Of the stand-ins, once all are ready."""
    texts = [path.read_text() for path in output.glob("checkpoints/pid.*")]
    return [int(text) for text in texts if text] if len(texts) == count and all(texts) else []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_training_that_saved_when_asked_ends_as_stopped(output: Path, fake: Path, number: signal.Signals) -> None:
    (output / "checkpoints/stopped.json").write_text('{"update": 7}')  # of an earlier stop
    process = start(output, fake)
    wait_for(lambda: pids(output), process)
    assert not (output / "checkpoints/stopped.json").exists()
    process.send_signal(number)
    wait_for((output / "checkpoints/asked.0").exists, process)
    process.send_signal(number)  # SLURM and `vega run` both send it
    _, error = process.communicate(timeout=20)
    assert process.returncode == STOPPED == 75
    said = "Training saved update 1,200 and stopped; the same command goes on from there."
    assert error.splitlines() == [f"vega: stopped. {said}"]
    assert (output / "checkpoints/asked.0").read_text() == "SIGTERM\n"  # once


def test_training_that_somebody_else_stopped_ends_as_stopped(output: Path, fake: Path) -> None:
    process = start(output, fake)
    wait_for(lambda: pids(output), process)
    os.kill(pids(output)[0], signal.SIGUSR1)
    process.communicate(timeout=20)
    assert process.returncode == STOPPED


def test_training_that_ended_unsaved_is_not_called_saved(output: Path, fake: Path) -> None:
    process = start(output, fake, mode="silent")
    wait_for(lambda: pids(output), process)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=20)
    assert (process.returncode, error.splitlines()) == (143, ["vega: stopped. Not saved."])


def test_ctrl_c_after_a_signal_ends_all_at_once(output: Path, fake: Path) -> None:
    process = start(output, fake, mode="refuse")
    wait_for(lambda: pids(output), process)
    (pid,) = pids(output)
    process.send_signal(signal.SIGTERM)
    wait_for((output / "checkpoints/asked.0").exists, process)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert time.monotonic() - began < REPEAT
    assert process.returncode == 143 and not alive(pid)


def test_training_is_asked_to_stop_when_its_parent_dies(output: Path, fake: Path) -> None:
    process = start(output, fake)
    wait_for(lambda: pids(output), process)
    (pid,) = pids(output)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 20
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (output / "checkpoints/stopped.json").exists()


def test_failures_and_codes_are_told_apart(output: Path) -> None:
    def end(status: int) -> None:
        train(["sh", "-c", f"exit {status}"], os.environ, output)

    end(0)
    for status in (STUCK, DIVERGED, 3):  # the first two mean something to a launcher
        with pytest.raises(UserError) as caught:
            end(status)
        assert caught.value.exit_code == (1 if status == 3 else status)
    with pytest.raises(UserError, match="ended with status 3"):
        end(3)
    with pytest.raises(Stopped, match="saved its state"):
        end(STOPPED)


@pytest.mark.e2e
def test_through_torchrun_all_processes_save_and_none_is_left(output: Path, fake: Path) -> None:
    torchrun = [Path(sys.executable).with_name("torchrun"), "--standalone", "--nproc_per_node", "2", "--no-python"]
    for number, mode, status in [(signal.SIGUSR1, "obey", STOPPED), (signal.SIGTERM, "refuse", 143)]:
        process = start(output, *torchrun, fake, mode=mode)
        wait_for(lambda: pids(output, 2), process)
        started = pids(output, 2)
        assert set(started) < set(descendants(process.pid))
        process.send_signal(number)
        wait_for(lambda: len(list(output.glob("checkpoints/asked.*"))) == 2, process)
        if mode == "refuse":
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == status
        assert not any(map(alive, started))
        for path in output.glob("checkpoints/*.[01]"):
            path.unlink()


@pytest.fixture
def environment_with_fake(tmp_path: Path, fake: Path) -> Path:
    """The Python of a copy of this environment, whose fairseq-train is the stand-in."""
    prefix = Path(sys.prefix)
    shutil.copyfile(prefix / "pyvenv.cfg", tmp_path / "pyvenv.cfg")
    (tmp_path / "lib").symlink_to(prefix / "lib")
    python = fake.with_name("python")
    python.symlink_to(Path(sys.executable).resolve())
    return python


@pytest.mark.e2e
def test_a_run_that_stops_in_training_exits_with_75_and_goes_on(tmp_path: Path, environment_with_fake: Path) -> None:
    run, recipe = tmp_path / "run", small_recipe(tmp_path, data=make_data(tmp_path / "data"))
    do([stage for stage in build_stages(recipe, run) if stage.name in ("clean", "leakage", "vocab", "binarize")])
    command = [str(environment_with_fake), "-m", "vega", "run", str(tmp_path / "small.yaml"), "--run", str(run)]
    command += ["--set", f"data={tmp_path / 'data'}", "--stages", "train"]
    for attempt in ("has not run yet", "goes on from its last checkpoint"):
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: pids(run / "train"), process)
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=60)
        assert process.returncode == STOPPED, error
        assert attempt in error and "Traceback" not in error
        assert re.search("asked to stop; training saves first", error)
        assert error.splitlines()[-1] == "vega: stopped. Stage train has saved; the same command goes on from there."
        assert "vega: stopped. Training saved update 1,200" in (run / "train/log.txt").read_text()
        next(run.glob("train/checkpoints/pid.0")).unlink()

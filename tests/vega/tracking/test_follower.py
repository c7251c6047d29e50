"""Trackers are told every point of the log once, whatever becomes of training or of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vega.tracking.made_log import epoch_line, train_line, valid_line, write
from tests.vega.tracking.tensorboard_file import scalars
from vega.errors import UserError
from vega.settings import TrainSettings
from vega.tracking import follower, start, writers
from vega.tracking.follower import Follower
from vega.tracking.job import STATE, Job, Memory, read_memory
from vega.tracking.points import Point, read_point


def job(stage: Path, *trackers: str) -> Job:
    return Job(str(stage), str(stage.parent / "trackers"), "project", "demo", stage.name, list(trackers), {"arch": "x"})


class Recorder:
    """Keeps what it is told; fails where it is told to."""

    def __init__(self, job: Job, memory: Memory) -> None:
        memory.id = memory.id or "1"
        self.told: list[Point] = []
        self.finished: bool | None = None
        self.fails = False

    def write(self, points: list[Point]) -> None:
        if self.fails:
            raise OSError("the disk is full\nand more")
        self.told += points

    def close(self, finished: bool) -> None:
        self.finished = finished


@pytest.fixture
def recorders(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Recorder]]:
    """Two trackers that can be looked into: the recorders of each start."""
    made: dict[str, list[Recorder]] = {"tensorboard": [], "wandb": []}

    def open_one(name: str) -> Any:
        def opened(job: Job, memory: Memory) -> Recorder:
            made[name].append(Recorder(job, memory))
            return made[name][-1]

        return opened

    monkeypatch.setattr(follower, "WRITERS", {name: open_one(name) for name in made})
    return made


def told(recorder: Recorder) -> list[tuple[str, int]]:
    return [(point.kind, point.update) for point in recorder.told]


def test_a_point_has_the_names_of_the_log_and_finite_numbers_only() -> None:
    point = read_point(train_line(20, 5.0))
    assert point is not None and point[:2] == ("train", 20)
    names = {"epoch", "update", "loss", "nll_loss", "lr", "tps", "s_per_update", "mfu", "host_gib"}
    assert set(point.values) == {f"train/{name}" for name in names}
    valid = read_point(valid_line(50, 4.0))
    assert valid is not None and valid[:2] == ("valid", 50)
    assert valid.values["valid/nll_en-de"] == 4.0 and "valid/num_updates" not in valid.values
    assert [read_point(line) for line in (epoch_line(10), "{half", "[1]", "")] == [None] * 4


@given(st.lists(st.tuples(st.sampled_from(["train", "valid"]), st.integers(0, 30)), max_size=40), st.integers(1, 5))
def test_in_any_order_and_any_portions_no_update_comes_twice(seen: list[tuple[str, int]], portion: int) -> None:
    points = [Point(kind, update, {}) for kind, update in seen]
    memory, taken = Memory(), []
    for at in range(0, len(points), portion):
        taken += memory.take(points[at : at + portion])
    for kind in ("train", "valid"):
        mine = [point.update for point in taken if point.kind == kind]
        assert mine == sorted(set(mine))
        assert max(mine, default=-1) == max((update for k, update in seen if k == kind), default=-1)


def test_a_resumed_training_goes_on_where_the_trackers_are(tmp_path: Path, recorders: Any) -> None:
    stage = tmp_path / "train"
    write(stage / "train.log", 10, 60)
    first = Follower(job(stage, "tensorboard"))
    first.look()
    write(stage / "train.log", 70, 80)
    first.look()
    first.close(finished=False)
    write(stage / "train.log", 60, 100, loss=4.0)  # from the checkpoint of update 50
    second = Follower(job(stage, "tensorboard"))
    second.look()
    second.close(finished=True)
    before, after = recorders["tensorboard"]
    assert told(before) == [
        *[("train", u) for u in range(10, 60, 10)],
        ("valid", 50),
        *[("train", u) for u in (60, 70, 80)],
    ]
    assert told(after) == [("train", 90), ("train", 100), ("valid", 100)]
    assert (before.finished, after.finished) == (False, True)
    assert read_memory(stage)["tensorboard"] == Memory("1", {"train": 100, "valid": 100})


def test_a_stage_begun_anew_is_a_new_run(tmp_path: Path, recorders: Any) -> None:
    stage = tmp_path / "train"
    write(stage / "train.log", 10, 30)
    Follower(job(stage, "tensorboard")).look()
    (stage / STATE).unlink()  # as `vega train` empties the folder
    (stage / "train.log").unlink()
    write(stage / "train.log", 10, 20)
    Follower(job(stage, "tensorboard")).look()
    assert told(recorders["tensorboard"][1]) == [("train", 10), ("train", 20)]


def test_a_tracker_that_fails_is_named_once_and_the_other_goes_on(
    tmp_path: Path, recorders: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = tmp_path / "train"
    write(stage / "train.log", 10, 20)
    both = Follower(job(stage, "tensorboard", "wandb"))
    both.look()
    recorders["wandb"][0].fails = True
    for last in (30, 40):
        write(stage / "train.log", last, last)
        both.look()
    both.close(finished=True)
    said = capsys.readouterr().err.splitlines()
    assert said == ["vega: warning: wandb gets nothing more of this training: the disk is full"]
    assert told(recorders["tensorboard"][0])[-1] == ("train", 40)
    Follower(job(stage, "tensorboard", "wandb")).look()  # at the next start it is tried again
    assert told(recorders["wandb"][1]) == [("train", 40)] and told(recorders["tensorboard"][1]) == []


def settings(**changes: Any) -> TrainSettings:
    return TrainSettings(data=Path("data"), directions=["en-de"], **changes)


def test_a_missing_package_is_one_sentence_before_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "NEEDED", {"wandb": ("json", "no_such_package")})
    told = settings(trackers=["wandb"])
    missing = pytest.raises(UserError, match=r"wandb is not installed: pip install 'vega-mt\[wandb\]'")
    with missing, start.tracked(told, tmp_path / "train"):
        pytest.fail("training has begun")


def test_tensorboard_reads_back_what_training_logged(tmp_path: Path) -> None:
    stage = tmp_path / "demo" / "train"
    told = settings(trackers=["tensorboard"], arch="vega_tiny")
    with start.tracked(told, stage):  # twice, the second after a kill
        write(stage / "train.log", 10, 60)
    with start.tracked(told, stage):
        write(stage / "train.log", 40, 100, loss=3.0)
    found = scalars(tmp_path / "demo/trackers/tensorboard/demo/train")
    assert found["train/loss"] == [(u, 5.0 if u <= 60 else 3.0) for u in range(10, 101, 10)]
    assert found["valid/nll_de-en"] == [(50, 5.0), (100, 3.0)]
    assert {"train/tps", "train/mfu", "train/host_gib", "train/lr"} <= set(found)
    (stage / STATE).unlink()
    (stage / "train.log").unlink()
    with start.tracked(told, stage):  # begun anew
        write(stage / "train.log", 10, 20, loss=2.0)
    assert scalars(tmp_path / "demo/trackers/tensorboard/demo/train")["train/loss"] == [(10, 2.0), (20, 2.0)]


def test_trackers_that_die_or_hang_do_not_stop_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    begin = start._start

    def note(job: Job) -> subprocess.Popen[bytes]:
        started.append(begin(job))
        return started[-1]

    monkeypatch.setattr(start, "_start", note)
    monkeypatch.setattr(start, "PATIENCE", 0.5)
    for number, said in ((signal.SIGKILL, "ended with status -9"), (signal.SIGSTOP, "did not end")):
        with start.tracked(settings(trackers=["tensorboard"]), tmp_path / "train"):
            os.kill(started[-1].pid, number)
            time.sleep(0.2)
        assert said in capsys.readouterr().err
        assert started[-1].returncode is not None


def test_nothing_is_sent_unless_the_user_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert writers.OFFLINE["WANDB_MODE"] == "offline" and writers.OFFLINE["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert start.tracking_job(settings(trackers=["mlflow"]), Path("runs/demo/train")).folder.endswith("demo/trackers")
    given = start.tracking_job(
        settings(trackers=["wandb"], tracker_folder="/shared/t", lr=0.5), Path("runs/demo/train")
    )
    assert (given.folder, given.run, given.name) == ("/shared/t", "demo", "train")
    assert json.loads(given.config["lr"]) == 0.5

"""Lines that kill their process are found, others are not blamed."""

import os
import signal
from pathlib import Path

import pytest

from data_pipeline import poison
from data_pipeline.poison import forget, lives, marking
from vega.errors import UserError


def crash_at(prefix: Path, line: int) -> None:
    """What a process leaves that was killed at this line."""
    child = os.fork()
    if not child:
        with marking(prefix, lambda line: True) as (mark, _, _):
            mark.at(1)
            mark.at(line)
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def test_the_line_of_a_killed_process_is_tried_alone(tmp_path: Path) -> None:
    prefix = tmp_path / "shard"
    crash_at(prefix, 7)
    crash_at(tmp_path / "shard2", 9)
    asked = []

    def survives(line: int) -> bool:
        asked.append(line)
        return line != 7

    with marking(prefix, survives) as (_, found, in_batch):
        assert (found, in_batch) == ({7}, False)
    assert asked == [7] * poison.PROOFS
    crash_at(prefix, 12)
    asked.clear()
    with marking(prefix, survives) as (_, found, _):
        assert found == {7}  # 12 was killed by chance
    assert asked == [12]  # and what was found out before is known
    forget(prefix)
    assert [path.name.split(".")[0] for path in tmp_path.iterdir()] == ["shard2"]


def test_a_line_that_dies_once_of_two_times_is_not_blamed(tmp_path: Path) -> None:
    crash_at(tmp_path / "shard", 7)
    answers = iter([False, True])
    with marking(tmp_path / "shard", lambda line: next(answers)) as (_, found, _):
        assert found == set()


def test_a_death_in_a_batch_asks_for_single_lines(tmp_path: Path) -> None:
    crash_at(tmp_path / "shard", -1)
    with marking(tmp_path / "shard", lambda line: False) as (_, found, in_batch):
        assert (found, in_batch) == (set(), True)


def test_an_error_leaves_no_mark(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), marking(tmp_path / "shard", lambda line: True) as (mark, _, _):
        mark.at(3)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_too_many_deaths_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poison, "MAX_CRASHES", 2)
    for _ in range(3):
        crash_at(tmp_path / "shard", 0)
    with (
        pytest.raises(UserError, match="3 processes died on the shard shard"),
        marking(tmp_path / "shard", lambda line: True),
    ):
        pass


@pytest.mark.parametrize(
    ("function", "argument", "lived"),
    [(int, "7", True), (int, "seven", True), (os._exit, 0, False), (signal.raise_signal, signal.SIGKILL, False)],
)
def test_a_child_tells_life_from_death(function: object, argument: object, lived: bool) -> None:
    assert lives(function, argument) is lived  # type: ignore[arg-type]

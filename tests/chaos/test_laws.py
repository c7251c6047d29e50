"""The checker itself, on records as a run leaves them: silent on sound ones, and each kind of fault is found."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.laws import FINISHED, KILLED, STOPPED, Start, figures, violations

REFERENCE: dict[int, dict[str, Any]] = {
    update: {"update": update, "loss": 5 / update, "ids": [[10 * update + batch, 900] for batch in range(4)]}
    for update in range(1, 9)
}
MOST_LOST = 2


def done(processes: int, first: int, last: int) -> list[list[dict[str, Any]]]:
    """What each process records of sound updates."""
    lines = [REFERENCE[update] for update in range(first, last + 1)]
    return [[{**line, "ids": line["ids"][rank::processes]} for line in lines] for rank in range(processes)]


def sound() -> list[Start]:
    """Killed after update 5, of which 4 were saved and one process's line is missing; stopped after 6; finished."""
    first = done(2, 1, 5)
    first[1].pop()
    return [
        Start(1, first, before=0, after=4, end=KILLED),
        Start(2, [[], [], [], []], before=4, after=4, end=KILLED),
        Start(3, done(4, 5, 6), before=4, after=6, end=STOPPED),
        Start(4, done(1, 7, 8), before=6, after=8, end=FINISHED),
    ]


def found(starts: list[Start]) -> list[str]:
    return list(violations(REFERENCE, starts, MOST_LOST))


def test_a_sound_record_breaks_no_law() -> None:
    assert found(sound()) == []
    numbers = figures(REFERENCE, sound())
    assert (numbers["starts"], numbers["updates_executed"], numbers["updates_in_lineage"]) == (4, 9, 8)
    assert (numbers["sentences_in_lineage"], numbers["most_updates_lost"]) == (64, 1)


def test_a_line_that_is_missing_of_an_update_in_the_checkpoint_is_no_loss() -> None:
    """The first process saves alone, while the second may die before it writes."""
    starts = sound()
    starts[0] = replace(starts[0], after=5)
    starts[1:] = [
        replace(starts[1], before=5, after=5),
        Start(3, done(4, 6, 6), before=5, after=6, end=STOPPED),
        starts[3],
    ]
    assert found(starts) == []


def _off_by_one(starts: list[Start]) -> None:
    """The third start begins with the batch after the right one."""
    batches = [batch for update in range(5, 8) for batch in REFERENCE[update]["ids"]][1:9]
    lines = [
        [{**line, "ids": [batches[4 * place + rank]]} for place, line in enumerate(process)]
        for rank, process in enumerate(done(4, 5, 6))
    ]
    starts[2] = replace(starts[2], lines=lines)


def _batches_of_two_processes_swapped(starts: list[Start]) -> None:
    starts[2] = replace(starts[2], lines=[starts[2].lines[rank] for rank in (1, 0, 2, 3)])


def _loss_off(starts: list[Start], loss: float) -> None:
    lines = done(1, 7, 8)
    lines[0][1]["loss"] = loss
    starts[3] = replace(starts[3], lines=lines)


def _other_masks(starts: list[Start]) -> None:
    _loss_off(starts, 5 / 8 + 3e-5)


def _not_a_number(starts: list[Start]) -> None:
    _loss_off(starts, math.nan)


def _an_update_left_out(starts: list[Start]) -> None:
    starts[3] = replace(starts[3], lines=done(1, 8, 8))


def _an_update_twice(starts: list[Start]) -> None:
    starts[3] = replace(starts[3], lines=done(1, 6, 8))


def _a_wrong_update_that_was_undone(starts: list[Start]) -> None:
    lines = done(2, 1, 5)
    lines[0][4]["ids"] = lines[0][3]["ids"]
    starts[0] = replace(starts[0], lines=lines)


def _too_much_lost(starts: list[Start]) -> None:
    starts[0] = replace(starts[0], after=2)
    starts[1] = replace(starts[1], before=2, after=2)
    starts[2] = Start(3, done(4, 3, 6), before=2, after=6, end=STOPPED)


def _lost_by_a_clean_stop(starts: list[Start]) -> None:
    starts[2] = replace(starts[2], after=5)
    starts[3] = Start(4, done(1, 6, 8), before=5, after=8, end=FINISHED)


def _gone_back(starts: list[Start]) -> None:
    starts[1] = replace(starts[1], after=3)
    starts[2] = Start(3, done(4, 4, 6), before=3, after=6, end=STOPPED)


def _from_an_older_checkpoint(starts: list[Start]) -> None:
    starts[2] = Start(3, done(4, 4, 6), before=3, after=6, end=STOPPED)


def _a_checkpoint_of_what_was_not_done(starts: list[Start]) -> None:
    starts[0] = replace(starts[0], lines=done(2, 1, 3))


def _processes_that_stop_apart(starts: list[Start]) -> None:
    starts[2] = replace(starts[2], lines=[lines[: 2 - (rank == 3)] for rank, lines in enumerate(starts[2].lines)])


def _never_finished(starts: list[Start]) -> None:
    starts.pop()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_off_by_one, "start 3, process 0, update 5: not the sentences"),
        (_batches_of_two_processes_swapped, "start 3, process 1, update 6: not the sentences"),
        (_other_masks, "start 4, process 0, update 8: loss 0.625030, uninterrupted 0.625000"),
        (_not_a_number, "start 4, process 0, update 8: loss nan"),
        (_an_update_left_out, "update 7 is lost"),
        (_an_update_twice, "update 6 is in the model 2 times: starts [3, 4]"),
        (_a_wrong_update_that_was_undone, "start 1, process 0, update 5: not the sentences"),
        (_too_much_lost, "start 1, killed: 3 updates lost (2 of 5 kept)"),
        (_lost_by_a_clean_stop, "start 3, stopped: 1 updates lost (5 of 6 kept)"),
        (_gone_back, "start 2: the newest checkpoint went back from 4 to 3"),
        (_from_an_older_checkpoint, "start 3: from update 3, but start 2 left 4"),
        (_a_checkpoint_of_what_was_not_done, "start 1: checkpoint of update 4, but 3 was the last done"),
        (_processes_that_stop_apart, "start 3, stopped: its processes have done [2, 2, 2, 1] updates"),
        (_never_finished, "update 8 is lost: no checkpoint has it"),
    ],
)
def test_each_fault_is_found(spoil: Callable[[list[Start]], None], message: str) -> None:
    starts = sound()
    spoil(starts)
    assert any(message in fault for fault in found(starts)), found(starts)

"""Bad gradients change nothing; a run gone wrong returns to a checkpoint and passes over the text that led to it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairseq_plugins.training.divergence import ENOUGH, Guard, RollBack, SkipList, width
from tests.fairseq_plugins.processes import output, start, train, wait
from tests.fairseq_plugins.running import train_arguments
from vega.exit_codes import DIVERGED

FAILING = str(Path(__file__).parents[1] / "failing")


def test_a_jump_of_the_norm_is_a_spike_and_the_usual_is_not() -> None:
    guard = Guard(skip_bad_updates=3, spike_factor=5)
    for update in range(1, ENOUGH + 1):
        assert guard.may_step(update, 1000.0 if update < 5 else 1.0)  # the start may be wild
    assert guard.may_step(ENOUGH + 1, 4.9)
    with pytest.raises(RollBack, match=r"update 52: gradient norm 5.1, more than 5 times the usual 1"):
        guard.may_step(ENOUGH + 2, 5.1)


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 4))
def test_only_so_many_bad_gradients_in_a_row_are_borne(bad: list[bool], bearable: int) -> None:
    guard, row = Guard(bearable, 0.0), 0
    for update, is_bad in enumerate(bad, start=1):
        row = row + 1 if is_bad else 0
        norm = math.nan if is_bad and row % 2 else math.inf if is_bad else 1.0
        if row > bearable:
            with pytest.raises(RollBack):
                guard.may_step(update, norm)
            return
        assert guard.may_step(update, norm) is not is_bad


def test_the_list_outlives_the_process_and_widens(tmp_path: Path) -> None:
    path = tmp_path / "new" / "skipped_updates.json"
    skipped = SkipList(path)
    assert [skipped.add(30, width(returns)) for returns in (1, 2, 3)] == [(30, 30), (21, 30), (1, 30)]
    skipped.save()
    again = SkipList(path)
    assert [update in again for update in (0, 1, 30, 31)] == [False, True, True, False]


def run(data: Path, folder: Path, failure: dict[str, Any], *more: str, processes: int = 2) -> list[dict[str, Any]]:
    folder.mkdir(exist_ok=True)
    command = train_arguments(
        data, folder / "save", 12, "--disable-validation", "--batches-per-update", "2", "--save-interval-updates", "4",
        "--ddp-backend", "vega_fsdp" if processes > 1 else "legacy_ddp", *more,
    )  # fmt: skip
    return train(processes, command, folder / "record", FAILING, FAILURE=json.dumps(failure))[0]


NAN = {"layer": "decoder.layers.0", "factor": None}


@pytest.mark.e2e
def test_bad_gradients_are_left_out_and_training_goes_on(data: Path, tmp_path: Path) -> None:
    record = run(data, tmp_path, {**NAN, "updates": [5, 6]})
    assert [line["update"] for line in record if line.get("loss")][-1] == 12
    assert len(record) == 12 and all(math.isfinite(line["loss"]) for line in record)
    assert "update 6: the gradient is not finite" in output(tmp_path / "record")


@pytest.mark.e2e
@pytest.mark.parametrize("processes", [1, 2])
def test_a_return_to_the_checkpoint_is_the_run_that_never_read_that_text(
    processes: int, data: Path, tmp_path: Path
) -> None:
    """Updates 6 and 7 are bad, one is borne: back to update 4, 7 is passed over; 6 is bad again, and borne."""
    options = ("--skip-bad-updates", "1")
    record = run(data, tmp_path / "returned", {**NAN, "updates": [6, 7]}, *options, processes=processes)
    known = tmp_path / "known" / "save" / "skipped_updates.json"
    known.parent.mkdir(parents=True)
    known.write_text('{"skipped": [[7, 7]]}')
    expected = run(data, tmp_path / "known", {**NAN, "updates": [6]}, *options, processes=processes)
    assert json.loads((tmp_path / "returned" / "save" / "skipped_updates.json").read_text()) == {"skipped": [[7, 7]]}
    assert [line["ids"] for line in record[-5:]] == [line["ids"] for line in expected[-5:]]
    assert [line["loss"] for line in record[-5:]] == [line["loss"] for line in expected[-5:]]
    log = (tmp_path / "returned" / "record.log.0").read_text()
    assert log.count('"num_updates": "12"') == expected_log_lines(tmp_path / "known" / "record.log.0")


def expected_log_lines(path: Path) -> int:
    return path.read_text().count('"num_updates": "12"')


@pytest.mark.e2e
def test_it_gives_up_in_the_end_and_says_so(data: Path, tmp_path: Path) -> None:
    failure = {**NAN, "updates": list(range(2, 100))}
    command = train_arguments(data, tmp_path / "save", 40, "--disable-validation", "--skip-bad-updates", "0",
                              "--max-rollbacks", "2", "--save-interval-updates", "4")  # fmt: skip
    statuses = wait(start(1, command, tmp_path / "record", FAILING, FAILURE=json.dumps(failure)))
    assert statuses == [DIVERGED]
    assert "gave up after 2 returns" in output(tmp_path / "record")


@pytest.mark.e2e
def test_a_bad_gradient_leaves_no_trace_in_bf16(data: Path, tmp_path: Path) -> None:
    """fairseq multiplies the next gradient by the factor of the one that was left out, unless it is reset."""
    record = run(data, tmp_path, {**NAN, "updates": [6]}, "--bf16", processes=1)
    assert [math.isfinite(line["gnorm"]) for line in record[6:]] == [True] * 6

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm import events
from slurm.events import Event, append, events_path, read_events

EVENTS = st.builds(
    Event,
    event=st.sampled_from(["begin", "end", "resume"]),
    time=st.just("2026-11-24T12:00:00+00:00"),
    job=st.text(max_size=8),
    task=st.none() | st.integers(0, 9),
    error=st.text(),
    node=st.none() | st.just("n2"),
    update=st.none() | st.integers(0),
)


@given(written=st.lists(EVENTS, max_size=5))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, written: list[Event]) -> None:
    run = tmp_path_factory.mktemp("run")
    for event in written:
        append(run, event)
    assert read_events(run) == written


@given(data=st.data())
def test_a_line_that_was_cut_off_costs_only_itself(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    run = tmp_path_factory.mktemp("run")
    first, torn, last = (Event("end", job=name, time="t", error="ä") for name in ("one", "two", "three"))
    append(run, first)
    whole = events_path(run).stat().st_size
    append(run, torn)
    keep = data.draw(st.integers(whole, events_path(run).stat().st_size - 2))
    os.truncate(events_path(run), keep)
    append(run, last)
    assert read_events(run) == [first, last]


def test_many_jobs_may_write_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: append(tmp_path, Event("begin", task=number)), range(200)))
    assert sorted(event.task or 0 for event in read_events(tmp_path)) == list(range(200))


def test_the_time_is_put_in(tmp_path: Path) -> None:
    append(tmp_path, Event("begin"))
    assert read_events(tmp_path)[0].time.endswith("+00:00")


def test_a_line_that_does_not_fit_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(events.os, "write", lambda file, data: write(file, data[:10]))
    with pytest.raises(OSError) as caught:
        append(tmp_path, Event("begin"))
    assert caught.value.errno == errno.ENOSPC
    assert read_events(tmp_path) == []

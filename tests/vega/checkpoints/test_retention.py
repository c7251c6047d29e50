"""Which checkpoints stay."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.vega.checkpoints.saving import save, store
from vega.checkpoints.layout import checkpoint_folders
from vega.checkpoints.retention import HOUR, Retention, Saved

TIMES = st.lists(st.floats(0, 100 * HOUR), min_size=1, max_size=40).map(sorted)


@given(TIMES, st.integers(1, 5), st.integers(0, 10), st.data())
def test_the_laws(times: list[float], last: int, hourly: int, data: st.DataObject) -> None:
    saved = [Saved(f"update_{number}", time) for number, time in enumerate(times)]
    best = data.draw(st.sampled_from([None, *(entry.name for entry in saved)]))
    now = times[-1] + data.draw(st.floats(0, HOUR))
    kept = Retention(last, hourly).kept(saved, best, now)
    assert {entry.name for entry in saved[-last:]} <= kept
    assert best is None or best in kept
    recent = [entry for entry in saved if now - entry.time <= hourly * HOUR]
    for hour in {int(entry.time // HOUR) for entry in recent}:
        assert any(int(entry.time // HOUR) == hour for entry in recent if entry.name in kept)
    assert len(kept) <= last + hourly + 1 + (best is not None)


def test_the_best_and_the_last_survive_on_disk(tmp_path: Path) -> None:
    keeper = store(tmp_path, last=2)
    for update in range(1, 7):
        save(keeper, update, is_best=update == 2)
    assert [int(folder.name[-8:]) for folder in checkpoint_folders(tmp_path)] == [2, 5, 6]

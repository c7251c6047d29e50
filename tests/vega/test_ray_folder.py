from __future__ import annotations

from pathlib import Path

import pytest

from vega import ray_folder
from vega.lock import hold


def test_only_what_dead_owners_left_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dead, alive, other = (tmp_path / name for name in ("vega-ray-dead", "vega-ray-alive", "other"))
    for folder in (dead, alive, other):
        folder.mkdir()
    (dead / ray_folder.LOCK).touch()
    with hold(alive / ray_folder.LOCK, "the folder"):
        ray_folder._sweep(tmp_path)
        assert dead.exists()  # it may have been made just now
        monkeypatch.setattr(ray_folder, "STARTING", -1.0)
        ray_folder._sweep(tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "vega-ray-alive"]


def test_a_folder_is_there_for_the_block_only_and_its_path_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # far too long
    with ray_folder.ray_folder() as folder:
        assert folder.is_dir() and folder.parent == Path("/tmp")
    assert not folder.exists()

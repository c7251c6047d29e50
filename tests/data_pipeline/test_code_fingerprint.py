from __future__ import annotations

from pathlib import Path

import pytest

from data_pipeline.code_fingerprint import environment


def test_packages_that_imports_bring_into_the_path_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray does so: a driver that goes on after a crash would find none of its units."""
    before = environment()
    (tmp_path / "stranger-1.0.dist-info").mkdir()
    (tmp_path / "stranger-1.0.dist-info/METADATA").write_text("Name: stranger\nVersion: 1.0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    environment.cache_clear()
    assert environment() == before

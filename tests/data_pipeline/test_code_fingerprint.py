from __future__ import annotations

import site
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


def test_another_version_of_a_package_changes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(tmp_path)])
    found = []
    for version in ("1.0", "1.1", "1.0"):
        folder = tmp_path / f"model-{version}.dist-info"
        folder.mkdir()
        environment.cache_clear()
        found.append(environment())
        folder.rmdir()
    environment.cache_clear()
    assert found[0] == found[2] != found[1]

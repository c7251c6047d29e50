"""Tiny COMET models, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vega.neural.tiny_comet import make_comet


@pytest.fixture(scope="session")
def regression(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_comet(tmp_path_factory.mktemp("comet") / "tiny-comet-da")


@pytest.fixture(scope="session")
def referenceless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_comet(tmp_path_factory.mktemp("comet") / "tiny-comet-qe", "referenceless_regression_metric")


@pytest.fixture(scope="session")
def unified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_comet(tmp_path_factory.mktemp("comet") / "tiny-cometkiwi-da", "unified_metric")

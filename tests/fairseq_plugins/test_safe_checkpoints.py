"""Checkpoints load under weights_only=True; a pickle that runs code does not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from fairseq import checkpoint_utils

import fairseq_plugins  # noqa: F401


class Planted:
    """Creates a file when it is unpickled: what an attacker's checkpoint would do with a worse command."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.marker),)


def test_a_planted_pickle_is_refused_and_does_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    torch.save({"model": {}, "cfg": Planted(marker)}, tmp_path / "evil.pt")
    with pytest.raises(Exception, match="Weights only load failed"):
        checkpoint_utils.load_checkpoint_to_cpu(str(tmp_path / "evil.pt"))
    assert not marker.exists()


def test_the_planted_pickle_would_have_run(tmp_path: Path) -> None:
    """Guards the test above: without protection the marker appears."""
    marker = tmp_path / "executed"
    torch.save({"cfg": Planted(marker)}, tmp_path / "evil.pt")
    torch.load(tmp_path / "evil.pt", weights_only=False)
    assert marker.exists()

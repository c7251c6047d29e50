"""Scores that are known already, on disk, for any number of processes at once.

One folder per model content; in it one file per process that scored something, only ever appended to: no lock is
needed, also on file systems of clusters where locks do not work. A line is `["KEY", SCORE, "PACKAGE"]`. A process that
is killed leaves at most a last line cut short, which is not read.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NamedTuple

from vega.errors import UserError


class Known(NamedTuple):
    """A score, and the package that computed it, as in unbabel-comet-2.2.7."""

    score: float
    package: str


def default_folder() -> Path:
    """Where scores are kept if no setting says so."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "vega" / "scores"


def key_of(source: str, hypothesis: str, reference: str | None) -> str:
    """SHA-256 of the texts, unambiguous: no two different triples share one."""
    content = json.dumps([source, hypothesis, reference])
    return hashlib.sha256(content.encode()).hexdigest()


class ScoreCache:
    """The scores of one model content; `folder` appears with the first score."""

    def __init__(self, folder: Path, content: str) -> None:
        self.folder = folder / content[:32]
        self._known: dict[str, Known] = {}
        self._stream: IO[str] | None = None
        for path in sorted(self.folder.glob("*.jsonl")):
            self._read(path)

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def __getitem__(self, key: str) -> Known:
        return self._known[key]

    def add(self, scores: Mapping[str, Known]) -> None:
        """Keep scores, on disk before it returns."""
        try:
            if self._stream is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                name = f"{socket.gethostname()}-{os.getpid()}-{time.time_ns()}.jsonl"
                self._stream = (self.folder / name).open("x", encoding="utf-8")
            self._stream.write("".join(json.dumps([key, *known]) + "\n" for key, known in scores.items()))
            self._stream.flush()
        except OSError as error:
            raise UserError(
                f"{self.folder}: scores cannot be kept there ({error.strerror}). Set `cache` of the metric to a folder "
                "with room that can be written to."
            ) from None
        self._known.update(scores)

    def close(self) -> None:
        """The file is whole."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _read(self, path: Path) -> None:
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:  # another user's, on a shared disk
            return
        for line in lines:
            try:
                key, score, package = json.loads(line)
                self._known[str(key)] = Known(float(score), str(package))
            except (ValueError, TypeError):
                continue

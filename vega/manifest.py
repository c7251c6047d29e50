"""The manifest of a finished stage: what went in, what came out, how and when. Its presence means "finished".

`manifest.json`: stage, settings, command, inputs {path: sha256}, outputs {relative path: sha256}, versions,
started and finished (ISO 8601, UTC), seconds, key (see `vega.fingerprint`), and `stats`
{path: [bytes, mtime in ns]}: a file whose size and time are as recorded is not read again.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vega.atomic import write_json
from vega.errors import UserError
from vega.version import __version__

NAME = "manifest.json"
#: Files beside a stage's outputs that are not outputs.
NOT_OUTPUTS = (NAME, "settings.yaml", "log.txt")
#: Packages whose version a manifest records.
RECORDED = ("torch", "ve-fairseq", "fairseq", "numpy", "ray", "duckdb", "ctranslate2", "sentencepiece", "sacrebleu")


@dataclass
class Manifest:
    """The content of `manifest.json`."""

    stage: str
    settings: dict[str, Any]
    command: list[str]
    inputs: dict[str, str]
    outputs: dict[str, str]
    versions: dict[str, str]
    started: str
    finished: str
    seconds: float
    key: str
    stats: dict[str, list[int]] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        write_json(folder / NAME, asdict(self))

    def output_hash(self, folder: Path, relative: str) -> str:
        """The hash of an output as it is now; UserError if it is gone."""
        return hash_file(folder / relative, self.outputs[relative], self.stats.get(relative))

    def input_hash(self, path: Path) -> str:
        """The hash of an input as it is now, read again only where it was not recorded or has changed."""
        return hash_file(path, self.inputs.get(str(path)), self.stats.get(str(path)))

    def damage(self, folder: Path) -> str | None:
        """What is wrong with the outputs: one that is gone or has changed; None if all are as written."""
        for relative, recorded in self.outputs.items():
            if not (folder / relative).is_file():
                return f"{relative} is missing"
            if self.output_hash(folder, relative) != recorded:
                return f"{relative} was changed"
        return None


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in `folder`, or None where there is none that this version can read."""
    try:
        return Manifest(**json.loads((folder / NAME).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, TypeError, ValueError):
        return None


def hash_file(path: Path, recorded: str | None = None, stat: list[int] | None = None) -> str:
    """SHA-256 of a file; `recorded` is believed if size and time are those of `stat`."""
    try:
        if recorded is not None and stat is not None and file_stat(path) == list(stat):
            return recorded
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file.") from None


def file_stat(path: Path) -> list[int]:
    """Size in bytes and time of the last change in ns."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below `folder` in a fixed order, without hidden ones and those that are not outputs."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") for part in parts) and parts[0] not in NOT_OUTPUTS:
            yield path


def versions() -> dict[str, str]:
    """Versions of Python, Vega and the packages that results depend on, as far as they are installed."""
    found = {"python": platform.python_version(), "vega": __version__}
    for name in RECORDED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found

"""Finished units of work on disk: each is a folder that appears by rename, with counts and hashes in unit.json.

A unit's name carries a hash of all that decides its result, so work for other text or settings is never taken for it.
A unit whose files are not as it recorded them counts as missing. No file is forced to the disk: what a power failure
leaves half-written has another hash, and is done again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vega.atomic import remove
from vega.manifest import hash_file

RECORD = "unit.json"


class DamagedUnit(Exception):
    """A file of a published unit is gone or changed."""


def work_folder(output: Path) -> Path:
    """Where a stage keeps its ledger: beside its folder, so that it outlives a crash of the stage. Absolute."""
    return output.absolute().with_name(f".{output.name.removeprefix('.').removesuffix('.tmp')}.work")


def open_ledger(output: Path, fingerprint: str) -> Path:
    """The folder for units that `fingerprint` decides; what other settings left there is deleted.

    For one process that does the stage alone; `share_ledger` is for several.
    """
    for other in work_folder(output).glob("*"):
        if other.name != fingerprint:
            remove(other)
    ledger = share_ledger(output, fingerprint)
    for scratch in (ledger / "units").glob(".*"):
        remove(scratch)
    return ledger


def share_ledger(output: Path, fingerprint: str) -> Path:
    """The folder for units that `fingerprint` decides; several processes may use it at once."""
    ledger = work_folder(output) / fingerprint
    for name in ("units", "inputs", "crashes"):
        (ledger / name).mkdir(parents=True, exist_ok=True)
    return ledger


@contextmanager
def publishing(unit: Path) -> Iterator[tuple[Path, Callable[[dict[str, Any]], None]]]:
    """Give a scratch folder and a function that takes the unit's record; on success the folder becomes `unit`.

    Two writers of one unit do no harm, even at once: both have the same bytes, and one's replace the other's.
    """
    scratch = unit.with_name(f".{unit.name}.{uuid.uuid4().hex[:8]}")
    scratch.mkdir()

    def seal(record: dict[str, Any]) -> None:
        hashes = {path.name: hash_file(path) for path in sorted(scratch.iterdir())}
        (scratch / RECORD).write_text(json.dumps({"files": hashes, **record}, ensure_ascii=False), encoding="utf-8")

    try:
        yield scratch, seal
        while not _renamed(scratch, unit):
            doomed = scratch.with_name(f"{scratch.name}.old")
            with suppress(FileNotFoundError):  # the other writer takes it away
                unit.rename(doomed)
            remove(doomed)
    finally:
        remove(scratch)


def _renamed(scratch: Path, unit: Path) -> bool:
    """Whether the unit is ours now; not where one is there."""
    try:
        scratch.rename(unit)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True


def read_record(unit: Path) -> dict[str, Any] | None:
    """The record of a published unit, None where there is none that can be read."""
    try:
        record = json.loads((unit / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get("files"), dict) else None


def kept_name(code: str) -> str:
    """The file of a unit that holds the text which passed, in one language."""
    return f"kept.{code}"


def present_record(unit: Path) -> dict[str, Any]:
    """The record of a unit that must be there, or DamagedUnit."""
    record = read_record(unit)
    if record is None:
        raise DamagedUnit(f"{unit} is gone")
    return record


def whole_record(unit: Path) -> dict[str, Any] | None:
    """The record of a unit all of whose files are as they were written; reads them all."""
    record = read_record(unit)
    if record is None:
        return None
    for name, sha256 in record["files"].items():
        if not (unit / name).is_file() or hash_file(unit / name) != sha256:
            return None
    return record


def read_checked(unit: Path, record: dict[str, Any], name: str) -> bytes:
    """The content of a unit's file, or DamagedUnit if it is not what the record says."""
    try:
        content = (unit / name).read_bytes()
    except FileNotFoundError:
        content = b""
    if hashlib.sha256(content).hexdigest() != record["files"][name]:
        raise DamagedUnit(f"{unit / name} is not as it was written")
    return content

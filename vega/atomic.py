"""Outputs appear by rename only: a killed or failed writer leaves nothing under the final name."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; rename it to `path` on success, delete it on any error.

    Works for files and folders. The temporary name carries the process id, so two writers never share one.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    remove(temporary)
    try:
        yield temporary
        if temporary.is_dir() and path.is_dir():
            remove(path)
        temporary.replace(path)
    except BaseException:
        remove(temporary)
        raise


@contextmanager
def atomic_files(folder: Path) -> Iterator[Path]:
    """Give a scratch folder inside `folder`; on success its files move up into `folder`, on error none does."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".files.{os.getpid()}.tmp"
    remove(scratch)
    scratch.mkdir()
    try:
        yield scratch
        for path in sorted(scratch.iterdir()):
            path.replace(folder / path.name)
    finally:
        remove(scratch)


def write_text(path: Path, text: str) -> None:
    """Write a whole text file atomically, in UTF-8."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write `content` as a JSON file for people and programs, atomically. ValueError where a number is not finite."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def remove(path: Path) -> None:
    """Delete a file or folder if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

"""Sets of an earlier binarized folder, taken over as they are: a round of synthesis encodes only its new text."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vega.errors import UserError
from vega.token_store import set_name
from vega.vocabulary_files import VOCABULARY_FILES


def described_name(described: dict[str, Any]) -> str:
    """The name of a set as data.json describes it."""
    return set_name(described["split"], described["name"], described["languages"])


def sets_of(base: Path, vocabulary: Path, new: Sequence[str]) -> list[dict[str, Any]]:
    """The sets of `base` as its data.json describes them.

    UserError if it was made with another vocabulary than that in the folder `vocabulary`, or has one of the sets `new`.
    """
    try:
        sets = json.loads((base / "data.json").read_text(encoding="utf-8"))["sets"]
        names = [described_name(described) for described in sets if described["files"]]
    except FileNotFoundError as error:
        raise UserError(f"{error.filename}: no such file. base must be a folder written by `vega binarize`.") from None
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{base}/data.json: not what this Vega writes ({error}). Run `vega binarize` again.") from None
    for name in VOCABULARY_FILES:
        if _content(base / name) != _content(vocabulary / name):
            raise UserError(f"{base} was encoded with another vocabulary than {vocabulary}: {name} differs.")
    if twice := sorted(set(names) & set(new)):
        raise UserError(f"{base} has a set {twice[0]} already. Give the new corpus another name.")
    return list(sets)


def take_over(sets: Sequence[dict[str, Any]], base: Path, folder: Path) -> None:
    """Make the files of sets appear in `folder`, as further names of the same files where the disk is the same."""
    for described in sets:
        for code in described["languages"]:
            for ending in ("bin", "idx"):
                name = f"{described_name(described)}.{code}.{ending}"
                _link(base / name, folder / name)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise UserError(f"{source}: no such file. Run `vega binarize` for {source.parent} again.") from None
    except OSError as error:
        # Another disk, one without hard links, or a file of somebody else's.
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS):
            raise
        shutil.copyfile(source, target)

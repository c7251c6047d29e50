"""The key of a stage: a hash of everything that decides its result, and of nothing else.

It covers the stage's name, its settings without those that only change speed, the contents (not the places)
of its inputs, and Vega's major and minor version. Equal keys mean that the finished result can be used.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vega.corpus import fetch
from vega.errors import UserError
from vega.manifest import Manifest, file_stat, files_below, hash_file, read_manifest
from vega.settings import Corpus
from vega.version import __version__

#: How many folders above a file its manifest may be: train/checkpoints/x.pt has it two above.
MANIFEST_LEVELS = 3


@dataclass
class Inputs:
    """Content of a stage's inputs: hashes by role in the settings (for the key) and by path (for the manifest)."""

    by_role: dict[str, str] = field(default_factory=dict)
    by_path: dict[str, str] = field(default_factory=dict)

    def add(self, role: str, path: Path, sha256: str) -> None:
        self.by_role[role] = sha256
        self.by_path[str(path)] = sha256

    def stats(self) -> dict[str, list[int]]:
        """Size and time of each input."""
        return {path: file_stat(Path(path)) for path in self.by_path}


def stage_key(stage: str, settings: BaseModel, inputs: Inputs) -> str:
    """SHA-256 of what decides the result."""
    content = {
        "stage": stage,
        "version": ".".join(__version__.split(".")[:2]),
        "settings": decisive(settings),
        "inputs": inputs.by_role,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def decisive(value: Any) -> Any:
    """Settings as plain data, without places (paths) and without fields that only change speed."""
    if isinstance(value, BaseModel):
        names = [name for name, info in type(value).model_fields.items() if _extra(info).get("affects_result", True)]
        if isinstance(value, Corpus):
            names.remove("files")
        items = {name: getattr(value, name) for name in names}
        return {name: decisive(item) for name, item in items.items() if not isinstance(item, Path)}
    if isinstance(value, dict):
        return {str(key): decisive(item) for key, item in value.items() if not isinstance(item, Path)}
    if isinstance(value, list | tuple):
        return [decisive(item) for item in value if not isinstance(item, Path)]
    return value


def collect_inputs(settings: BaseModel, output: Path, previous: Manifest | None = None) -> Inputs:
    """Hash every file that the settings name; `previous` saves reading what has not changed since.

    What another stage wrote is taken from that stage's manifest. A missing input is a UserError.
    """
    inputs = Inputs()
    for role, path, reads in _paths(settings, ""):
        if path.is_dir():
            for relative, file, sha256 in _folder(path, output):
                if any(fnmatch.fnmatch(relative, pattern) for pattern in reads):
                    inputs.add(f"{role}/{relative}", file, sha256)
        elif path.is_file():
            inputs.add(role, path, _file(path, previous))
        else:
            raise UserError(f"{path}: no such file or folder ({role} in the settings).")
    return inputs


def _paths(value: Any, role: str, reads: tuple[str, ...] = ("*",)) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    """Each input path below a settings value, with its role and the patterns of the files that are read."""
    if isinstance(value, Path):
        yield role, value, reads
    elif isinstance(value, Corpus):
        fetch(value)
        if value.kind == "text":
            for code, path in value.paths().items():
                yield f"{role}.{code}", path, reads
        else:
            yield f"{role}.file", next(iter(value.paths().values())), reads
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            patterns = tuple(_extra(info).get("reads", ["*"]))
            yield from _paths(getattr(value, name), f"{role}.{name}" if role else name, patterns)
    elif isinstance(value, list | tuple | dict):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(item, f"{role}.{key}")


def _folder(folder: Path, output: Path) -> Iterator[tuple[str, Path, str]]:
    """(relative path, path, hash) of each file of a stage's folder, of a run's folder, or of any other."""
    manifest = read_manifest(folder)
    stages = {child: read_manifest(child) for child in sorted(folder.iterdir()) if child != output}
    finished = {child: found for child, found in stages.items() if found is not None}
    if manifest is not None:
        for relative in manifest.outputs:
            yield relative, folder / relative, manifest.output_hash(folder, relative)
    elif finished:
        for child, found in finished.items():
            for relative in found.outputs:
                yield f"{child.name}/{relative}", child / relative, found.output_hash(child, relative)
    else:
        for path in files_below(folder):
            yield str(path.relative_to(folder)), path, hash_file(path)


def _file(path: Path, previous: Manifest | None) -> str:
    """The hash of one file, from the manifest of the stage that wrote it where there is one."""
    for folder in list(path.parents)[:MANIFEST_LEVELS]:
        manifest = read_manifest(folder)
        relative = str(path.relative_to(folder))
        if manifest is not None and relative in manifest.outputs:
            return manifest.output_hash(folder, relative)
    return previous.input_hash(path) if previous else hash_file(path)


def _extra(info: FieldInfo) -> dict[str, Any]:
    extra = info.json_schema_extra
    return dict(extra) if isinstance(extra, dict) else {}

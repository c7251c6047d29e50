"""Which stages of a run a translation goes back to: from the manifest of the stage that wrote it, input by input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vega.errors import UserError
from vega.manifest import Manifest, hash_file, read_manifest
from vega.settings import System

#: Stages that write translations of test sets, the last one first.
TRANSLATING = ("postprocess", "translate")
#: They judge and stop; no text or weight that is used comes from them.
_NOT_MADE_OF = ("evaluate", "report", "probe")


@dataclass(frozen=True)
class Trace:
    """`stages`: name -> manifest of all that the translation was made with, in order of starting.

    `written_by` is the stage that wrote these very translations, "" where none did.
    """

    run: Path
    root: Path  # where the run was when it was made; paths in manifests begin with it
    system: System
    stages: Mapping[str, Manifest]
    written_by: str

    def of_command(self, *commands: str) -> dict[str, Manifest]:
        """The stages that a command made."""
        return {name: manifest for name, manifest in self.stages.items() if manifest.stage in commands}

    def stage_of(self, path: Path | str) -> str:
        """The stage whose folder a path of a manifest is in, or ""."""
        return stage_of(Path(path), self.root)

    def here(self, path: Path | str) -> Path:
        """A path of a manifest as it is now."""
        path = Path(path)
        return self.run / path.relative_to(self.root) if path.is_relative_to(self.root) else path


def trace(run: Path, hypotheses: Sequence[Path], name: str) -> Trace:
    """Find the system of the run that wrote the translations, by their content, or `name` it; and its stages."""
    manifests = {path.name: manifest for path in _folders(run) if (manifest := read_manifest(path)) is not None}
    if "translate" not in manifests:
        raise UserError(f"{run}: its stage translate has not finished, so nothing says what it was made with.")
    settings = manifests["translate"].settings
    systems = [System.model_validate(system) for system in settings["systems"]]
    writers = _writers(manifests, hypotheses)
    wanted = name or _only(writers, run, hypotheses)
    writer = writers.get(wanted, "")
    found = next((system for system in systems if system.name == wanted), None)
    if found is None:
        names = ", ".join(system.name for system in systems)
        reason = f"no system '{wanted}'" if wanted else f"no system that wrote {hypotheses[0]}"
        raise UserError(f"{run}: it has {reason}. Name one with --run-system: {names}.")
    root = Path(settings["data"]).parent
    begin = [str(settings["data"]), *map(str, filter(None, (found.checkpoint, found.decoder)))]
    begin += [str(model.checkpoint) for model in found.models]
    made = _closure(root, manifests, {stage_of(Path(path), root) for path in begin} | {"translate", writer})
    ordered = sorted(made, key=lambda stage: manifests[stage].started)
    return Trace(run, root, found, {stage: manifests[stage] for stage in ordered}, writer)


def stage_of(path: Path, root: Path) -> str:
    """The first folder of a path below `root`, "" for a path elsewhere."""
    return path.relative_to(root).parts[0] if path != root and path.is_relative_to(root) else ""


def _folders(run: Path) -> Iterator[Path]:
    if not run.is_dir():
        raise UserError(f"{run}: no such folder. Give the folder of a run, as in runs/demo.")
    yield from sorted(path for path in run.iterdir() if path.is_dir() and not path.name.startswith("."))


def _writers(manifests: Mapping[str, Manifest], hypotheses: Sequence[Path]) -> dict[str, str]:
    """System -> stage, of those that wrote all of the files."""
    wanted = {hash_file(path) for path in hypotheses}
    found: dict[str, str] = {}
    for stage in TRANSLATING:
        written: dict[str, set[str]] = {}
        for relative, sha256 in (manifests[stage].outputs if stage in manifests else {}).items():
            if "/" in relative:
                written.setdefault(relative.split("/")[0], set()).add(sha256)
        for system, hashes in written.items():
            if wanted <= hashes:
                found.setdefault(system, stage)
    return found


def _only(writers: Mapping[str, str], run: Path, hypotheses: Sequence[Path]) -> str:
    """The system that wrote the files; of several that wrote the same, the one in whose folder they are; else ""."""
    beside = {path.resolve().parent.name for path in hypotheses if path.resolve().is_relative_to(run.resolve())}
    found = [system for system in writers if len(writers) == 1 or {system} == beside]
    return found[0] if found else ""


def _closure(root: Path, manifests: Mapping[str, Manifest], begin: set[str]) -> set[str]:
    """The stages whose outputs the first ones have read, and so on; of translate only what this system needs."""
    made: set[str] = set()
    waiting = {stage for stage in begin if stage in manifests}
    while waiting:
        stage = waiting.pop()
        made.add(stage)
        if stage in TRANSLATING:
            continue
        read = {stage_of(Path(path), root) for path in manifests[stage].inputs}
        waiting |= {name for name in read if name in manifests and name not in (*_NOT_MADE_OF, *made)}
    return made


def described(manifest: Manifest, *keys: str) -> dict[str, Any]:
    """Some of a stage's settings, those that it has."""
    return {key: manifest.settings[key] for key in keys if manifest.settings.get(key) not in (None, [], {}, "")}

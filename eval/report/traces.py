"""Where the numbers of each section come from: files of the run, and the commands that wrote them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Section -> patterns of the files behind it, below the run's folder.
SOURCES = {
    "recipe-diff": ("recipe.yaml",),
    "scores": ("evaluate/scores.json",),
    "significance": ("evaluate/significance.json",),
    "domains": ("evaluate/breakdown.json",),
    "analysis": ("evaluate/analysis.json",),
    "warnings": ("evaluate/warnings.json",),
    "postprocess": ("postprocess/postprocess.json",),
    "sentences": ("translate/manifest.json", "postprocess/manifest.json", "evaluate/segments.json"),
    "steps": ("*/gain.json",),
    "curves": ("*train*/train.log", "finetune-*/train.log"),
    "mixture": ("*train*/mixture.json", "finetune-*/mixture.json"),
    "time": ("*/manifest.json", "*/checkpoints/metrics.jsonl", "translate/translate.json"),
    "data": ("clean*/clean.json", "leakage*/leakage.json", "binarize*/data.json"),
    "rounds": ("synthesize-*/synthesize.json",),
}
SOURCES["verdict"] = SOURCES["scores"]
SOURCES["runs"] = (*SOURCES["scores"], "*/manifest.json")
SOURCES["dropped"] = (*SOURCES["data"], *SOURCES["rounds"])
SOURCES["flow"] = (*SOURCES["data"], *SOURCES["rounds"], *SOURCES["mixture"])


def traces(folder: Path, manifests: Mapping[str, Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """Section -> [{"file": below the run, "command": that wrote it, or empty}], of what the run has."""
    found = {}
    for section, patterns in SOURCES.items():
        files = [path.relative_to(folder) for pattern in patterns for path in sorted(folder.glob(pattern))]
        own = [file for file in dict.fromkeys(files) if file.parts[0] != "report" and not file.parts[0].startswith(".")]
        if own:
            found[section] = [{"file": file.as_posix(), "command": _command(manifests, file.parts[0])} for file in own]
    return found


def _command(manifests: Mapping[str, Mapping[str, Any]], stage: str) -> str:
    return shlex.join(manifests.get(stage, {}).get("command") or [])

"""The text that a system was trained on, from the reports of the stages that cleaned, made and encoded it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eval.report.files import read_json
from eval.submission.trace import Trace
from vega.manifest import Manifest

#: Commands that read text and make nothing of it that is trained on.
_ONLY_LOOK = ("clean", "leakage")
#: Tag of a corpus -> what it is.
_MADE = {"bt": "back-translated", "ft": "forward-translated", "ct": "cycle-translated"}


def text_sources(trace: Trace) -> list[dict[str, Any]]:
    """A row per corpus of cleaned text that a stage of this system read, in the order of the stages.

    Keys: name, languages, kind (parallel, monolingual, or synthetic), tag, stage, files [{path, bytes, sha256}],
    lines_read, lines_kept, bytes_kept {language: n}, tokens {language: n, with end of sentence} and trained_tokens
    (target tokens that training consumed); the last two are None where no stage encoded or consumed it.
    """
    encoded = _encoded(trace)
    consumed = _consumed(trace)
    read = {path for manifest in trace.stages.values() if manifest.stage not in _ONLY_LOOK for path in manifest.inputs}
    rows = []
    for stage, manifest in trace.of_command("clean").items():
        report = read_json(trace.run / stage / "clean.json") or {}
        for name, facts in report.get("corpora", {}).items():
            corpus = facts["corpus"]
            group = "-".join(corpus["languages"])
            if not any(str(trace.root / stage / f"{name}.{code}") in read for code in corpus["languages"]):
                continue  # cleaned, and never used
            rows.append(
                {
                    "name": corpus["name"],
                    "languages": corpus["languages"],
                    "kind": _kind(corpus),
                    "tag": corpus["tag"],
                    "stage": stage,
                    "files": _files(trace, manifest, corpus),
                    "mtdata": corpus.get("mtdata") or [],
                    "lines_read": facts["read"],
                    "lines_kept": facts["kept"],
                    "bytes_kept": {
                        code: _size(manifest, f"{name}.{code}", trace.run / stage) for code in corpus["languages"]
                    },
                    "tokens": encoded.get((corpus["name"], group)),
                    "trained_tokens": consumed.get((corpus["name"], group), consumed.get((corpus["name"], ""))),
                }
            )
    return rows


def _kind(corpus: dict[str, Any]) -> str:
    if corpus["tag"]:
        return f"synthetic ({_MADE[corpus['tag']]})"
    return "parallel" if len(corpus["languages"]) > 1 else "monolingual"


def _files(trace: Trace, manifest: Manifest, corpus: dict[str, Any]) -> list[dict[str, Any]]:
    """The raw files, with what the manifest says of them; synthetic text is a stage's output."""
    paths = dict.fromkeys(corpus["files"].replace("{lang}", code) for code in corpus["languages"])
    return [
        {"path": path, "bytes": manifest.stats.get(path, [None])[0], "sha256": manifest.inputs.get(path)}
        for path in paths
        if not trace.stage_of(path)
    ]


def _size(manifest: Manifest, relative: str, folder: Path) -> int | None:
    if relative in manifest.stats:
        return manifest.stats[relative][0]
    path = folder / relative
    return path.stat().st_size if path.is_file() else None


def _encoded(trace: Trace) -> dict[tuple[str, str], dict[str, int]]:
    """(name, languages joined) -> tokens by language, of the training sets that were encoded."""
    found = {}
    for stage in trace.of_command("binarize"):
        report = read_json(trace.run / stage / "data.json") or {}
        for each in report.get("sets", []):
            if each["split"] == "train":
                found[each["name"], "-".join(each["languages"])] = each["tokens"]
    return found


def _consumed(trace: Trace) -> dict[tuple[str, str], int]:
    """(name, languages joined) -> target tokens that all trainings consumed, from `direction/set` of mixture.json."""
    sets = _sets_by_direction(trace)
    found: dict[tuple[str, str], int] = {}
    for stage in trace.of_command("train", "finetune", "pretrain"):
        mixture = read_json(trace.run / stage / "mixture.json") or {}
        for key, tokens in mixture.get("consumed", {}).items():
            direction, _, name = key.partition("/")
            for group in sets.get((direction, name), [""]):
                found[name, group] = found.get((name, group), 0) + int(tokens)
    return found


def _sets_by_direction(trace: Trace) -> dict[tuple[str, str], list[str]]:
    """(direction or language, name) -> the language groups of the sets of that name that have it."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, group in _encoded(trace):
        codes = group.split("-")
        for source in codes:
            found.setdefault((source, name), []).append(group)
            for target in codes:
                if source != target:
                    found.setdefault((f"{source}-{target}", name), []).append(group)
    return {key: groups[:1] for key, groups in found.items()}

"""The report of `vega leakage`, for those who must not start without it: binarize, and training.

It names training files by the hash of their content, so that text may be moved, but not changed, after the check.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vega.errors import UserError
from vega.token_store import set_name

NAME = "leakage.json"

#: Format of the report.
FORMAT = 1

_AGAIN = "Run `vega leakage` on the training text as it is now"


@dataclass(frozen=True)
class LeakageReport:
    """A report that passed: where it is, what it says, and the SHA-256 of the files it covers."""

    path: Path
    facts: dict[str, Any]
    hashes: frozenset[str]

    def require(self, files: Iterable[tuple[str, str]]) -> None:
        """UserError unless it covers all `files`: how each is called, and its SHA-256."""
        for called, sha256 in files:
            if sha256 not in self.hashes:
                raise UserError(f"{called}: not in the leakage report {self.path}, or changed since. {_AGAIN}.")


def passed_report(path: Path) -> LeakageReport:
    """Read the report at `path`, or in the folder `path`; UserError if there is none, or it did not pass."""
    path = path / NAME if path.is_dir() else path
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        hashes = frozenset(file["sha256"] for source in facts["sources"].values() for file in source["files"].values())
        passed, version, _ = bool(facts["passed"]), facts["format"], facts["test_sets"]["index_sha256"]
    except FileNotFoundError:
        raise UserError(f"{path}: no such file. Training text is not used unchecked. {_AGAIN}.") from None
    except (KeyError, TypeError, AttributeError, ValueError, OSError) as error:
        raise UserError(f"{path}: not a leakage report, or a damaged one ({error}). {_AGAIN}.") from None
    if version != FORMAT:
        raise UserError(f"{path}: leakage report of format {version}, this Vega reads {FORMAT}. {_AGAIN}.")
    if not passed:
        raise UserError(f"{path}: {facts['hits']} training rows match test sets. Drop them, or see leakage.allow.")
    return LeakageReport(path, facts, hashes)


def joined(first: LeakageReport, second: LeakageReport) -> LeakageReport:
    """One report on the text of both, at the place of the second; UserError if their test sets were not the same."""
    if first.facts["test_sets"]["index_sha256"] != second.facts["test_sets"]["index_sha256"]:
        raise UserError(
            f"{first.path} and {second.path} are about different test sets. Run `vega leakage` again for both, with "
            "the same held_out and ignore."
        )
    sources = dict(first.facts["sources"])
    for name, source in second.facts["sources"].items():
        same = sources.get(name, source) == source
        sources[name if same else f"{name} of {second.path}"] = source
    counts = {key: first.facts[key] + second.facts[key] for key in ("hits", "allow")}
    return LeakageReport(second.path, second.facts | counts | {"sources": sources}, first.hashes | second.hashes)


def check_training_text(data: Path, sides: Iterable[tuple[str, str]]) -> None:
    """UserError unless the report in the binarized folder `data` covers the text of all `sides`.

    A side is a set, as `split.name.languages`, and a language. Reads two small files, data.json and the report: the
    text itself was hashed when it was encoded.
    """
    try:
        report = passed_report(data / NAME)
        encoded = _encoded(data / "data.json")
        report.require((f"{data}/{name}.{code}", encoded.get((name, code), "")) for name, code in sides)
    except UserError as error:
        raise UserError(
            f"{error} Then encode it with `vega binarize`, which takes the report as `leakage`. To train on text that "
            "was not checked, say --unchecked-data."
        ) from None


def _encoded(path: Path) -> dict[tuple[str, str], str]:
    """(`split.name.languages`, language) -> SHA-256 of the text, for all sets of a binarized folder."""
    try:
        return {
            (set_name(each["split"], each["name"], each["languages"]), code): sha256
            for each in json.loads(path.read_text(encoding="utf-8"))["sets"]
            for code, sha256 in each["files"].items()
        }
    except (KeyError, TypeError, AttributeError, ValueError, OSError) as error:
        raise UserError(f"{path}: does not say what text was encoded ({error}). {_AGAIN}.") from None

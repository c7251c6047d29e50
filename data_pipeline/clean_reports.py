"""Find and read the clean stages of a run: of the genuine text, and of each synthesis round."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vega.errors import UserError
from vega.settings import Corpus

REPORT = "clean.json"


@dataclass(frozen=True)
class CleanReport:
    """A finished clean stage: its folder, and what clean.json says."""

    folder: Path
    facts: Mapping[str, Any]

    @property
    def corpora(self) -> dict[str, Any]:
        """`name.group` -> what became of a corpus; its settings are under `corpus`."""
        return dict(self.facts["corpora"])

    def corpus(self, name: str) -> Corpus:
        return Corpus.model_validate(self.corpora[name]["corpus"])

    def readers(self, file: Path) -> list[str]:
        """The corpora that read a file."""
        return [name for name, facts in self.corpora.items() if is_of(file, facts["corpus"])]

    def writer(self, file: Path) -> str | None:
        """The corpus whose cleaned text a file is."""
        for name in self.corpora:
            for code in self.corpus(name).languages:
                if (self.folder / f"{name}.{code}").resolve() == file.resolve():
                    return name
        return None

    def named(self) -> dict[str, Any]:
        """`name.group` -> settings of all text that is not a test set: what was cleaned, and what was compared with."""
        found = {name: facts["corpus"] for name, facts in self.corpora.items()}
        for settings in self.facts.get("against", []):
            corpus = Corpus.model_validate(settings)
            found.setdefault(f"{corpus.name}.{corpus.group}", settings)
        return found


def is_of(file: Path, corpus: Mapping[str, Any]) -> bool:
    """Whether a file is one of a corpus."""
    return any(path.resolve() == file.resolve() for path in Corpus.model_validate(corpus).paths().values())


def clean_reports(run: Path) -> list[CleanReport]:
    """The finished clean stages of a run in order of their making, or the one whose folder is given."""
    found = [_read(folder) for folder in [run, *_stages(run)] if (folder / REPORT).is_file()]
    if not found:
        raise UserError(f"{run}: no finished clean stage ({REPORT}) there. Give the folder of a run, as in runs/demo.")
    return found


def latest_reports(runs: Path) -> Iterator[CleanReport]:
    """The clean stages of all runs in a folder, the one that finished last first; none that cannot be read."""
    files = [*runs.glob(f"*/clean/{REPORT}"), *runs.glob(f"*/clean-*/{REPORT}")]
    for path in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            report = _read(path.parent)
        except UserError:
            continue
        yield report


def _stages(run: Path) -> Sequence[Path]:
    rounds = [path for path in run.glob("clean-*") if (path / REPORT).is_file()]
    return [run / "clean", *sorted(rounds, key=lambda path: (path / REPORT).stat().st_mtime)]


def _read(folder: Path) -> CleanReport:
    """A report; one without a record of every line is of a Vega that kept none."""
    path = folder / REPORT
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        whole = all("corpus" in corpus and "filters" in corpus for corpus in facts["corpora"].values())
    except (KeyError, TypeError, AttributeError, ValueError, OSError) as error:
        raise UserError(f"{path}: cannot be read ({error}). Run `vega clean` again.") from None
    if not whole or "held_out" not in facts:
        raise UserError(f"{path}: of an older Vega, which kept no record of each line. Run `vega clean` again.")
    return CleanReport(folder, facts)

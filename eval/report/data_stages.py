"""What the stages that make training text say: of genuine text, and of each synthesis round."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.report.files import read_json
from eval.report.histograms import Histogram, read_histograms

#: The stages of a round are named `COMMAND-ROUND`.
COMMANDS = ("synthesize", "clean", "leakage", "binarize", "train")


@dataclass(frozen=True)
class DataStages:
    """The reports of one round's stages, of genuine text where `round` is empty; None where a stage has not run."""

    round: str = ""
    synthesize: dict[str, Any] | None = None
    clean: dict[str, Any] | None = None
    leakage: dict[str, Any] | None = None
    binarize: dict[str, Any] | None = None
    histograms: dict[str, list[Histogram]] | None = None  # corpus -> a histogram per score

    def stage(self, command: str) -> str:
        """The name of a stage: `clean`, or `clean-ROUND`."""
        return stage_name(command, self.round)


def stage_name(command: str, round_name: str) -> str:
    return f"{command}-{round_name}" if round_name else command


def round_of(stage: str) -> str:
    """The round that a stage's folder belongs to, empty if to none."""
    command, _, name = stage.partition("-")
    return name if command in COMMANDS else ""


def read_data_stages(run: Path, round_name: str = "") -> DataStages:
    """Read what is there of the reports of one round."""

    def read(command: str, file: str) -> Any:
        return read_json(run / stage_name(command, round_name) / file)

    clean = read("clean", "clean.json")
    return DataStages(
        round=round_name,
        synthesize=read("synthesize", "synthesize.json") if round_name else None,
        clean=clean,
        leakage=read("leakage", "leakage.json"),
        binarize=read("binarize", "data.json"),
        histograms=read_histograms(run / stage_name("clean", round_name), clean) if clean else None,
    )

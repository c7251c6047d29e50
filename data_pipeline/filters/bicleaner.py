"""Pairs that are no translations of each other, by a classifier of Bicleaner AI (Zaragoza-Bernabeu et al. 2022).

Bicleaner AI runs as a command in an environment of its own: it needs protobuf 6 and TensorFlow, which do not go
together with COMET. `python -m venv bicleaner && bicleaner/bin/pip install bicleaner-ai`, and a model folder from
huggingface.co/bitextor. The command starts once for each unit of work and loads TensorFlow, which takes seconds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from data_pipeline.filters.contract import Batched, Row, Scores, above
from vega.errors import UserError
from vega.strict_yaml import read

#: Bicleaner's own rules are left out: ours have been applied, with their scores kept.
_OPTIONS = (
    "--score_only",
    "--disable_hardrules",
    "--disable_lm_filter",
    "--disable_porn_removal",
    "--offline",
    "--quiet",
)
_COLUMNS = ("--scol", "1", "--tcol", "2")
#: Languages of a model for all.
_ANY = ("xx", "xxx")


class Bicleaner(Batched):
    """Probability that the first side and each other one are translations, 0 to 1.

    The default is the threshold that Bicleaner's authors name as a start.
    """

    name: ClassVar[str] = "bicleaner"
    learned: ClassVar[bool] = True

    model: Path = Field(description="folder of a Bicleaner AI model, with metadata.yaml in it")
    command: str = Field(default="bicleaner-ai-classify", description="the program, or the path to it")
    min_score: float = Field(default=0.5, ge=0, le=1, description="probability at least")

    def model_post_init(self, context: Any) -> None:
        if not self._metadata.is_file():
            raise UserError(f"Filter 'bicleaner': {self.model} is no Bicleaner AI model (no metadata.yaml in it).")
        if shutil.which(self.command) is None:
            raise UserError(
                f"Filter 'bicleaner': no program {self.command}. Make an environment for it (python -m venv bicleaner; "
                "bicleaner/bin/pip install bicleaner-ai) and give 'command' the path to its bin/bicleaner-ai-classify."
            )

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        if not rows:
            return []
        first, *others = rows[0]
        columns = {code: self._column(rows, first, code) for code in others}
        return [{code: column[number] for code, column in columns.items()} for number in range(len(rows))]

    def margin(self, scores: Scores) -> float:
        return above(min(scores.values(), default=1.0), self.min_score)

    @property
    def _metadata(self) -> Path:
        return self.model / "metadata.yaml"

    def _column(self, rows: Sequence[Row], first: str, second: str) -> list[float]:
        one, other = self._direction(first, second)
        return self._classify([f"{row[one]}\t{row[other]}" for row in rows])

    def _direction(self, first: str, second: str) -> tuple[str, str]:
        """The two languages in the order in which the model was trained."""
        data = read(self._metadata).data
        source, target = data.get("source_lang"), data.get("target_lang")
        for one, other in ((first, second), (second, first)):
            if source in (one, *_ANY) and target in (other, *_ANY):
                return one, other
        raise UserError(f"{self._metadata}: the model is for {source}-{target}, the corpus is {first}-{second}.")

    def _classify(self, lines: list[str]) -> list[float]:
        done = subprocess.run(
            [self.command, *_OPTIONS, *_COLUMNS, "-", "-", str(self.model)],
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        scores = done.stdout.split()
        if done.returncode or len(scores) != len(lines):
            last = "\n".join(done.stderr.strip().splitlines()[-3:])
            raise UserError(
                f"{self.command} failed with code {done.returncode}, "
                f"{len(scores)} scores for {len(lines)} pairs: {last}"
            )
        return [float(score) for score in scores]

"""Dev sentences as text: what models are chosen by, translated and scored like a test set."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from fairseq_plugins.translator import FairseqTranslator, Search
from vega.atomic import write_json
from vega.checkpoints.sources import Weights
from vega.corpus import read_rows
from vega.directions import Direction, parse_direction
from vega.errors import UserError
from vega.metrics import Gain, Judge, Reference, Statistics
from vega.settings import Corpus
from vega.settings.dev import DevInputs, DevOptions

#: In the folder of every stage that chose by dev sentences, for the report.
GAIN_FILE = "gain.json"


class Part(NamedTuple):
    """A set in a direction; its name may be a domain's."""

    name: str
    direction: Direction
    sources: list[str]
    references: list[str]

    @property
    def label(self) -> str:
        return f"{self.name} {self.direction}"


class Translator(Protocol):
    """A model, an ensemble, or more than that."""

    def translate(self, lines: list[str], direction: Direction) -> list[str]:
        """One output line per line."""


class Outputs(NamedTuple):
    """What a system made of all parts, and the seconds it took without loading."""

    lines: list[list[str]]
    statistics: Statistics
    seconds: float


def dev_parts(corpora: Sequence[Corpus], directions: Sequence[str], lines: int, seed: int) -> list[Part]:
    """Every set in every direction that it has, at most `lines` sentences of each, the same ones in all directions."""
    parts = []
    for direction in map(parse_direction, directions):
        for corpus in corpora:
            if {direction.source, direction.target} <= set(corpus.languages):
                rows = list(read_rows(corpus, tuple(direction)))
                order = np.random.default_rng(seed).permutation(len(rows))[:lines]
                chosen = [rows[index] for index in sorted(order)]
                sides = ([row[code] for row in chosen] for code in direction)
                parts.append(Part(corpus.name, direction, *sides))
    if not any(part.sources for part in parts):
        raise UserError(f"valid: no dev set has sentences in {', '.join(directions)}. Add one.")
    return parts


class DevText:
    """Translates and scores dev sentences as the settings have it."""

    def __init__(self, settings: Any) -> None:
        """`settings` are of a stage, with the fields of `DevOptions` and `DevInputs`."""
        assert isinstance(settings, DevOptions) and isinstance(settings, DevInputs)
        self.settings = settings
        self.parts = dev_parts(settings.valid, settings.directions, settings.lines, settings.seed)
        self.judge = Judge([Reference(part.direction.target, part.references) for part in self.parts], settings.metric)

    @property
    def search(self) -> Search:
        return Search(**{name: getattr(self.settings, name) for name in Search.__dataclass_fields__})

    def translator(self, models: Sequence[Weights]) -> FairseqTranslator:
        """One model, or several as an ensemble."""
        return FairseqTranslator(models, self.settings.data, self.search)

    def translate(self, translator: Translator) -> Outputs:
        """All parts, scored."""
        started = time.monotonic()
        lines = [translator.translate(part.sources, part.direction) for part in self.parts]
        return Outputs(lines, self.judge.statistics(lines), time.monotonic() - started)

    def score(self, outputs: Outputs) -> float:
        """The mean over parts."""
        return self.judge.score(outputs.statistics)

    def gain(self, base: Outputs, better: Outputs) -> Gain:
        """With its interval."""
        return self.judge.gain(
            base.statistics, better.statistics, resamples=self.settings.resamples, seed=self.settings.seed
        )


def write_gain(
    folder: Path, dev: DevText, base: tuple[str, Outputs], better: tuple[str, Outputs], more: Mapping[str, Any]
) -> Gain:
    """`gain.json`: what a stage gained on dev over what it started from, in score and in decoding time."""
    gain, by_set = dev.judge.gains(
        base[1].statistics, better[1].statistics, resamples=dev.settings.resamples, seed=dev.settings.seed
    )
    content = {
        "metric": dev.settings.metric,
        "base": base[0],
        "system": better[0],
        **_rounded(gain),
        "sentences": sum(len(part.sources) for part in dev.parts),
        "seconds": round(better[1].seconds, 3),
        "base_seconds": round(base[1].seconds, 3),
        "sets": [{"set": part.label, **_rounded(each)} for part, each in zip(dev.parts, by_set, strict=True)],
        **more,
    }
    write_json(folder / GAIN_FILE, content)
    return gain


def read_gain(folder: Path) -> dict[str, Any]:
    """What a stage wrote of its gain."""
    found: dict[str, Any] = json.loads((folder / GAIN_FILE).read_text(encoding="utf-8"))
    return found


def _rounded(gain: Gain) -> dict[str, float]:
    return {"base_score" if name == "base" else name: round(value, 3) for name, value in gain._asdict().items()}

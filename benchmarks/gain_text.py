"""What the benchmarks of translation quality share: text drawn from real corpora, and paired comparison of systems."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from vega.metrics import METRICS, Judge, Reference
from vega.text_files import read_lines

T = TypeVar("T")


class Pair(NamedTuple):
    document: str
    source: str
    target: str


def read_free6(data: Path, split: str, code: str, source: str = "lohelp", max_words: int = 12) -> list[Pair]:
    """The pairs of a split of free6 with English that come from `source` (or all) and are short enough, each once."""
    columns = [read_packed(data / f"{split}.en-{code}.{kind}.xz") for kind in ("meta", "en", code)]
    found: dict[tuple[str, str], Pair] = {}
    for meta, english, other in zip(*columns, strict=True):
        origin, document = meta.split("\t")[:2]
        if source in ("all", origin) and 3 <= len(english.split()) <= max_words:
            found.setdefault((english, other), Pair(document, english, other))
    return list(found.values())


def is_test_document(document: str) -> bool:
    """One document of twelve is held out, the same ones for every pair of languages."""
    return int.from_bytes(hashlib.sha256(document.encode()).digest()[:4], "big") % 12 == 0


def draw(items: Sequence[T], number: int, seed: int, name: str) -> list[T]:
    return random.Random(f"{seed} {name}").sample(items, min(number, len(items)))


def read_packed(path: Path) -> list[str]:
    """Lines of a .xz or .gz file."""
    unpack = lzma.decompress if path.suffix == ".xz" else gzip.decompress
    return unpack(path.read_bytes()).decode().split("\n")[:-1]


def write_pairs(text: Path, split: str, code: str, pairs: Sequence[Pair]) -> None:
    write_lines(text / f"{split}.en-{code}.en", [pair.source for pair in pairs])
    write_lines(text / f"{split}.en-{code}.{code}", [pair.target for pair in pairs])


def write_lines(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def compare(systems: Mapping[str, Sequence[tuple[Path, Path, str]]], baseline: str) -> dict[str, dict[str, Any]]:
    """Per system the mean of each metric over its (translation, reference, language), in one order for all systems, and
    the 95 % interval of the difference to the baseline, resampled in pairs."""
    found: dict[str, dict[str, Any]] = {name: {} for name in systems}
    references = [Reference(language, list(read_lines(file))) for _, file, language in systems[baseline]]
    for metric, label in METRICS.items():
        judge = Judge(references, metric)
        statistics = {
            name: judge.statistics([list(read_lines(translation)) for translation, _, _ in files])
            for name, files in systems.items()
        }
        for name, mine in statistics.items():
            gain = judge.gain(statistics[baseline], mine)
            found[name] |= {
                label: round(gain.score, 2),
                f"{label} each": [round(score, 2) for score in judge.scores(mine)],
                f"{label} gain": round(gain.gain, 2),
                f"{label} gain 95 %": [round(gain.low, 2), round(gain.high, 2)],
            }
    return found

"""What the benchmarks of translation quality share: text drawn from real corpora, and paired comparison of systems."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from eval.score import METRICS, build_metric, resampled_sums
from vega.text_files import read_lines

RESAMPLES = 1000
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


class Scores(NamedTuple):
    """Of one system on one test set: the score, and those of `RESAMPLES` resamples, the same lines for all systems."""

    score: float
    resampled: np.ndarray


def score(metric: str, language: str, translation: Path, reference: Path) -> Scores:
    scorer = build_metric(metric, language, list(read_lines(reference)))
    statistics = scorer._extract_corpus_statistics(list(read_lines(translation)), None)
    sums = resampled_sums(np.asarray(statistics, dtype=np.float64), resamples=RESAMPLES, seed=12345)
    drawn = [scorer._compute_score_from_stats(row).score for row in sums.tolist()]
    return Scores(float(scorer._aggregate_and_compute(statistics).score), np.array(drawn))


def compare(systems: Mapping[str, Sequence[tuple[Path, Path, str]]], baseline: str) -> dict[str, dict[str, Any]]:
    """Per system the mean of each metric over its (translation, reference, language), in one order for all systems, and
    the 95 % interval of the difference to the baseline, resampled in pairs."""
    found: dict[str, dict[str, Any]] = {name: {} for name in systems}
    for metric, label in METRICS.items():
        scores = {
            name: [score(metric, language, translation, reference) for translation, reference, language in files]
            for name, files in systems.items()
        }
        base = np.mean([s.resampled for s in scores[baseline]], axis=0)
        for name, mine in scores.items():
            mean = float(np.mean([s.score for s in mine]))
            difference = np.sort(np.mean([s.resampled for s in mine], axis=0) - base)
            cut = RESAMPLES // 40
            found[name] |= {
                label: round(mean, 2),
                f"{label} each": [round(s.score, 2) for s in mine],
                f"{label} gain": round(mean - float(np.mean([s.score for s in scores[baseline]])), 2),
                f"{label} gain 95 %": [round(float(difference[cut]), 2), round(float(difference[-cut - 1]), 2)],
            }
    return found

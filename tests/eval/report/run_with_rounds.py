"""Adds two synthesis rounds to the small run, in the files that the stages write."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from tests.eval.report.conftest import HOSTILE, WORDS, write, write_log, write_manifest

ARABIC = "انقر فوق موافق لحفظ الملف."
ROUNDS = ("r1", "r2")


def clean_report(corpus: str, languages: tuple[str, ...], read: int = 1000) -> dict[str, Any]:
    """What tally.py writes of a corpus, a fifth of which was dropped and one line set aside."""
    text = {code: WORDS[code][0] for code in languages}
    options = {"max_ratio": 3.0, "expected": {}, "per_pair": None}
    dropped = {"length_ratio": read // 10, "duplicate": read // 20, "held_out": read // 20}
    return {
        "read": read,
        "kept": read - sum(dropped.values()) - 1,
        "dropped": dropped,
        "quarantined": {"error:numbers": 1},
        "samples": {"length_ratio": [text]},
        "filters": {
            "length_ratio": {"evaluated": read, "dropped": read // 10, "failed": 0, "options": options},
            "numbers": {"evaluated": read - read // 10, "dropped": 0, "failed": 1, "options": {"min_share": 0.5}},
        },
        "examples": {
            "length_ratio": [
                {"line": 7, "text": {**text, languages[0]: HOSTILE},
                 "scores": {"length_ratio.de": 5.25, "length_ratio.zh": None, "numbers.de": 1.0}},
                {"line": 8, "text": {**text, languages[0]: ARABIC}, "scores": {"length_ratio.de": 4.0}},
            ],
            "duplicate": [{"line": 12, "of": corpus, "of_line": 3, "similarity": 1.0, "text": text}],
            "held_out": [{"line": 20, "match": "near", "of": "help", "of_line": 0, "text": text}],
            "error:numbers": [{"line": 31, "text": text, "error": f"ValueError: {HOSTILE}"}],
        },
        "nearly_dropped": {
            "length_ratio": [{"line": 40, "margin": 0.0123, "text": text, "scores": {"length_ratio.de": 2.96}}]
        },
        "corpus": {"name": corpus.split(".")[0], "languages": list(languages), "files": "x.{lang}"},
    }  # fmt: skip


def write_provenance(stage: Path, corpus: str, read: int = 1000) -> None:
    """Ratios from 1 up, of which the largest tenth was dropped; one is infinite, and some lines were not asked."""
    ratios: list[float | None] = [1 + 3 * at / read for at in range(read)]
    outcomes = ["kept" if at < read * 0.9 else "length_ratio" for at in range(read)]
    ratios[-1], ratios[0], outcomes[0] = math.inf, None, "empty"
    outcomes[5] = "duplicate"
    table = pa.table(
        {"corpus": [corpus] * read, "line": range(1, read + 1), "outcome": outcomes,
         "length_ratio.de": pa.array(ratios, pa.float32())}
    )  # fmt: skip
    (stage / "provenance").mkdir(parents=True, exist_ok=True)
    pq.write_table(table, stage / "provenance" / f"{corpus}.parquet")


def leakage_report(source: str, hits: int) -> dict[str, Any]:
    sample = {"line": 9, "kind": "near", "side": "de", "test_set": "help", "test_line": 4, "similarity": 0.9}
    return {
        "format": 1, "passed": not hits, "hits": hits, "allow": 0,
        "test_sets": {"sides": {"bundled": {"newstest2021": 25958}, "recipe": {"help": 24}}},
        "sources": {source: {"rows": 800, "hits": hits, "kinds": {"near": {"help": hits}} if hits else {},
                             "samples": [sample | {"text": HOSTILE}] * hits}},
    }  # fmt: skip


def synthesize_report(text: str, direction: str) -> dict[str, Any]:
    languages = text.split(".")[1].split("-")
    return {
        "round": "r1", "device": "cpu", "compute_type": "int8", "seconds": 61.5, "workers": 2,
        "gates": {"unfinished": "the output was cut off before its end"},
        "texts": {text: {
            "step": "bt", "kind": "back_translation", "text": "mono",
            "translated": direction, "tags": {direction: "bt"},
            "lines": 1200, "candidates": 1200, "kept": 1000, "dropped": {"unfinished": 150, "empty": 49},
            "quarantined": {"error:lm": 1},
            "samples": {"kept": [{"line": 1, "original": HOSTILE, "texts": {code: WORDS[code][0] for code in languages},
                                  "scores": {"pair_score": -1.25}}],
                        "unfinished": [{"line": 2, "original": ARABIC}]},
            "source_tokens": 24000, "target_tokens": 25000, "worker_seconds": 100.0,
            "target_tokens_per_second": 500.0, "hours_per_million_kept": 13.9, "cost_per_million_kept": None,
        }},
    }  # fmt: skip


def add_rounds(run: Path) -> Path:
    """Round r1 is whole; r2 has been synthesized only."""
    languages = ("en", "de", "zh")
    recipe = yaml.safe_load((run / "recipe.yaml").read_text())
    write(run / "recipe.yaml", yaml.safe_dump(recipe | {"synthesis": [{"name": name} for name in ROUNDS]}))
    write(run / "clean/clean.json", {"corpora": {"lohelp.en-de-zh": clean_report("lohelp.en-de-zh", languages)}})
    write_provenance(run / "clean", "lohelp.en-de-zh")
    write(run / "leakage/leakage.json", leakage_report("lohelp.en-de-zh", 0))
    genuine = {"split": "train", "name": "lohelp", "languages": list(languages), "sentences": 799, "tag": "",
               "directions": [], "tokens": dict.fromkeys(languages, 9000),
               "files": {"en": "a", "de": "b", "zh": "c"}}  # fmt: skip
    write(run / "binarize/data.json", {"sets": [genuine], "vocabulary": 4031})
    text = "r1_bt.en-de"
    write(run / "synthesize-r1/synthesize.json", synthesize_report(text, "en-de"))
    write(run / "clean-r1/clean.json", {"corpora": {text: clean_report(text, ("en", "de"))}})
    write(run / "leakage-r1/leakage.json", leakage_report(text, 1))
    made = {"split": "train", "name": "r1_bt", "languages": ["en", "de"], "sentences": 700, "tag": "bt",
            "directions": ["en-de"], "tokens": {"en": 7000, "de": 7000}, "files": {"en": "d", "de": "e"}}  # fmt: skip
    write(run / "binarize-r1/data.json", {"sets": [genuine, made], "vocabulary": 4031})
    plan = {"en-de/lohelp": 0.2, "en-de/r1_bt": 0.2, "de-en/lohelp": 0.2, "en-zh/lohelp": 0.2, "zh-en/lohelp": 0.2}
    consumed = {"en-de/lohelp": 300, "en-de/r1_bt": 100, "de-en/lohelp": 200, "en-zh/lohelp": 200, "zh-en/lohelp": 200}
    phases = {"clean": {"first_block": 0, "planned_share": {"en-de/lohelp": 1.0}}, "all": {"first_block": 1250}}
    write(run / "train-r1/mixture.json", {"plan": plan, "consumed": consumed, "phases": phases})
    write_log(run / "train-r1/train.log", 200, ["en-de"])
    write(run / "synthesize-r2/synthesize.json", {"round": "r2", "texts": {}})
    write_log(run / "train-r0/train.log", 100, ["en-de"])  # of an earlier recipe
    stages = ("synthesize-r1", "clean-r1", "leakage", "leakage-r1", "binarize-r1", "train-r1", "synthesize-r2")
    for minute, stage in enumerate(stages):
        write_manifest(run, stage, minute, 3.5)
    manifest = json.loads((run / "translate/manifest.json").read_text())
    manifest["settings"]["systems"] = [
        {"name": "multidirectional", "checkpoint": str(run / "train/checkpoints/checkpoint_best.pt")},
        {"name": "untrained", "kind": "untrained", "checkpoint": str(run / "train/checkpoints/checkpoint_best.pt")},
        {"name": "r1", "checkpoint": str(run / "train-r1/checkpoints/checkpoint_best.pt")},
        {"name": "copy", "kind": "copy", "checkpoint": None},
    ]
    write(run / "translate/manifest.json", manifest)
    scores = json.loads((run / "evaluate/scores.json").read_text())
    first = [row for row in scores if row["system"] == "multidirectional"]
    better = [row | {"system": "r1", "score": row["score"] + 1.5} for row in first]
    write(run / "evaluate/scores.json", scores + better)
    return run

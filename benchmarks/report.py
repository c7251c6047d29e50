"""Seconds to write the report of a whole run: 2,000 sentences in two directions of three systems, and all sections.

Text is real: sources, references and the outputs of two WMT22 systems, with a second reference as the third system.
Scores, tests, domains and rates are those of `vega evaluate`, which is not timed; the records of the other stages are
made up, as large as those of a long run (two trainings of 100,000 updates logged every 100, cleaning of 12 corpora).
The goal is 10 s. One JSON line, with the size of the page.

    python benchmarks/report.py --data ../shared/data/wmt22
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.evaluate import run as evaluate
from eval.report.build import run as report
from vega.settings import AboutTestSet, Corpus, EvaluateSettings, ReportSettings

GOAL = 10.0
SETS = {"en-zh": "B", "en-de": "B"}  # direction -> the reference that is the third system
SYSTEMS = ("Online-B", "JDExploreAcademy")
STAGES = ("clean", "leakage", "vocab", "binarize", "train", "finetune", "translate", "evaluate")
TRAININGS = ("train", "finetune-en-zh")
#: From the start of a stage to that of the next.
HOURS = 30
DOMAINS = ("news", "social", "ecommerce", "conversation")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/wmt22"), help="folder of the WMT22 files")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder. Name one with WMT22 sources, references and outputs: --data FOLDER.")
    with tempfile.TemporaryDirectory() as scratch:
        run, output = Path(scratch, "run"), Path(scratch, "report")
        make_run(run, options.data)
        seconds = []
        for _ in range(options.rounds):
            started = time.perf_counter()
            report(ReportSettings(run=run), output)
            seconds.append(time.perf_counter() - started)
        size = (output / "report.html").stat().st_size
    result = {
        "name": "report",
        "unit": "seconds",
        "ours": round(statistics.median(seconds), 2),
        "baseline": GOAL,
        "ratio": round(GOAL / statistics.median(seconds), 2),
        "spread": [round(min(seconds), 2), round(max(seconds), 2)],
        "megabytes": round(size / 1e6, 3),
    }
    print(json.dumps(result))


def make_run(run: Path, data: Path) -> None:
    """The folder of a run that has done everything."""
    sets = [write_texts(run, data, direction) for direction in SETS]
    about = [write_domains(run, corpus) for corpus in sets]
    settings = EvaluateSettings(translations=run / "translate", test=sets, about=about)
    (run / "evaluate").mkdir()
    evaluate(settings, run / "evaluate")
    write_json(run / "clean/clean.json", {"corpora": {f"corpus{at}.en-zh": cleaned(at) for at in range(12)}})
    write_json(run / "binarize/data.json", {"sets": [binarized(at) for at in range(12)], "vocabulary": 32_000})
    for at, stage in enumerate(TRAININGS, start=4):
        write_training(run / stage, 1e9 + at * HOURS * 3600)
    stated = {"test": [corpus.model_dump(mode="json") for corpus in sets], "systems": [{"name": n} for n in SYSTEMS]}
    for at, stage in enumerate((*STAGES[:4], *TRAININGS, *STAGES[6:])):
        write_manifest(run / stage, at, {**stated, **settings.model_dump(mode="json", include={"about"})})
    (run / "recipe.yaml").write_text("name: benchmark\n")


def write_texts(run: Path, data: Path, direction: str) -> Corpus:
    """Test set and translations of one direction."""
    source, target = direction.split("-")
    name = f"generaltest2022_{target}"
    files = {
        run / f"test/{name}.{source}": f"sources/generaltest2022.{direction}.src.{source}.gz",
        run / f"test/{name}.{target}": f"references/generaltest2022.{direction}.ref.A.{target}.gz",
        run / f"translate/second/{name}.{direction}.{target}":
            f"references/generaltest2022.{direction}.ref.{SETS[direction]}.{target}.gz",
    }  # fmt: skip
    for system in SYSTEMS:
        place = run / f"translate/{system}/{name}.{direction}.{target}"
        files[place] = f"outputs/generaltest2022.{direction}.hyp.{system}.{target}.gz"
    for place, origin in files.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(gzip.decompress((data / origin).read_bytes()))
    return Corpus(name=name, languages=[source, target], files=str(run / f"test/{name}.{{lang}}"))


def write_domains(run: Path, corpus: Corpus) -> AboutTestSet:
    """Four domains of 50 lines each in turn, documents of ten lines."""
    lines = corpus.paths()["en"].read_text(encoding="utf-8").count("\n")
    path = run / f"test/{corpus.name}.meta"
    path.write_text("".join(f"{DOMAINS[at // 50 % 4]}\tdocument{at // 10}\n" for at in range(lines)))
    return AboutTestSet(test_set=corpus.name, meta=path, domain=1, document=2)


def cleaned(at: int) -> dict[str, Any]:
    text = {"en": "A sentence that a rule dropped.", "zh": "一个被规则删除的句子。"}
    rules = ("length_ratio", "duplicate", "language_id", "copy", "numbers", "empty")
    examples = {rule: [{"line": line, "text": text, "scores": {}} for line in range(10)] for rule in rules}
    return {
        "read": 5_000_000, "kept": 4_400_000 - at, "dropped": dict.fromkeys(rules, 100_000), "quarantined": {},
        "examples": examples, "nearly_dropped": examples,
        "filters": {r: {"evaluated": 5_000_000, "dropped": 100_000, "failed": 0, "options": {}} for r in rules},
    }  # fmt: skip


def binarized(at: int) -> dict[str, Any]:
    tokens = {"en": 110_000_000, "zh": 100_000_000}
    return {"split": "train", "name": f"corpus{at}", "languages": ["en", "zh"], "sentences": 4_400_000 - at,
            "tokens": tokens}  # fmt: skip


def write_training(stage: Path, began: float) -> None:
    """100,000 updates: a log line every 100, a validation every 2,000, and the events of metrics.jsonl."""
    log, events = [], [{"event": "start", "time": began, "seconds": 30.0}]
    shares = {"data_share": 0.02, "compute_share": 0.85, "communication_share": 0.05, "optimizer_share": 0.04,
              "validation_share": 0.03, "checkpoint_share": 0.01}  # fmt: skip
    for update in range(100, 100_001, 100):
        loss = 3 + 6 * math.exp(-update / 9000)
        figures = {"nll_loss": loss, "lr": 7e-4, "tps": 60_000.0, "mfu": 0.4, "host_gib": 9.0, "gpu_gib": 70.0}
        log.append(json.dumps({"epoch": 1, "num_updates": str(update), **{k: str(v) for k, v in figures.items()}}))
        events.append({"event": "train", "time": began + update, "wall_s": 100.0, **figures, **shares})
        if update % 2000 == 0:
            losses = {
                "valid_nll_loss": f"{loss:.3f}",
                "valid_nll_en-zh": f"{loss:.3f}",
                "valid_nll_en-de": f"{loss:.3f}",
            }
            log.append(json.dumps({**losses, "valid_num_updates": str(update)}))
    (stage / "checkpoints").mkdir(parents=True)
    (stage / "train.log").write_text("\n".join(log) + "\n")
    (stage / "checkpoints/metrics.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    streams = [f"{direction}/corpus{at}" for direction in ("en-zh", "zh-en") for at in range(12)]
    write_json(
        stage / "mixture.json", {"plan": dict.fromkeys(streams, 1 / 24), "consumed": dict.fromkeys(streams, 9e8)}
    )


def write_manifest(stage: Path, at: int, settings: dict[str, Any]) -> None:
    hours = (at * HOURS, at * HOURS + HOURS - 1)
    begin, end = (datetime.fromtimestamp(1e9 + each * 3600, UTC).isoformat() for each in hours)
    write_json(
        stage / "manifest.json",
        {"stage": stage.name, "settings": settings, "command": ["vega", stage.name], "seconds": (HOURS - 1) * 3600.0,
         "started": begin, "finished": end, "versions": {"python": "3.11"}},
    )  # fmt: skip


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main()

"""What the training benchmarks share: the demo's text, fairseq-train as a measured process, runs in turns."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_pipeline import binarize, vocab
from vega.fairseq_command import program
from vega.launch import cpu_environment, threads_per_process
from vega.settings import BinarizeSettings, Corpus, VocabSettings

LANGUAGES = ["en", "de", "cs", "ru", "ja", "zh"]
DIRECTIONS = [d for code in LANGUAGES[1:] for d in (f"en-{code}", f"{code}-en")]
#: What is measured -> its value.
Measurements = dict[str, float]
DEMO = Path(__file__).parents[1] / "vega/recipes/demo_data"


@dataclass(frozen=True)
class Run:
    """A finished fairseq-train: what it printed, when, and the memory it took at most."""

    lines: list[tuple[float, str]]  # seconds since the process was started, line
    peak_mib: int  # pages of mapped files that other processes share are counted too
    private_mib: int  # without them, the largest at any JSON line

    def records(self) -> list[dict[str, Any]]:
        """fairseq's JSON log lines, with the second they came at as "at"."""
        found = ((at, re.search(r"\{\"epoch.*\}", line)) for at, line in self.lines)
        return [{"at": at, **json.loads(match[0])} for at, match in found if match]

    def seconds_to(self, words: str) -> float:
        """When a line with these words came."""
        return next(at for at, line in self.lines if words in line)


def train(arguments: Sequence[str], *, threads: int = 0, jemalloc: bool = True, limit: float | None = None) -> Run:
    """Run fairseq-train with the launcher's environment; ends this program where it fails.

    Raises TimeoutError after `limit` seconds.
    """
    added = cpu_environment(jemalloc=jemalloc, threads=threads_per_process(threads, 1))
    started = time.monotonic()
    process = subprocess.Popen(
        [program("fairseq-train"), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, **added},
    )  # fmt: skip
    assert process.stdout is not None
    timer = threading.Timer(limit or threading.TIMEOUT_MAX, process.kill)
    timer.start()
    lines, private = [], 0
    for line in process.stdout:
        lines.append((time.monotonic() - started, line))
        private = max(private, private_memory(process.pid) if '{"epoch' in line else 0)
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    if limit and time.monotonic() - started >= limit:
        raise TimeoutError(f"no end after {limit} s")
    if status:
        raise SystemExit("".join(line for _, line in lines[-30:]))
    return Run(lines, usage.ru_maxrss // 1024, private // 1024)


def private_memory(pid: int) -> int:
    """KiB of a running process that belong to it alone."""
    try:
        found = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except FileNotFoundError:  # it has just ended
        found = None
    return int(found[1]) if found else 0


def speed(records: Sequence[dict[str, Any]]) -> float:
    """Target tokens per second over all log intervals but the first fifth, as fairseq counts them."""
    inner = [record for record in records if "wps" in record and "train_loss" not in record]
    counted = [(float(record["wpb"]), float(record["wps"])) for record in inner[len(inner) // 5 :]]
    # intervals have equally many updates, so tokens per update weigh them
    return sum(tokens for tokens, _ in counted) / sum(tokens / rate for tokens, rate in counted)


def alternate(rounds: int, measure: Callable[[str, int], Measurements]) -> dict[str, list[Measurements]]:
    """Measure ours and the baseline in turns, each first in every other round; `measure` gets name and round."""
    runs: dict[str, list[Measurements]] = {"ours": [], "baseline": []}
    for number in range(rounds):
        for name in ("ours", "baseline") if number % 2 == 0 else ("baseline", "ours"):
            runs[name].append(measure(name, number))
            print(name, number, runs[name][-1], file=sys.stderr)
    return runs


def summary(runs: dict[str, list[Measurements]]) -> dict[str, Any]:
    """Median speeds, their ratio (over 1: we are faster), all speeds, and the medians of everything else."""
    median = {
        name: {key: statistics.median(r[key] for r in results) for key in results[0]} for name, results in runs.items()
    }
    ours, baseline = (median[name]["tokens_per_s"] for name in ("ours", "baseline"))
    return {
        "unit": "target tokens/s",
        "ours": ours,
        "baseline": baseline,
        "ratio": round(ours / baseline, 3),
        "spread": {name: sorted(r["tokens_per_s"] for r in results) for name, results in runs.items()},
        "details": median,
    }


def demo_data(folder: Path, vocabulary: int) -> Path:
    """The demo's text in six languages, binarized."""
    corpus = {
        split: Corpus(name="lohelp", languages=LANGUAGES, files=str(DEMO / f"{split}.{{lang}}"))
        for split in ("train", "valid")
    }
    vocabulary_folder, data = folder / "vocab", folder / "data"
    for path in (vocabulary_folder, data):
        path.mkdir()
    vocab.run(VocabSettings(corpora=[corpus["train"]], size=vocabulary), vocabulary_folder)
    binarize.run(BinarizeSettings(vocab=vocabulary_folder, train=[corpus["train"]], valid=[corpus["valid"]]), data)
    return data

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
from data_pipeline.leakage import gate
from vega.fairseq_command import program
from vega.launch import cpu_environment, threads_per_process
from vega.settings import BinarizeSettings, Corpus, LeakageSettings, VocabSettings

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
    cpu: list[float]  # seconds of all threads' work when each line came

    def records(self) -> list[dict[str, Any]]:
        """fairseq's JSON log lines, with the second they came at as "at", and the work done till then as "cpu"."""
        found = [
            (at, cpu, re.search(r"\{\"epoch.*\}", line)) for (at, line), cpu in zip(self.lines, self.cpu, strict=True)
        ]
        return [{"at": at, "cpu": cpu, **json.loads(match[0])} for at, cpu, match in found if match]

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
    lines, cpu, private = [], [], 0
    for line in process.stdout:
        lines.append((time.monotonic() - started, line))
        cpu.append(cpu_seconds(process.pid) or (cpu[-1] if cpu else 0.0))
        private = max(private, private_memory(process.pid) if '{"epoch' in line else 0)
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    if limit and time.monotonic() - started >= limit:
        raise TimeoutError(f"no end after {limit} s")
    if status:
        raise SystemExit("".join(line for _, line in lines[-30:]))
    return Run(lines, usage.ru_maxrss // 1024, private // 1024, cpu)


def private_memory(pid: int) -> int:
    """KiB of a running process that belong to it alone."""
    try:
        found = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except FileNotFoundError:  # it has just ended
        found = None
    return int(found[1]) if found else 0


def cpu_seconds(pid: int) -> float:
    """What a running process has worked, all threads together; 0 where it has just ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def speed(records: Sequence[dict[str, Any]]) -> float:
    """Target tokens per second over all log intervals but the first fifth, as fairseq counts them."""
    inner = [record for record in records if "wps" in record and "train_loss" not in record]
    counted = [(float(record["wpb"]), float(record["wps"])) for record in inner[len(inner) // 5 :]]
    # intervals have equally many updates, so tokens per update weigh them
    return sum(tokens for tokens, _ in counted) / sum(tokens / rate for tokens, rate in counted)


def cpu_speed(inner: Sequence[dict[str, Any]]) -> float:
    """Target tokens per second of CPU time, over the same log intervals. `inner` are fairseq's lines of updates."""
    first = max(1, len(inner) // 5)
    updates = [int(record["num_updates"]) for record in inner]
    tokens = sum(float(inner[i]["wpb"]) * (updates[i] - updates[i - 1]) for i in range(first, len(inner)))
    return tokens / (inner[-1]["cpu"] - inner[first - 1]["cpu"])


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
    cpu = {name: values.get("tokens_per_cpu_s", 0.0) for name, values in median.items()}
    return {
        "unit": "target tokens/s",
        "ours": ours,
        "baseline": baseline,
        "ratio": round(ours / baseline, 3),
        **({"cpu_ratio": round(cpu["ours"] / cpu["baseline"], 3)} if cpu["ours"] else {}),
        "spread": {name: sorted(r["tokens_per_s"] for r in results) for name, results in runs.items()},
        "details": median,
    }


def demo_data(folder: Path, vocabulary: int) -> Path:
    """The demo's text in six languages, checked and binarized."""
    corpus = {
        split: Corpus(name="lohelp", languages=LANGUAGES, files=str(DEMO / f"{split}.{{lang}}"))
        for split in ("train", "valid")
    }
    vocabulary_folder, report, data = (folder / name for name in ("vocab", "leakage", "data"))
    for path in (vocabulary_folder, data):
        path.mkdir()
    vocab.run(VocabSettings(corpora=[corpus["train"]], size=vocabulary), vocabulary_folder)
    # Against the bundled test sets: the demo's own text shares formulas with its validation set.
    gate.run(LeakageSettings(corpora=[corpus["train"]], workers=1, allow=20), report)
    settings = BinarizeSettings(
        vocab=vocabulary_folder, leakage=report, train=[corpus["train"]], valid=[corpus["valid"]]
    )
    binarize.run(settings, data)
    return data

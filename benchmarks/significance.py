"""All pairwise tests of significance of many systems against sacreBLEU's own command, and whether p-values are equal.

    python benchmarks/significance.py --rounds 1

13 systems, 2,000 segments, 1,000 resamples, BLEU and chrF. Ours is one `vega eval score`, which tests all 78 pairs.
Baseline: `python -m sacrebleu --paired-bs`, which tests all systems against the first, so 12 commands, each with the
next system for the first and those after it, test the same pairs; --commands 1 runs only the first of them, with its 12
pairs, and the ratio is then for 12 pairs of theirs against 78 of ours. Whole processes, one core each, in turns. The
systems are two official en-zh outputs of WMT22 mixed line by line in 13 proportions; without ../shared, the demo's
Chinese text with characters left out.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vega.text_files import read_lines

METRICS = {"BLEU": "BLEU", "chrF2": "chrF"}  # name in sacreBLEU's output -> in ours
DEMO = Path(__file__).parents[1] / "vega/recipes/demo_data/train.zh"

PValues = dict[tuple[str, frozenset[str]], float]  # (metric, pair)


class Spent(NamedTuple):
    """Of one or several processes."""

    seconds: float
    processor_seconds: float


def main() -> None:
    arguments = read_arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        systems = write_systems(arguments, folder)
        ours, theirs, differing, compared = [], [], 0, 0
        for _ in range(arguments.rounds):
            spent, mine = run_ours(folder, systems, arguments.resamples)
            ours.append(spent)
            spent, known = run_theirs(folder, systems, arguments)
            theirs.append(spent)
            differing += sum(mine[key] != value for key, value in known.items())
            compared += len(known)
    result = {
        "name": "significance",
        "unit": "seconds",
        **figures([each.seconds for each in ours], [each.seconds for each in theirs]),
        "processor": figures([each.processor_seconds for each in ours], [each.processor_seconds for each in theirs]),
        "systems": len(systems),
        "segments": arguments.segments,
        "resamples": arguments.resamples,
        "pairs_ours": len(systems) * (len(systems) - 1) // 2,
        "commands_theirs": arguments.commands or len(systems) - 1,
        "p_values_compared": compared,
        "p_values_that_differ": differing,
        "rounds": arguments.rounds,
    }
    print(json.dumps(result))
    if differing:
        raise SystemExit("p-values differ from sacreBLEU's")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/wmt22"), help="the wmt22 folder")
    parser.add_argument("--systems", type=int, default=13)
    parser.add_argument("--segments", type=int, default=2000)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--commands", type=int, default=0, help="of sacreBLEU; 0 = as many as all pairs need")
    return parser.parse_args()


def figures(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, Any]:
    return {
        "ours": round(statistics.median(ours), 2),
        "baseline": round(statistics.median(theirs), 2),
        "ratio": round(statistics.median(theirs) / statistics.median(ours), 2),
        "spread": {
            "ours": sorted(round(each, 2) for each in ours),
            "baseline": sorted(round(each, 2) for each in theirs),
        },
    }


def write_systems(arguments: argparse.Namespace, folder: Path) -> list[str]:
    """The reference, `ref`, and the systems, each a mixture of two; returns their names."""
    if arguments.data.exists():
        end = "generaltest2022.en-zh"
        reference, one, other = (
            list(read_lines(arguments.data / path))[: arguments.segments]
            for path in (f"references/{end}.ref.A.zh.gz", f"outputs/{end}.hyp.JDExploreAcademy.zh.gz",
                         f"outputs/{end}.hyp.Online-B.zh.gz")
        )  # fmt: skip
    else:
        reference = list(read_lines(DEMO))[: arguments.segments]
        one, other = [line[2:] for line in reference], [line[: len(line) * 2 // 3] for line in reference]
    arguments.segments = len(reference)
    names = [f"s{number:02}" for number in range(arguments.systems)]
    for number, name in enumerate(names):
        drawn, share = random.Random(number), number / max(arguments.systems - 1, 1)
        lines = [second if drawn.random() < share else first for first, second in zip(one, other, strict=True)]
        write(folder / name, lines)
    write(folder / "ref", reference)
    return names


def write(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def run_ours(folder: Path, systems: Sequence[str], resamples: int) -> tuple[Spent, PValues]:
    options = ["--target", "zh", "--reference", "ref", "--resamples", str(resamples), "--trials", "0", "--json"]
    spent, output = run([sys.executable, "-m", "vega", "eval", "score", *options, *systems], folder)
    tests = json.loads(output)["significance"]
    return spent, {
        (test["metric"], frozenset((pair["a"], pair["b"]))): pair["p_bootstrap"]
        for test in tests
        for pair in test["pairs"]
    }


def run_theirs(folder: Path, systems: Sequence[str], arguments: argparse.Namespace) -> tuple[Spent, PValues]:
    total, found = Spent(0, 0), PValues()
    options = ["-m", "bleu", "chrf", "--tokenize", "zh", "-f", "json", "--paired-bs"]
    options += ["--paired-bs-n", str(arguments.resamples)]
    for first in range(arguments.commands or len(systems) - 1):
        rest = systems[first:]
        spent, output = run([sys.executable, "-m", "sacrebleu", "ref", "-i", *rest, *options], folder)
        total = Spent(total.seconds + spent.seconds, total.processor_seconds + spent.processor_seconds)
        for row in json.loads(output)[1:]:
            for theirs, ours in METRICS.items():
                found[ours, frozenset((rest[0], row["system"]))] = row[theirs]["p_value"]
        print(f"sacreBLEU with {rest[0]} first: {spent.seconds:.1f} s", file=sys.stderr, flush=True)
    return total, found


def run(command: Sequence[str], folder: Path) -> tuple[Spent, str]:
    """One core: products of matrices take no more threads than sacreBLEU's own loop."""
    source = {"PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment = {key: value for key, value in os.environ.items() if key != "SACREBLEU_SEED"} | source
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    result = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(seconds, processor), result.stdout


if __name__ == "__main__":
    main()

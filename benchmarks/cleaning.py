"""Cleaning: a whole run against OpusFilter's, two workers against one, and memory against the size of the corpus.

    python benchmarks/cleaning.py [--language de] [--lines 60000]
    python benchmarks/cleaning.py --scaling
    python benchmarks/cleaning.py --memory

Against OpusFilter 3.3.1 (installed into a cache folder, see opusfilter.py), both in one process, from plain text to
files, in turns. The same in both: spaces normalised; lengths in tokens and characters; ratio of lengths; copies;
script; share of letters; agreement of numbers; repetition; HTML; language by one fastText model (Vega: the first 120
characters, OpusFilter: all); equal pairs but for case. The thresholds are the same where both have one, the
definitions are each one's own. What Vega does besides, in `ours`: it checks the input, normalises Unicode, knows
garbled letters, code, numbers in Chinese numerals, folds width and punctuation for duplicates, writes what every line
scored, counts, hashes and samples. In `ours_all` also: the rule for punctuation, near-duplicates, and all bundled WMT
test sets held out. `--rules` leaves rules out on both sides: HTML is OpusFilter's slowest.

With --scaling whole runs with all of that by one process and by two of Ray's; `ceiling` is the same ratio for
processes that only count. With --memory two workers; `flat` is the last size against the first.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import opusfilter
from cleaning_runs import Run, clean, counts, free6, measured, two_against_one

#: Rules that OpusFilter has too.
SHARED = list(opusfilter.filters(["en", "de"]))
ALL = [*SHARED, "punctuation"]
#: Nothing held out, no search for what is only similar.
PLAIN: dict[str, Any] = {
    "dedup": {"near_duplicates": False, "mono_against_parallel": False},
    "ignore": ["*"],
}


def main() -> None:
    options = parse_options()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        mode = scaling if options.scaling else memory if options.memory else against_opusfilter
        print(json.dumps(mode(Path(name), options)))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--scaling", action="store_true", help="two workers against one")
    mode.add_argument("--memory", action="store_true", help="peak memory against size")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with free6")
    parser.add_argument("--language", default="de", choices=opusfilter.LANGUAGES)
    parser.add_argument("--lines", type=int, default=60_000, help="pairs of free6, 0 = all; of the smallest size")
    parser.add_argument(
        "--rules", nargs="+", default=SHARED, choices=SHARED, help="those compared [all that both have]"
    )
    parser.add_argument("--times", type=int, nargs="+", default=[1, 4, 16], help="sizes for --memory; --scaling: last")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where to write [the system's temporary folder]")
    return parser.parse_args()


def against_opusfilter(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Both and `ours_all` in turns."""
    program = opusfilter.install()
    corpus = free6(options.data, options.language, folder, options.lines)
    lines = sum(1 for _ in corpus.paths()["en"].open("rb"))
    text = folder / f"free6.en-{options.language}"

    def baseline() -> Run:
        work = emptied(folder / "baseline")
        kept = opusfilter.write_config(work / "config.yaml", text, corpus.languages, options.rules)
        run = measured([program, work / "config.yaml"])
        found["baseline"] = {"kept": sum(1 for _ in kept[0].open("rb"))}
        return run

    def ours(name: str, rules: list[str], **chosen: Any) -> Run:
        work = emptied(folder / name)
        run = clean(work, [corpus], 1, filters={rule: {} for rule in rules}, **chosen)
        found[name] = counts(work)
        return run

    found: dict[str, Any] = {}
    contenders: dict[str, Callable[[], Run]] = {
        "ours": lambda: ours("ours", options.rules, **PLAIN),
        "baseline": baseline,
        "ours_all": lambda: ours("ours_all", ALL),
    }
    runs = in_turns(contenders, options.rounds)
    speeds = {name: sorted(round(lines / run.cpu_s) for run in results) for name, results in runs.items()}
    middle = {name: statistics.median(values) for name, values in speeds.items()}
    return {
        "name": f"cleaning free6 en-{options.language}, against OpusFilter {opusfilter.VERSION}",
        "unit": "input lines per second of processor time, whole run",
        "lines": lines,
        "rules": options.rules,
        **middle,
        "ratio": round(middle["ours"] / middle["baseline"], 2),
        "ratio_all": round(middle["ours_all"] / middle["baseline"], 2),
        "spread": speeds,
        "wall_s": {name: sorted(round(run.wall_s, 1) for run in results) for name, results in runs.items()},
        "counts": found,
    }


def scaling(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Whole runs by one process and by two, in turns."""
    corpus = free6(options.data, options.language, folder, options.lines, options.times[-1])
    outputs: dict[str, bytes] = {}

    def run(workers: int) -> Run:
        work = emptied(folder / f"workers{workers}")
        found = clean(work, [corpus], workers, filters={rule: {} for rule in ALL})
        outputs[str(workers)] = (work / f"output/free6.en-{options.language}.en").read_bytes()
        return found

    ceilings: list[float] = []
    contenders: dict[str, Callable[[], Run]] = {"one": lambda: run(1), "two": lambda: run(2)}
    walls: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(options.rounds):
        ceilings.append(two_against_one())
        for name, results in in_turns(contenders, 1).items():
            walls[name] += [result.wall_s for result in results]
    if outputs["1"] != outputs["2"]:
        raise SystemExit("one and two workers wrote different text")
    one, two = (statistics.median(walls[name]) for name in ("one", "two"))
    return {
        "name": f"two workers against one, free6 en-{options.language}",
        "unit": "s",
        "lines": options.lines * options.times[-1],
        "one": round(one, 1),
        "two": round(two, 1),
        "ratio": round(one / two, 2),
        "ceiling": round(statistics.median(ceilings), 2),
        "spread": {name: sorted(round(wall, 1) for wall in results) for name, results in walls.items()},
        "ceilings": sorted(round(ceiling, 2) for ceiling in ceilings),
    }


def memory(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Peaks at each size."""
    sizes: dict[str, dict[str, Any]] = {}
    for times in options.times:
        work = emptied(folder / f"x{times}")
        corpus = free6(options.data, options.language, work, options.lines, times)
        run = clean(work, [corpus], 2, memory=True, filters={rule: {} for rule in ALL})
        found = counts(work)
        sizes[f"x{times}"] = {
            "lines": found["read"],
            "kept": found["kept"],
            "wall_s": round(run.wall_s, 1),
            "driver_mib": round(run.memory.driver),
            "worker_mib": round(run.memory.worker),
            "tree_mib": round(run.memory.tree),
        }
        print(times, sizes[f"x{times}"], file=sys.stderr)
        shutil.rmtree(work)
    first, last = (sizes[f"x{times}"] for times in (options.times[0], options.times[-1]))
    return {
        "name": f"memory of cleaning, free6 en-{options.language}",
        "unit": "MiB, pages of mapped files left out",
        **sizes,
        "flat": {key: round(last[key] / first[key], 2) for key in ("driver_mib", "worker_mib", "tree_mib")},
    }


def in_turns(contenders: Mapping[str, Callable[[], Run]], rounds: int) -> dict[str, list[Run]]:
    """Each first in another round."""
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            runs[name].append(contenders[name]())
            print(name, number, runs[name][-1], file=sys.stderr)
    return runs


def emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()

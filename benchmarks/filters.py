"""Segments (rows) per second and core of each cleaning rule, and of all rules together without the learned ones.

The rules measure the same normalised rows in blocks as the cleaning stage does, in one process; seconds are of
processor time, the best of --rounds. One JSON line: {"rows": ..., "rules": {name: segments/s}, "cheap": segments/s of
all but language_id and the learned rules, "all": with language_id}.

    python benchmarks/filters.py --files ../shared/data/free6/train.en-de.{lang}.xz --languages en de
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from data_pipeline.filters import FILTERS, Filter, Row, build_filters
from data_pipeline.filters.characters import forget
from vega.normalize import normalize
from vega.text_files import read_parallel

#: Not among the cheap ones: its model takes longer than all of them.
MODEL = "language_id"


def main() -> None:
    options = parse_options()
    files = {code: Path(options.files.replace("{lang}", code)) for code in options.languages}
    rows = [
        {code: normalize(text) for code, text in row.items()}
        for row in islice(read_parallel(files), options.skip, options.skip + options.rows)
    ]
    rows = [row for row in rows if all(row.values())]
    names = [name for name, rule in FILTERS.items() if not rule.learned]
    rules = build_filters({name: {} for name in names})
    measure(rules, rows[:100], options.block)  # tables and models are loaded once in a process
    seconds = {rule.name: best([rule], rows, options) for rule in rules}
    cheap = best([rule for rule in rules if rule.name != MODEL], rows, options)
    learned = {name: best(build_filters({name: {}}), rows[: options.learned_rows], options) for name in options.learned}
    result = {
        "rows": len(rows),
        "languages": options.languages,
        "rules": {name: round(len(rows) / spent) for name, spent in seconds.items()}
        | {name: round(len(rows[: options.learned_rows]) / spent) for name, spent in learned.items()},
        "cheap": round(len(rows) / cheap),
        "all": round(len(rows) / (cheap + seconds[MODEL])),
    }
    print(json.dumps(result))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", default="../shared/data/free6/train.en-de.{lang}.xz", help="path with {lang} in it")
    parser.add_argument("--languages", nargs="+", default=["en", "de"])
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument(
        "--skip", type=int, default=30_000, help="rows before those measured; files begin with one source"
    )
    parser.add_argument("--block", type=int, default=2000, help="rows a rule is given at once")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--learned", nargs="*", default=[], help="learned rules to measure as well, as in pair_similarity"
    )
    parser.add_argument("--learned-rows", type=int, default=500)
    return parser.parse_args()


def best(rules: Sequence[Filter], rows: Sequence[Row], options: argparse.Namespace) -> float:
    spent = [measure(rules, rows, options.block) for _ in range(options.rounds)]
    print([rule.name for rule in rules], [round(seconds, 2) for seconds in spent], file=sys.stderr)
    return min(spent)


def measure(rules: Sequence[Filter], rows: Sequence[Row], block: int) -> float:
    """Seconds in which the rules score rows and decide; all rules judge all rows."""
    forget()
    started = time.process_time()
    for start in range(0, len(rows), block):
        some = rows[start : start + block]
        for rule in rules:
            for scores in rule.score_all(some) if rule.batched else map(rule.score, some):
                rule.margin(scores)
    return time.process_time() - started


if __name__ == "__main__":
    main()

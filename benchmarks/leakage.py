"""The leakage check: rows a second on one core, planted lines found, and rows of clean text that match all the same.

Training text is a pair of free6, the test set WMT22's from English (`generaltest2022`), once as a recipe's set with its
text and once by the bundled hashes. Speed is measured with both, as in a run. Free6 is manuals and games, WMT22 news
and chats, so what matches unplanted are common sentences and phrases; `--show` prints them.

    python benchmarks/leakage.py [--language de] [--show 20]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from data_pipeline.leakage.index import build_index
from data_pipeline.leakage.matcher import Match, Matcher
from tests.data_pipeline.leakage.planting import Planter, Row, recall
from vega.normalize import normalize
from vega.settings import Corpus
from vega.text_files import read_lines, read_parallel


def main() -> None:
    options = parse_options()
    languages = ["en", options.language]
    train = Corpus(
        name="free6", languages=languages, files=f"{options.data}/free6/train.en-{options.language}.{{lang}}.xz"
    )
    text = [normalized(row) for row in islice(read_parallel(train.paths()), options.rows)]
    with tempfile.TemporaryDirectory() as folder:
        test = test_set(options.data / "wmt22", options.language, Path(folder))
        matchers = {name: load(Path(folder) / name, corpora, bundled) for name, corpora, bundled in (
            ("text", [test], False), ("hashes", [], True), ("both", [test], True))}  # fmt: skip
        test_rows = [normalized(row) for row in read_parallel(test.paths())]
    lines = {code: [row[code] for row in text] for code in languages}
    found = {name: hits(matchers[name], text) for name in ("text", "hashes")}
    for name, matches in found.items():
        for row, match in matches[: options.show]:
            print(name, match.kind, match.similarity, match.test_set, match.line, row[match.side], file=sys.stderr)
    result = {
        "name": f"leakage check, free6 en-{options.language} against WMT22 and the bundled hashes",
        "rows": len(text),
        "rows_per_second": round(max(speed(matchers["both"], text) for _ in range(options.rounds))),
        "recall": {
            name: table(matchers[name], Planter(lines, bundled=name == "hashes"), test_rows, languages)
            for name in found
        },
        "unplanted": {name: dict(Counter(match.kind for _, match in matches)) for name, matches in found.items()},
    }
    print(json.dumps(result))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with free6 and wmt22")
    parser.add_argument("--language", default="de", choices=["de", "cs", "ru", "ja", "zh"])
    parser.add_argument("--rows", type=int, default=50_000, help="rows of training text")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of speed; the best counts")
    parser.add_argument("--show", type=int, default=0, help="unplanted matches to print")
    return parser.parse_args()


def test_set(data: Path, language: str, folder: Path) -> Corpus:
    """The source and the first reference, under names that a recipe can give."""
    reference = min((data / "references").glob(f"generaltest2022.en-{language}.ref.*.gz"))
    for code, path in (("en", data / "sources" / f"generaltest2022.en-{language}.src.en.gz"), (language, reference)):
        (folder / f"test.{code}").write_text("".join(f"{line}\n" for line in read_lines(path)), encoding="utf-8")
    return Corpus(name="wmt22", languages=["en", language], files=f"{folder}/test.{{lang}}")


def load(path: Path, corpora: Sequence[Corpus], bundled: bool) -> Matcher:
    if bundled:
        build_index(corpora, path)
    else:
        build_index(corpora, path, bundled=None)
    return Matcher.load(path)


def normalized(row: Row) -> Row:
    return {code: normalize(line) for code, line in row.items()}


def speed(matcher: Matcher, rows: Sequence[Row]) -> float:
    started = time.process_time()
    for row in rows:
        matcher.find(row)
    return len(rows) / (time.process_time() - started)


def hits(matcher: Matcher, rows: Sequence[Row]) -> list[tuple[Row, Match]]:
    return [(row, match) for row in rows if (match := matcher.find(row))]


def table(matcher: Matcher, planter: Planter, rows: Sequence[Row], languages: Sequence[str]) -> dict[str, str]:
    """Per kind the share found and the number planted."""
    planted, missed = recall(matcher.find, planter.plants(rows, languages))
    lost = Counter(plant.kind for plant in missed)
    return {kind: f"{1 - lost[kind] / count:.4f} of {count}" for kind, count in planted.items()}


if __name__ == "__main__":
    main()

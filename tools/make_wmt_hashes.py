"""Make or extend the bundled hashes of test sets, by which training text is checked for leakage.

    python tools/make_wmt_hashes.py FILES                                  e.g. newstest2021.en-de.*.gz
    python tools/make_wmt_hashes.py ~/.sacrebleu/wmt20/wmt20.*             what `sacrebleu -t wmt20 -l en-de` downloaded
    python tools/make_wmt_hashes.py --list

Names of files: SET.SRC-TGT.FIELD..., FIELD being src or ref (then perhaps the reference's name and the language), or a
language code. Other fields (docid, origlang, outputs of systems) and languages that Vega does not know are passed over.
The file holds no text, see `data_pipeline.leakage`. A set that is in it already is replaced; the others stay.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from data_pipeline.folding import fold, is_long
from data_pipeline.leakage.index import BUNDLED_FILE, read_index, without, write_index
from data_pipeline.leakage.part import Part, join
from data_pipeline.leakage.part_builder import PartBuilder
from vega.errors import UserError
from vega.languages import LANGUAGES
from vega.normalize import normalize
from vega.text_files import read_lines

NAME = re.compile(r"(?P<set>.+?)\.(?P<src>[a-z]{2,3})-(?P<tgt>[a-z]{2,3})\.(?P<field>[A-Za-z]+)(?P<rest>[.\-:].*)?")
Side = tuple[str, str]


@dataclass(frozen=True)
class TestFile:
    """One file of a test set: `source` says which side of the direction it is."""

    path: Path
    name: str
    direction: str
    language: str
    source: bool


def main() -> None:
    options = parse_options()
    old = read_index(options.output)["bundled"] if options.output.exists() else None
    if options.list:
        show(old)
        return
    try:
        files = [found for path in options.files if (found := describe(path))]
        if not files:
            raise UserError("None of the files is a source or reference of a test set. See --help for their names.")
        part = hashes(files)
        if old:
            part = join(without(old, [name for name in old.sets if name in part.sets]), part)
        write_index({"bundled": part}, options.output, compress=True)
    except UserError as error:
        sys.exit(f"error: {error}")
    show(part)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", help="text, plain, .gz or .xz")
    parser.add_argument("--output", type=Path, default=BUNDLED_FILE, help="default: the file in the package")
    parser.add_argument("--list", action="store_true", help="say which sets are in the file")
    options = parser.parse_args()
    if not options.files and not options.list:
        parser.error("no files given")
    return options


def describe(path: Path) -> TestFile | None:
    """What a file is by its name, or None if it is no side of a test set in a language of ours."""
    found = NAME.fullmatch(path.name.removesuffix(".gz").removesuffix(".xz"))
    if not found:
        return None
    source, target, field = found["src"], found["tgt"], found["field"]
    by_field = {"src": source, "ref": target, source: source, target: target}
    language = by_field.get("ref" if field.startswith("ref") else field)
    if language is None or language not in LANGUAGES:
        return None
    return TestFile(path, found["set"], f"{source}-{target}", language, source=language == source)


def hashes(files: Iterable[TestFile]) -> Part:
    """One part of all sets. Directions with the same source text share their rows; no side is in it twice."""
    builder = PartBuilder(hashed=True)
    seen: set[Side] = set()
    for name, rows in sorted(by_set(files).items()):
        for sides in rows:
            builder.add(name, 0, list(fresh(sides, seen)))
    return builder.build()


def by_set(files: Iterable[TestFile]) -> dict[str, list[list[Side]]]:
    """The rows of each set, each as its source and all its references."""
    directions: dict[tuple[str, str], list[TestFile]] = defaultdict(list)
    for file in files:
        directions[file.name, file.direction].append(file)
    sets: dict[str, dict[object, list[Side]]] = defaultdict(dict)
    for (name, direction), group in sorted(directions.items()):
        columns = [(file, [normalize(line) for line in read_lines(file.path)]) for file in group]
        columns.sort(key=lambda column: (not column[0].source, str(column[0].path)))
        if len({len(lines) for _, lines in columns}) > 1:
            counts = ", ".join(f"{file.path.name} {len(lines)}" for file, lines in columns)
            raise UserError(f"{name}.{direction}: files of different length ({counts}). Give those of one download.")
        for number, texts in enumerate(zip(*(lines for _, lines in columns), strict=True)):
            sides = [(file.language, text) for (file, _), text in zip(columns, texts, strict=True)]
            shared = sides[0] if columns[0][0].source else (direction, number)
            sets[name].setdefault(shared, []).extend(sides)
    return {name: list(rows.values()) for name, rows in sets.items()}


def fresh(sides: Iterable[Side], seen: set[Side]) -> Iterator[Side]:
    """Long sides that are not in the file yet; short ones always, they count in pairs."""
    for language, text in sides:
        folded = fold(text, language)
        if is_long(folded, language):
            if (language, folded) in seen:
                continue
            seen.add((language, folded))
        yield language, text


def show(part: Part | None) -> None:
    for name, sides in part.sides_per_set().items() if part else ():
        sys.stdout.write(f"{name}: {sides} lines\n")


if __name__ == "__main__":
    main()

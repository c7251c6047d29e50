"""Cut the demo's six-way sample out of `free6/core6.tsv.xz` (LibreOffice Help, MPL-2.0).

    python tools/make_demo_sample.py ../shared/data/free6/core6.tsv.xz vega/recipes/demo_data

Kept are lines of 3 to 10 English words that are translated throughout: no digits or code in English, no Latin letters
left in Russian, Japanese and Chinese. Documents (help pages) are divided by a hash of their name, about 90 % training,
3 % validation, 7 % test. A held-out line is left out if any of its six sides, folded, is a training line, or if more
than half of its English four-grams occur in the training text.
"""

from __future__ import annotations

import hashlib
import lzma
import random
import re
import sys
from collections import defaultdict
from pathlib import Path

LANGUAGES = ["en", "de", "cs", "ru", "ja", "zh"]
WORDS = range(3, 11)
HELD_OUT = {"valid": 100, "test": 200}  # lines at most
Row = list[str]


def main(core: Path, folder: Path) -> None:
    parts = defaultdict(list)
    for row in rows(core):
        if len(row["en"].split()) in WORDS and translated_throughout(row):
            parts[split_of(row["doc"])].append([row[code] for code in LANGUAGES])
    sides = [{fold(row[i]) for row in parts["train"]} for i in range(len(LANGUAGES))]
    seen = {gram for row in parts["train"] for gram in four_grams(row[0])}
    for name, limit in HELD_OUT.items():
        fresh = [row for row in parts[name] if not leaks(row, sides, seen)]
        chosen = random.Random(1).sample(range(len(fresh)), min(limit, len(fresh)))
        parts[name] = [fresh[i] for i in sorted(chosen)]
    for name, lines in parts.items():
        for i, code in enumerate(LANGUAGES):
            (folder / f"{name}.{code}").write_text("".join(f"{row[i]}\n" for row in lines), encoding="utf-8")
        sys.stdout.write(f"{name}: {len(lines)} lines\n")


def rows(core: Path) -> list[dict[str, str]]:
    """The training lines of LibreOffice Help, by column name."""
    with lzma.open(core, "rt", encoding="utf-8") as stream:
        header = stream.readline().rstrip("\n").split("\t")
        found = [dict(zip(header, line.rstrip("\n").split("\t"), strict=True)) for line in stream]
    return [row for row in found if row["source"] == "lohelp" and row["split"] == "train"]


def translated_throughout(row: dict[str, str]) -> bool:
    return not re.search("[A-Za-z]", row["ru"] + row["ja"] + row["zh"]) and not re.search(r"[0-9<>=_\\/]", row["en"])


def split_of(document: str) -> str:
    place = int(hashlib.sha256(document.encode()).hexdigest(), 16) % 1000
    return "test" if place < 70 else "valid" if place < 100 else "train"


def fold(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def four_grams(text: str) -> set[tuple[str, ...]]:
    words = text.casefold().split()
    return {tuple(words[i : i + 4]) for i in range(len(words) - 3)}


def leaks(row: Row, sides: list[set[str]], seen: set[tuple[str, ...]]) -> bool:
    grams = four_grams(row[0])
    return any(fold(text) in side for text, side in zip(row, sides, strict=True)) or (
        bool(grams) and len(grams & seen) > len(grams) / 2
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

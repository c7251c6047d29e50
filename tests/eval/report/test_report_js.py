"""The scripts of the page, run by node where there is one."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from eval.report import page

SCRIPT = Path(page.__file__).with_name("report.js")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")


@needs_node
def test_lines_are_filtered_by_each_choice_and_by_text_a_page_at_a_time():
    run = [shutil.which("node"), str(Path(__file__).with_name("choose.js")), str(SCRIPT)]
    done = json.loads(subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout)
    assert done["form"] is True and done["text"] == ""
    assert done["steps"] == [
        [[True, True, False], "2 of 3 shown, 3 in all", True],
        [[True, True, True], "3 of 3 shown, 3 in all", False],
        [[True, True, False], "2 of 2 shown, 3 in all", False],
        [[False, True, False], "1 of 1 shown, 3 in all", False],
        [[False, True, False], "1 of 1 shown, 3 in all", False],
        [[False, False, True], "1 of 1 shown, 3 in all", False],
        [[True, True, False], "2 of 3 shown, 3 in all", True],
    ]


def differences(*cases: tuple[str, str, str]) -> list[list[tuple[str, bool]]]:
    """What diff.js says of each (text, other, by): pieces and whether they differ."""
    run = [str(shutil.which("node")), str(Path(__file__).with_name("diff.js")), str(SCRIPT.with_name("diff.js"))]
    done = subprocess.run(run, input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=60)
    return [[(piece["text"], piece["differs"]) for piece in pieces] for pieces in json.loads(done.stdout)]


def longest_common(a: list[str], b: list[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(b) + 1)
    for one in a:
        before = row
        row = [0]
        for at, other in enumerate(b):
            row.append(before[at] + 1 if one == other else max(before[at + 1], row[at]))
    return row[-1]


@needs_node
def test_pieces_are_the_text_and_what_does_not_differ_is_a_longest_common_subsequence():
    chance = random.Random(1)
    texts = [
        " ".join(chance.choices(["ein", "Haus", ",", "steht", "da", "."], k=chance.randrange(12))) for _ in range(200)
    ]
    cases = [(one, other, by) for one, other in pairwise(texts) for by in ("word", "character")]
    for (text, other, by), pieces in zip(cases, differences(*cases), strict=True):
        assert "".join(piece for piece, _ in pieces) == text
        same = " ".join(piece for piece, differs in pieces if not differs)
        parts = (lambda line: list(line.replace(" ", ""))) if by == "character" else str.split
        assert len(parts(same)) == longest_common(parts(text), parts(other))
        assert longest_common(parts(same), parts(other)) == len(parts(same))


@needs_node
def test_differences_are_marked_by_word_or_by_character():
    same, none, words, characters, marks = differences(
        ("Das Haus.", "Das Haus.", "word"),
        ("neu", "", "word"),
        ("Das alte große Haus, da!", "Das Haus, da!", "word"),
        ("返回双曲正弦", "返回正弦值", "character"),
        ("Cafe\u0301 für <script>", "Café für <b>", "word"),
    )
    assert same == [("Das Haus.", False)]
    assert none == [("neu", True)]
    assert words == [("Das ", False), ("alte große", True), (" Haus, da!", False)]
    assert characters == [("返回", False), ("双曲", True), ("正弦", False)]
    assert "".join(text for text, _ in marks) == "Cafe\u0301 für <script>" and ("script", True) in marks


@needs_node
def test_texts_too_long_for_a_table_are_compared_as_sets():
    long = " ".join(f"w{at}" for at in range(3000))
    (pieces,) = differences((f"new {long} new", " ".join(reversed(long.split())), "word"))
    assert [text for text, differs in pieces if differs] == ["new", "new"]

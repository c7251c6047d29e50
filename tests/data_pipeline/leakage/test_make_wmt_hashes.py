"""The tool, on files named as WMT and sacreBLEU name them."""

import subprocess
import sys
from pathlib import Path

import pytest

from data_pipeline.leakage.index import read_index
from data_pipeline.leakage.matcher import Matcher

TOOL = Path(__file__).parents[3] / "tools" / "make_wmt_hashes.py"
LINE = "This one long line is in the set {}"


def make(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOL), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def write(folder: Path, texts: dict[str, list[str]]) -> list[Path]:
    for name, lines in texts.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return [folder / name for name in texts]


def found(path: Path, row: dict[str, str]) -> str | None:
    match = Matcher(read_index(path).values()).find(row)
    return match and match.test_set


def test_files_of_wmt_and_sacrebleu(tmp_path: Path) -> None:
    output = tmp_path / "hashes.npz"
    files = write(tmp_path, {
        "newstest2021.en-de.src.en": [LINE.format("one"), "Open"],
        "newstest2021.en-de.ref.A.de": ["Diese lange Zeile ist im Satz eins", "Öffnen"],
        "newstest2021.en-de.ref.C.de": ["Eine andere lange Zeile im selben Satz", "Aufmachen"],
        "newstest2021.en-cs.src.en": [LINE.format("one"), "Open"],
        "newstest2021.en-cs.ref.A.cs": ["Tento dlouhý řádek je v sadě", "Otevřít"],
        "newstest2021.en-is.ref.A.is": ["Icelandic is not known here at all", "x"],
        "wmt20.de-en.src": ["Eine lange Zeile von WMT zwanzig"],
        "wmt20.de-en.ref": ["A long line of WMT twenty"],
        "wmt20.de-en.docid": ["this is a document name not text"],
        "wmt08.de-en.en": ["A long line of WMT eight"],
        "README.txt": ["a long line about something else"],
    })  # fmt: skip
    done = make("--output", output, *files)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["newstest2021: 8 lines", "wmt08: 1 lines", "wmt20: 2 lines"]
    assert make("--output", output, "--list").stdout == done.stdout
    for row, name in (
        ({"en": LINE.format("one").upper()}, "newstest2021"),
        ({"de": "Eine andere lange Zeile im selben Satz"}, "newstest2021"),
        ({"en": "Open", "cs": "Otevřít"}, "newstest2021"),
        ({"en": "Open", "de": "Aufmachen"}, "newstest2021"),
        ({"de": "Öffnen", "cs": "Otevřít"}, "newstest2021"),
        ({"de": "Eine lange Zeile von WMT zwanzig"}, "wmt20"),
        ({"en": "a long line of wmt eight"}, "wmt08"),
        ({"en": "this is a document name not text"}, None),
        ({"en": "Open", "de": "Otevřít"}, None),
    ):
        assert found(output, row) == name, row


def test_a_set_is_replaced_and_others_stay(tmp_path: Path) -> None:
    output = tmp_path / "hashes.npz"
    texts = {"one.en-de.src": [LINE.format("one")], "two.en-de.src": ["Second " * 9]}
    make("--output", output, *write(tmp_path, texts))
    done = make("--output", output, *write(tmp_path, {"one.en-de.src": ["Something else is in the set by now"]}))
    assert done.stdout.splitlines() == ["two: 1 lines", "one: 1 lines"], done.stderr
    assert found(output, {"en": LINE.format("one")}) is None
    assert found(output, {"en": "Something else is in the set by now"}) == "one"
    assert found(output, {"en": "Second " * 9}) == "two"


@pytest.mark.parametrize(("texts", "problem"), [
    ({"notes.txt": ["x"]}, "None of the files is a source or reference"),
    ({"a.en-de.src": ["x", "y"], "a.en-de.ref": ["x"]}, "a.en-de: files of different length"),
])  # fmt: skip
def test_wrong_files(texts: dict[str, list[str]], problem: str, tmp_path: Path) -> None:
    done = make("--output", tmp_path / "hashes.npz", *write(tmp_path, texts))
    assert done.returncode == 1 and problem in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "hashes.npz").exists()

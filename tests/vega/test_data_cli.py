"""`vega data` tells of each line what happened to it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data_pipeline import clean
from vega.cli import app
from vega.errors import UserError
from vega.settings import CleanSettings, Corpus

PAIRS = [
    ("The quick brown fox jumps over it", "Der schnelle braune Fuchs springt darüber"),
    ("LibreOffice Writer", "LibreOffice Writer"),
    ("THE QUICK brown fox jumps over it!", "Der schnelle  braune Fuchs springt darüber."),
    ("Short", "Ein sehr langer Satz, der unmöglich eine Übersetzung sein kann"),
    ("The sentence of the test is this one", "Etwas ganz anderes steht da"),
    ("A longer line that fits well", "Eine längere Zeile passt ganz gut"),
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose clean stage has finished, in the working folder."""
    monkeypatch.chdir(tmp_path)
    text = {"train": PAIRS, "test": [("The sentence of the test is this one.", "Der Satz im Test ist dieser.")]}
    for name, rows in text.items():
        for column, code in enumerate(("en", "de")):
            Path(f"{name}.{code}").write_text("".join(f"{row[column]}\n" for row in rows), encoding="utf-8")
    train, test = (Corpus(name=name, languages=["en", "de"], files=f"{name}.{{lang}}") for name in text)
    clean.run(CleanSettings(corpora=[train], held_out=[test], workers=1), Path("runs/x/clean"))
    return Path("runs/x")


def call(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["data", *arguments])
    if isinstance(result.exception, UserError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (1, ["train.en:1  (corpus train.en-de, runs/x/clean)", "de: Der schnelle", "\nkept\n", "share=0 "]),
        (2, ["dropped by copy", "share=1 ", "max_share=0.0"]),
        (3, ["dropped by duplicate", "repeats train.en-de, line 1 (similarity 1.00)", "    en: The quick brown fox"]),
        (4, ["dropped by length_ratio", "copy          not asked", "max_ratio=3.0"]),
        (5, ["dropped by held_out", "folded match with test, line 1", "    de: Der Satz im Test ist dieser."]),
    ],
)
def test_why(run: Path, line: int, said: list[str]) -> None:
    for output in (call("why", f"train.en:{line}"), call("why", f"./train.en:{line}", "--run", str(run / "clean"))):
        for part in said:
            assert part in output.replace("./train", "train")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["why", "train.en"], "'train.en' names no line. Write FILE:LINE"),
        (["why", "train.en:7"], "train.en had 6 lines when runs/x/clean was made; there is no line 7"),
        (["why", "train.en:0"], "there is no line 0"),
        (["why", "other.en:1"], "No run in runs/ has read other.en. Name the run with --run"),
        (["why", "other.en:1", "--run", "runs/x"], "other.en is no input of this run. Its inputs: train.en, train.de."),
        (["why", "test.en:1", "--run", "runs/x"], "test.en is a validation or test set of this run"),
        (["why", "train.en:1", "--run", "runs/y"], "runs/y: no finished clean stage"),
        (["stats", "runs/y"], "runs/y: no finished clean stage"),
    ],
)
def test_a_wrong_question_is_answered_with_the_right_one(run: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(UserError) as raised:
        call(*arguments)
    assert message in str(raised.value)


def test_the_last_run_that_read_the_file_is_asked(run: Path) -> None:
    late = Corpus(name="late", languages=["en", "de"], files="train.{lang}")
    clean.run(CleanSettings(corpora=[late], workers=1), Path("runs/a/clean"))
    assert "(corpus late.en-de, runs/a/clean)" in call("why", "train.en:1")


def test_stats_are_those_of_the_stage(run: Path) -> None:
    output = call("stats", "runs/x")
    facts = json.loads((run / "clean/clean.json").read_text(encoding="utf-8"))["corpora"]["train.en-de"]
    rows = {line.split()[0]: line.split()[1:] for line in output.splitlines() if line.strip()}
    for rule, count in {"kept": facts["kept"], **facts["dropped"]}.items():
        if rule not in facts["filters"]:
            assert rows[rule] == [str(count), f"{count / 6:.2%}"]
    assert rows["copy"][:3] == ["5", "1", "0"]  # asked of all but the line that length_ratio had dropped
    assert "nearly dropped, length_ratio:" in output
    assert "LibreOffice" in output and "LibreOffice" not in call("stats", "runs/x", "--samples", "0")

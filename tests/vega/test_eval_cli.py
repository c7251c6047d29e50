"""`vega eval score` on files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vega.cli import app
from vega.errors import UserError

REFERENCE = [f"Das Haus Nummer {number} steht am Bach." for number in range(40)]
SYSTEMS = {
    "a.de": REFERENCE,
    "b.de": [line.replace("steht", "ist") for line in REFERENCE],
    "c.de": [line.replace("Haus", "Boot").replace("Bach", "See") for line in REFERENCE],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, lines in (SYSTEMS | {"ref.de": REFERENCE, "src.en": [f"House number {n}." for n in range(40)]}).items():
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def score(*arguments: str) -> str:
    command = ["eval", "score", "--target", "de", "--reference", "ref.de", "--resamples", "100", "--trials", "100"]
    result = CliRunner().invoke(app, [*command, *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_systems_are_ranked_by_each_metric_with_interval_p_values_and_signature(folder: Path) -> None:
    parts = score("c.de", "a.de", "b.de", "--metric", "chrf", "--metric", "ter").split("\n\n")
    assert [part.split()[2] for part in parts] == ["chrF", "TER"]
    for part in parts:
        lines = part.splitlines()
        assert [line.split()[:2] for line in lines[1:4]] == [["1", "a"], ["2", "b"], ["3", "c"]]
        assert all(" to " in line for line in lines[1:4])
        assert lines[4].split()[:3] == ["a", "-", "b:"] and "p 0.0099 (bootstrap), p 0.0099 (randomization)" in lines[4]
        assert lines[-1].startswith("nrefs:1|bs:100|seed:12345|")


def test_json_has_what_the_stage_writes_and_the_order_is_checked(folder: Path) -> None:
    (folder / "d.de").write_text("".join(f"{line}\n" for line in [*REFERENCE[1:], REFERENCE[0]]), encoding="utf-8")
    found = json.loads(score("a.de", "d.de", "--source", "src.en", "--json"))
    assert set(found) == {"scores", "significance", "breakdown", "segments", "warnings"}
    assert [(row["system"], row["kind"]) for row in found["warnings"]] == [("d", "order")]


def test_further_references_and_other_tokenizers_are_in_the_signature(folder: Path) -> None:
    (folder / "more.de").write_text("\n" * 40, encoding="utf-8")
    found = score("a.de", "--reference", "more.de", "--tokenizer", "char", "--metric", "bleu")
    assert "nrefs:1|" in found and "tok:char" in found


def test_files_of_the_same_name_are_told_apart_by_their_folder(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other/a.de").write_text((folder / "b.de").read_text(encoding="utf-8"), encoding="utf-8")
    assert "other/a.de" in score("a.de", "other/a.de")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.de", "a.de"], "a.de: named twice"),
        (["none.de"], "none.de: no such file"),
        (["a.de", "--metric", "rouge"], "metrics.0: "),
        (["a.de", "--metric", "spbleu"], "spbleu needs the file of a SentencePiece model"),
        (["a.de", "--tokenizer", "flores200"], "tokenizers.de: "),
        (["a.de", "--reference", "short.de"], "short.de has 1 lines"),
    ],
)
def test_mistakes_are_named(folder: Path, arguments: list[str], message: str) -> None:
    (folder / "short.de").write_text("a\n", encoding="utf-8")
    with pytest.raises(UserError, match=message):
        score(*arguments)

"""The self-test on a small folder of the same layout, and that it fails where a published score is wrong."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from sacrebleu.metrics import BLEU, CHRF
from typer.testing import CliRunner

from eval.wmt22 import COLUMNS, self_test
from vega.cli import app
from vega.errors import UserError

GERMAN = ["Klicken Sie auf OK.", "Öffnen Sie das Menü „Datei“.", "Gibt den Sinus einer Zahl zurück."]
OTHER = ["Klicken Sie OK.", "Das Menü „Datei“ öffnen.", "Der Sinus einer Zahl wird zurückgegeben."]
JAPANESE = ["「OK」をクリックします。", "ファイルメニューを開きます。", "数値の正弦を返します。"]
OUTPUTS = {
    "en-de": ["Klicken Sie auf OK.", "Öffnen Sie das Menü Datei.", "Der Sinus einer Zahl."],
    "en-ja": ["「OK」をクリック。", "ファイルメニューを開きます。", "正弦を返します。"],
}


def write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))


def published(direction: str, metric: str, score: float) -> str:
    return "\t".join([direction, "Vega", "7", "TRUE", metric, repr(score)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two directions, German with two references, scored with sacreBLEU itself."""
    rows = ["\t".join(COLUMNS)]
    for direction, references in (("en-de", {"A": GERMAN, "B": OTHER}), ("en-ja", {"A": JAPANESE})):
        target, lines = direction[3:], OUTPUTS[direction]
        write(tmp_path / f"outputs/set22.{direction}.hyp.Vega.{target}.gz", lines)
        for letter, reference in references.items():
            write(tmp_path / f"references/set22.{direction}.ref.{letter}.{target}.gz", reference)
        bleu, chrf = BLEU(tokenize="char" if target == "ja" else "13a"), CHRF()
        for letter, chosen in {letter: [text] for letter, text in references.items()}.items():
            rows.append(published(direction, f"bleu-{letter}", bleu.corpus_score(lines, chosen).score))
            rows.append(published(direction, f"chrf-{letter}", chrf.corpus_score(lines, chosen).score))
        everything = list(references.values())
        rows.append(published(direction, "bleu-all", bleu.corpus_score(lines, everything).score))
        rows.append(published(direction, "chrf-all", chrf.corpus_score(lines, everything).score))
        rows.append(published(direction, "COMET-A", 0.5))
    (tmp_path / "automatic-scores.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


def test_published_scores_come_out_and_the_usual_score_of_japanese_is_shown_beside(folder: Path) -> None:
    rows = self_test(folder)
    assert [(row.direction, row.metric) for row in rows] == [
        *(("en-de", f"{metric}-{letter}") for metric in ("bleu", "chrf") for letter in ("A", "B", "all")),
        *(("en-ja", f"{metric}-{letter}") for metric in ("bleu", "chrf") for letter in ("A", "all")),
        ("en-ja", "bleu-A (usual tokenizer)"),
    ]
    assert all(row.is_equal and row.difference == 0 for row in rows)
    expected = BLEU(tokenize="ja-mecab").corpus_score(OUTPUTS["en-ja"], [JAPANESE]).score
    assert rows[-1].ours == expected and rows[-1].published is None


def test_the_command_ends_with_0_where_all_are_equal(folder: Path) -> None:
    result = CliRunner().invoke(app, ["eval", "wmt22", "--data", str(folder)])
    assert result.exit_code == 0 and "10 of 10 published scores are reproduced to the last digit." in result.stdout
    content = json.loads(CliRunner().invoke(app, ["eval", "wmt22", "--data", str(folder), "--json"]).stdout)
    assert len(content) == 11 and all(row["is_equal"] for row in content)


@pytest.mark.parametrize("metric", ["bleu-B", "chrf-all"])
def test_a_published_score_that_differs_in_the_last_digit_fails(folder: Path, metric: str) -> None:
    table = folder / "automatic-scores.tsv"
    lines = table.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if f"\t{metric}\t" in line)
    score = lines[place].split("\t")[-1]
    last = score[:-1] + str((int(score[-1]) + 5) % 10)
    lines[place] = lines[place].replace(score, last)
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["eval", "wmt22", "--data", str(folder)])
    assert result.exit_code == 1
    assert "9 of 10 published" in result.stdout
    assert "1 scores differ" in result.stderr and metric in result.stderr and last in result.stderr


def test_references_are_taken_in_the_order_of_the_table(folder: Path) -> None:
    """chrF takes of references that give a line the same score the first: other statistics, another corpus score."""
    table = folder / "automatic-scores.tsv"
    lines = table.read_text(encoding="utf-8").splitlines()
    moved = [line for line in lines if "-A\t" in line and line.startswith("en-de")]
    table.write_text("\n".join([*(line for line in lines if line not in moved), *moved]) + "\n", encoding="utf-8")
    metrics = [row.metric for row in self_test(folder) if row.direction == "en-de"]
    assert metrics == [f"{metric}-{letter}" for metric in ("bleu", "chrf") for letter in ("B", "A", "all")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "automatic-scores.tsv").unlink(), r"automatic-scores\.tsv: no such file"),
        (
            lambda folder: (folder / "automatic-scores.tsv").write_text("a\tb\n"),
            r"automatic-scores\.tsv:1: the columns",
        ),
        (
            lambda folder: (folder / "automatic-scores.tsv").write_text("\t".join(COLUMNS) + "\n"),
            "has no row en-de Vega bleu-A",
        ),
        (lambda folder: write(folder / "outputs/x.gz", ["a"]), r"x\.gz: not the name of an output"),
        (lambda folder: write(folder / "outputs/set22.en-cs.hyp.Vega.cs.gz", ["a"]), r"no reference set22\.en-cs"),
        (
            lambda folder: write(folder / "outputs/set22.en-de.hyp.Vega.de.gz", ["a"]),
            "has 1 lines, reference A has 3",
        ),
    ],
)
def test_a_folder_that_is_not_whole_is_an_error(folder: Path, change, message: str) -> None:
    change(folder)
    with pytest.raises(UserError, match=message):
        self_test(folder)

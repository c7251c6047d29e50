from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.evaluate import list_tasks, run, score_tasks
from vega.errors import UserError
from vega.settings import Corpus, EvaluateSettings

TEXT = {
    "en": ["Click OK.", "Open the file menu.", "Returns the sine of a number."],
    "de": ["Klicken Sie auf OK.", "Öffnen Sie das Menü Datei.", "Gibt den Sinus einer Zahl zurück."],
    "ja": ["「OK」をクリックします。", "ファイルメニューを開きます。", "数値の正弦を返します。"],
}


def write(path: Path, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def settings(tmp_path: Path) -> EvaluateSettings:
    """Systems `copy` and `vega`, two directions of one test set."""
    for code, lines in TEXT.items():
        write(tmp_path / f"help.{code}", lines)
    for target in ("de", "ja"):
        write(tmp_path / f"out/copy/help.en-{target}.{target}", TEXT["en"])
        write(tmp_path / f"out/vega/help.en-{target}.{target}", [*TEXT[target][:2], ""])
    corpus = Corpus(name="help", languages=["en", "de", "ja"], files=str(tmp_path / "help.{lang}"))
    return EvaluateSettings(translations=tmp_path / "out", test=[corpus], resamples=40)


def test_scores_json_has_a_row_for_every_system_direction_and_metric(settings, tmp_path):
    run(settings, tmp_path)
    rows = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert [(row["direction"], row["system"], row["metric"]) for row in rows] == [
        (direction, system, metric)
        for direction in ("en-de", "en-ja")
        for system in ("copy", "vega")
        for metric in ("BLEU", "chrF")
    ]
    assert {row["test_set"] for row in rows} == {"help"}
    assert all(row["low"] <= row["score"] <= row["high"] for row in rows)
    tokenizers = {row["direction"]: row["signature"] for row in rows if row["metric"] == "BLEU"}
    assert "tok:13a" in tokenizers["en-de"] and "tok:ja-mecab" in tokenizers["en-ja"]
    chrf = {row["system"]: row["score"] for row in rows if row["metric"] == "chrF" and row["direction"] == "en-de"}
    assert chrf["vega"] > chrf["copy"]


def test_scores_do_not_depend_on_the_number_of_processes(settings):
    tasks = list_tasks(settings)
    assert len(tasks) == 2
    assert score_tasks(tasks, processes=1) == score_tasks(tasks, processes=2)


def test_a_system_that_translates_one_direction_only_is_scored_in_that_one(settings):
    write(settings.translations / "tuned/help.en-de.de", TEXT["de"])
    rows = score_tasks(list_tasks(settings), processes=1)
    tuned = [row for row in rows if row["system"] == "tuned"]
    assert [(row["direction"], row["metric"]) for row in tuned] == [("en-de", "BLEU"), ("en-de", "chrF")]
    assert all(row["score"] == pytest.approx(100) for row in tuned)


def test_only_the_asked_metrics_are_scored(settings):
    tasks = list_tasks(settings.model_copy(update={"metrics": ["chrf"], "resamples": 0}))
    rows = score_tasks(tasks, processes=1)
    assert {row["metric"] for row in rows} == {"chrF"}
    assert {row["low"] for row in rows} == {None}


def test_different_line_counts_name_both_files(settings, tmp_path):
    path = write(settings.translations / "vega/help.en-de.de", TEXT["de"][:2])
    with pytest.raises(UserError, match="has 2 lines") as error:
        run(settings, tmp_path)
    assert str(path) in str(error.value) and str(tmp_path / "help.de") in str(error.value)
    assert not (tmp_path / "scores.json").exists()


def test_an_error_in_another_process_arrives_as_it_is(settings):
    path = write(settings.translations / "vega/help.en-de.de", TEXT["de"][:2])
    with pytest.raises(UserError, match=str(path)):
        score_tasks(list_tasks(settings), processes=2)


def test_an_empty_reference_is_an_error(settings, tmp_path):
    write(tmp_path / "help.de", [])
    for system in ("copy", "vega"):
        write(settings.translations / f"{system}/help.en-de.de", [])
    with pytest.raises(UserError, match=r"help\.de: the file is empty"):
        score_tasks(list_tasks(settings), processes=1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("notes.txt", "not the name of a translation"),
        ("help.en-de.ja", "not the name of a translation"),
        ("other.en-de.de", r"no test set 'other' with en-de.*help \(en-de-ja\)"),
        ("help.en-fr.fr", "no test set 'help' with en-fr"),
        ("help.en-xx.xx", "Unknown language 'xx'"),
    ],
)
def test_a_file_that_belongs_to_no_test_set_is_an_error(settings, name, message):
    write(settings.translations / "vega" / name, ["a"])
    with pytest.raises(UserError, match=message):
        list_tasks(settings)


def test_hidden_files_are_left_alone(settings):
    write(settings.translations / "vega/.help.en-de.de.swp", ["a"])
    write(settings.translations / ".vega.tmp/help.en-de.de", ["a"])
    assert len(list_tasks(settings)) == 2


def test_two_test_sets_of_one_name_and_direction_are_ambiguous(settings, tmp_path):
    twin = Corpus(name="help", languages=["en", "de"], files=str(tmp_path / "help.{lang}"))
    with pytest.raises(UserError, match="Two test sets called 'help' have en-de"):
        list_tasks(settings.model_copy(update={"test": [*settings.test, twin]}))


def test_a_folder_without_translations_is_an_error(settings, tmp_path):
    for folder, message in ((tmp_path / "none", "no such folder"), (tmp_path / "empty", "no system's folder")):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(UserError, match=message):
            list_tasks(settings.model_copy(update={"translations": folder}))
    (tmp_path / "empty/vega").mkdir()
    with pytest.raises(UserError, match="no translations"):
        list_tasks(settings.model_copy(update={"translations": tmp_path / "empty"}))

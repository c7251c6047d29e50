from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from eval.evaluate import list_tasks, run, score_tasks
from eval.score_task import score_task
from tests.vega.runs import small_recipe
from vega.errors import UserError
from vega.settings import AboutTestSet, Corpus, EvaluateSettings, NeuralMetric

TEXT = {
    "en": ["Click OK.", "Open the file menu.", "Returns the sine of a number."],
    "de": ["Klicken Sie auf OK.", "Öffnen Sie das Menü Datei.", "Gibt den Sinus einer Zahl zurück."],
    "ja": ["「OK」をクリックします。", "ファイルメニューを開きます。", "数値の正弦を返します。"],
}


def write(path: Path, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """`run` takes as many as there are cores; starting them takes longer than all else here."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})


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


def scores(settings: EvaluateSettings) -> list[dict[str, Any]]:
    return [row for found in score_tasks(list_tasks(settings), processes=1) for row in found.scores]


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
    rows = scores(settings)
    tuned = [row for row in rows if row["system"] == "tuned"]
    assert [(row["direction"], row["metric"]) for row in tuned] == [("en-de", "BLEU"), ("en-de", "chrF")]
    assert all(row["score"] == pytest.approx(100) for row in tuned)


def test_only_the_asked_metrics_are_scored(settings):
    rows = scores(settings.model_copy(update={"metrics": ["chrf"], "resamples": 0}))
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


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def about(settings: EvaluateSettings, tmp_path: Path) -> EvaluateSettings:
    """A second German reference that lacks line 2, domains and documents."""
    write(tmp_path / "second.de", ["Klicken Sie OK.", "", "Der Sinus einer Zahl."])
    write(tmp_path / "meta.tsv", ["ui\tx\td1", "ui\tx\td1", "maths\tx\td2"])
    stated = {
        "test_set": "help", "references": {"de": [tmp_path / "second.de"]}, "meta": tmp_path / "meta.tsv",
        "domain": 1, "document": 3,
    }  # fmt: skip
    return settings.model_copy(update={"about": [AboutTestSet.model_validate(stated)]})


def test_domains_and_documents_are_scored_by_all_references(about, tmp_path):
    run(about, tmp_path)
    rows = {(row["direction"], row["metric"]): row["signature"] for row in read(tmp_path, "scores")}
    assert rows["en-de", "BLEU"].startswith("nrefs:var|") and rows["en-ja", "BLEU"].startswith("nrefs:1|")
    found = read(tmp_path, "breakdown")
    domains = [row for row in found["domains"] if (row["direction"], row["metric"]) == ("en-de", "chrF")]
    assert [(row["system"], row["domain"], row["lines"]) for row in domains] == [
        ("copy", "ui", 2), ("vega", "ui", 2), ("copy", "maths", 1), ("vega", "maths", 1),
    ]  # fmt: skip
    best = next(row for row in domains if (row["system"], row["domain"]) == ("vega", "ui"))
    assert best["score"] == pytest.approx(100) == best["low"] == best["high"]
    documents = [row for row in found["documents"] if (row["direction"], row["metric"]) == ("en-de", "chrF")]
    assert [(row["document"], row["domain"], row["first_line"], row["lines"]) for row in documents] == [
        ("d1", "ui", 1, 2), ("d2", "maths", 3, 1),
    ]  # fmt: skip
    assert documents[0]["scores"]["vega"] == pytest.approx(100) and documents[1]["scores"]["vega"] == 0


def test_every_file_is_written_and_says_of_which_set_and_direction_it_speaks(settings, tmp_path):
    run(settings, tmp_path)
    pairs = read(tmp_path, "significance")
    assert [(row["direction"], row["metric"], row["resamples"], row["trials"]) for row in pairs] == [
        (direction, metric, 40, 10000) for direction in ("en-de", "en-ja") for metric in ("BLEU", "chrF")
    ]
    assert {(pair["a"], pair["b"]) for row in pairs for pair in row["pairs"]} == {("vega", "copy")}
    segments = read(tmp_path, "segments")
    assert [(row["test_set"], row["direction"], row["metric"]) for row in segments] == [
        ("help", "en-de", "chrF"), ("help", "en-ja", "chrF"),
    ]  # fmt: skip
    assert segments[0]["scores"]["vega"] == [100, 100, 0]
    warnings = read(tmp_path, "warnings")
    assert [(row["direction"], row["system"], row["kind"], row["lines"]) for row in warnings] == [
        ("en-de", "vega", "empty", [3]), ("en-ja", "vega", "empty", [3]),
    ]  # fmt: skip
    assert {row["system"] for row in read(tmp_path, "analysis")["systems"]} == {"copy", "vega"}


def test_without_metadata_nor_tests_the_files_are_there_and_say_nothing(settings, tmp_path):
    run(settings.model_copy(update={"resamples": 0, "trials": 0}), tmp_path)
    assert read(tmp_path, "significance") == [] and read(tmp_path, "breakdown") == {"domains": [], "documents": []}


def test_warnings_are_shown(settings, tmp_path, capsys):
    run(settings, tmp_path)
    assert "warning: vega, help en-de: 1 of 3 lines are empty, the first is line 3." in capsys.readouterr().err


def test_a_segment_without_any_reference_names_file_and_line(about, settings, tmp_path):
    write(tmp_path / "help.de", [TEXT["de"][0], "  ", TEXT["de"][2]])
    for each, message in ((settings, "this segment has no reference"), (about, "no reference file has this segment")):
        with pytest.raises(UserError, match=rf"help\.de:2: {message}.*Fill the line in"):
            list(map(score_task, list_tasks(each)))


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        (
            "second.de",
            ["a", "b"],
            r"second\.de has 2 lines, the first reference .*help\.de has 3: it ends after line 2",
        ),
        ("second.de", ["a", "b", "c", "d"], r"second\.de has 4 lines.*line 4 and what follows are too much"),
        ("meta.tsv", ["a\tb\tc"], r"meta\.tsv has 1 lines, the reference"),
        ("meta.tsv", ["a\tb\tc", "a\tb", "a\tb\tc"], r"meta\.tsv:2: no column 3, the line has 2"),
        ("help.en", TEXT["en"][:2], r"help\.en has 2 lines, its reference"),
        ("out/vega/help.en-de.de", TEXT["de"] * 2, r"help\.en-de\.de has 6 lines.*line 4 and what follows"),
    ],
)
def test_a_file_with_other_lines_is_named(about, tmp_path, name, lines, message):
    write(tmp_path / name, lines)
    with pytest.raises(UserError, match=message):
        list(map(score_task, list_tasks(about)))


def test_invalid_utf_8_names_the_file_and_the_line(settings):
    (settings.translations / "vega/help.en-de.de").write_bytes(b"a\nb\xff\nc\n")
    with pytest.raises(UserError, match=r"help\.en-de\.de:2: invalid UTF-8 at byte 2"):
        scores(settings)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"metrics": ["spbleu"]}, "spm_model: spbleu needs the file"),
        ({"tokenizers": {"xx": "char"}}, "Unknown language 'xx'"),
        ({"tokenizers": {"de": "flores200"}}, "tokenizers"),
        ({"about": [{"test_set": "other"}]}, "no test set 'other'"),
        ({"about": [{"test_set": "help", "languages": ["fr"]}]}, "no test set 'help' with these languages"),
        ({"about": [{"test_set": "help", "domain": 1}]}, "meta: name the file"),
        ({"about": [{"test_set": "help", "meta": "m.tsv"}]}, "meta: name the file"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, changed, message):
    with pytest.raises((ValueError, UserError), match=message):
        EvaluateSettings.model_validate(settings.model_dump() | changed)


def test_a_neural_metric_is_scored_tested_and_broken_down_like_any(about, tmp_path, monkeypatch):
    """The mean of its numbers; `eval.neural.run` is held by tests of its own."""
    from eval.neural import run as neural

    def score(metrics, jobs):
        assert [len(job.references) for job in jobs if job.direction == "en-de"] == [2, 2]
        assert all(line for job in jobs for reference in job.references for line in reference)
        return [
            [neural.NeuralScores("m", "model:m", [0.9 if job.system == "vega" else 0.1, 0.5, 0.2]) for job in jobs]
            for _ in metrics
        ]

    monkeypatch.setattr(neural, "score", score)
    stated = about.model_copy(update={"neural": [NeuralMetric(path=tmp_path)]})
    run(stated, tmp_path)
    rows = [row for row in read(tmp_path, "scores") if row["metric"] == "m"]
    assert [(row["direction"], row["system"], round(row["score"], 6)) for row in rows] == [
        (direction, system, score)
        for direction in ("en-de", "en-ja")
        for system, score in (("copy", 0.266667), ("vega", 0.533333))
    ]
    assert rows[0]["signature"] == "model:m|bs:40|seed:12345" and rows[0]["low"] <= rows[0]["score"] <= rows[0]["high"]
    pairs = next(row for row in read(tmp_path, "significance") if row["metric"] == "m")["pairs"]
    assert (pairs[0]["a"], pairs[0]["gain"]) == ("vega", pytest.approx(0.266667, abs=1e-6))
    domains = {(r["system"], r["domain"]): r["score"] for r in read(tmp_path, "breakdown")["domains"]
               if (r["direction"], r["metric"]) == ("en-ja", "m")}  # fmt: skip
    assert domains["vega", "ui"] == pytest.approx(0.7) and domains["vega", "maths"] == pytest.approx(0.2)
    assert read(tmp_path, "segments")[1]["scores"]["copy"] == [0.1, 0.5, 0.2]


def test_an_official_xml_brings_its_references_domains_and_documents(tmp_path):
    def document(name: str, domain: str, numbers: tuple[int, ...]) -> str:
        def side(tag: str, lines: list[str]) -> str:
            segments = "".join(f'<seg id="{place}">{lines[number]}</seg>' for place, number in enumerate(numbers, 1))
            return f"<{tag}><p>{segments}</p></{tag.split()[0]}>"

        first, second = (side(f'ref lang="de" translator="{name}"', TEXT["de"]) for name in "AB")
        source = side('src lang="en"', TEXT["en"])
        return f'<doc origlang="en" id="{name}" domain="{domain}">{source}{first}{second}</doc>'

    documents = document("d1", "ui", (0, 1)) + document("d2", "maths", (2,))
    xml = f"<?xml version='1.0'?><dataset id='s'><collection id='general'>{documents}</collection></dataset>"
    (tmp_path / "help.xml").write_text(xml, encoding="utf-8")
    write(tmp_path / "out/vega/help.en-de.de", TEXT["de"])
    corpus = Corpus(name="help", languages=["en", "de"], files=str(tmp_path / "help.xml"))
    run(EvaluateSettings(translations=tmp_path / "out", test=[corpus], resamples=20, trials=0), tmp_path)
    assert all(row["score"] == pytest.approx(100) for row in read(tmp_path, "scores"))
    assert all(row["signature"].startswith("nrefs:2|") for row in read(tmp_path, "scores"))
    found = read(tmp_path, "breakdown")
    assert [row["domain"] for row in found["domains"] if row["metric"] == "chrF"] == ["ui", "maths"]
    assert [(row["document"], row["lines"]) for row in found["documents"] if row["metric"] == "chrF"] == [
        ("d1", 2), ("d2", 1),
    ]  # fmt: skip


def test_paths_in_a_recipe_may_name_the_data_folder(tmp_path):
    about = '{about: [{test_set: a, references: {de: ["{data}/b.de"]}, meta: "{data}/m", domain: 1}]}'
    stated = small_recipe(tmp_path, f"evaluate={about}").evaluate.about[0]
    assert (stated.references, stated.meta) == ({"de": [tmp_path / "data/b.de"]}, tmp_path / "data/m")

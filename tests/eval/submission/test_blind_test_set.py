"""An official test set without references goes through `evaluate`: the others are scored, and it is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.evaluate import list_tasks
from eval.test_set import read_test_set
from tests.eval.submission.official_files import GERMAN, hypothesis, official
from vega.errors import UserError
from vega.settings import AboutTestSet, Corpus, EvaluateSettings


def settings(folder: Path, reference: bool, **more: object) -> EvaluateSettings:
    """A set that is official, and one in text files, both translated by one system."""
    system = folder / "translate" / "ours"
    system.mkdir(parents=True)
    for name in ("wmt", "text"):
        hypothesis(system, GERMAN, f"{name}.en-de.de")
    for code in ("en", "de"):
        hypothesis(folder, GERMAN, f"text.{code}")
    test = [
        Corpus(name="wmt", languages=["en", "de"], files=str(official(folder, reference=reference))),
        Corpus(name="text", languages=["en", "de"], files=str(folder / "text.{lang}")),
    ]
    return EvaluateSettings.model_validate({"translations": folder / "translate", "test": test, **more})


def test_it_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [task.test_set for task in list_tasks(settings(tmp_path, reference=False))] == ["text"]
    assert "wmt en-de:" in (said := capsys.readouterr().err) and "has no reference, so it is not scored" in said


def test_with_references_of_its_own_or_brought_it_is_scored(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert [task.test_set for task in list_tasks(settings(tmp_path / "a", reference=True))] == ["wmt", "text"]
    brought = AboutTestSet(test_set="wmt", references={"de": [hypothesis(tmp_path, GERMAN, "brought.de")]})
    task = list_tasks(settings(tmp_path / "b", reference=False, about=[brought]))[0]
    assert task.test_set == "wmt" and read_test_set(task).references == [GERMAN]


def test_where_nothing_can_be_scored_it_is_an_error(tmp_path: Path) -> None:
    blind = settings(tmp_path, reference=False)
    (tmp_path / "translate/ours/text.en-de.de").unlink()
    with pytest.raises(UserError, match=r"official.xml: it has no reference to score against"):
        list_tasks(blind)

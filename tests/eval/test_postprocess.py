"""The stage learns from training targets, rewrites every system's files, and says what it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.evaluate import list_tasks
from eval.postprocess import run
from vega.errors import UserError
from vega.settings import Corpus, EvaluateSettings, PostprocessSettings

OUTPUT = ['Er sagte "ja" dazu.', "Das ist 5,5 Zoll.", '27" und "so".', 'Siehe "www.x.org/a" da', 'und "nein".']
REWRITTEN = ["Er sagte „ja“ dazu.", OUTPUT[1], OUTPUT[2], "Siehe „www.x.org/a“ da", "und „nein“."]


def write(path: Path, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def corpus(folder: Path, name: str, text: dict[str, list[str]], **options: Any) -> Corpus:
    for code, lines in text.items():
        write(folder / f"{name}.{code}", lines)
    return Corpus(name=name, languages=list(text), files=str(folder / f"{name}.{{lang}}"), **options)


@pytest.fixture
def settings(tmp_path: Path) -> PostprocessSettings:
    """News with German quotation marks, synthetic text and text in the other direction with others."""
    write(tmp_path / "translate/base/help.en-de.de", OUTPUT)
    write(tmp_path / "translate/tuned/help.en-de.de", REWRITTEN)
    write(tmp_path / "translate/base/help.de-en.en", ['say "yes" so'])
    write(tmp_path / "translate/translate.json", ["{}"])
    english = ["he said so and so"] * 60
    corpora = [
        corpus(tmp_path, "news", {"en": english, "de": ["er sagte „so“ da"] * 60}),
        corpus(tmp_path, "made", {"en": english, "de": ["er sagte »so« da"] * 60}, tag="bt"),
        corpus(tmp_path, "other", {"en": english, "de": ["er sagte »so« da"] * 60}, directions=["de-en"]),
    ]
    return PostprocessSettings(translations=tmp_path / "translate", corpora=corpora)


def test_what_the_training_targets_are_clear_about_is_restored(settings: PostprocessSettings, tmp_path: Path) -> None:
    run(settings, tmp_path / "out")
    assert (tmp_path / "out/base/help.en-de.de").read_text(encoding="utf-8").splitlines() == REWRITTEN
    assert (tmp_path / "out/tuned/help.en-de.de").read_text(encoding="utf-8").splitlines() == REWRITTEN
    assert (tmp_path / "out/base/help.de-en.en").read_text(encoding="utf-8") == 'say "yes" so\n'
    found = json.loads((tmp_path / "out/postprocess.json").read_text(encoding="utf-8"))
    assert [(row["system"], row["direction"], row["lines"], row["changed"]) for row in found["changed"]] == [
        ("base", "de-en", 1, 0), ("base", "en-de", 5, 3), ("tuned", "en-de", 5, 0),
    ]  # fmt: skip
    first = found["changed"][1]["samples"][0]
    assert first == {"line": 1, "before": OUTPUT[0], "after": REWRITTEN[0]}
    assert list(found["languages"]) == ["de", "en"]
    german = json.loads((tmp_path / "out/conventions.de.json").read_text(encoding="utf-8"))
    assert german == found["languages"]["de"] and german["lines"] == 60
    quotes = next(rule for rule in german["rules"] if rule["feature"] == "quotes")
    assert quotes == {
        "feature": "quotes", "choice": ["„", "“"], "applied": True,
        "variants": [{"text": ["„", "“"], "count": 60, "share": 1.0}],
    }  # fmt: skip


def test_the_result_is_scored_like_translations(settings: PostprocessSettings, tmp_path: Path) -> None:
    test = corpus(tmp_path, "help", {"en": ["a"] * 5, "de": REWRITTEN})
    run(settings, tmp_path / "out")
    (tmp_path / "out/base/help.de-en.en").unlink()
    tasks = list_tasks(EvaluateSettings(translations=tmp_path / "out", test=[test]))
    assert [sorted(task.files) for task in tasks] == [["base", "tuned"]]


def test_only_the_named_corpora_are_learnt_from(settings: PostprocessSettings, tmp_path: Path) -> None:
    more = corpus(tmp_path, "manual", {"en": ["a"] * 900, "de": ['auf "OK" da'] * 900})
    both = settings.model_copy(update={"corpora": [*settings.corpora, more]})
    run(both, tmp_path / "both")
    assert (tmp_path / "both/base/help.en-de.de").read_text(encoding="utf-8").splitlines() == OUTPUT
    run(both.model_copy(update={"learn_from": ["news"]}), tmp_path / "news")
    assert (tmp_path / "news/base/help.en-de.de").read_text(encoding="utf-8").splitlines() == REWRITTEN
    for name in ("made", "nws"):
        with pytest.raises(UserError, match=f"'{name}'.*manual, news, other"):
            run(both.model_copy(update={"learn_from": [name]}), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_lines_to_learn_from_are_spread_over_the_corpus(settings: PostprocessSettings, tmp_path: Path) -> None:
    german = ['er sagte "so" da'] * 100 + ["er sagte „so“ da"] * 300
    settings = settings.model_copy(
        update={"corpora": [corpus(tmp_path, "long", {"en": ["a"] * 400, "de": german})], "max_lines": 100}
    )
    run(settings, tmp_path / "out")
    found = json.loads((tmp_path / "out/conventions.de.json").read_text(encoding="utf-8"))
    assert found["lines"] == 100
    quotes = next(rule for rule in found["rules"] if rule["feature"] == "quotes")
    assert [variant["count"] for variant in quotes["variants"]] == [75, 25]


def test_a_language_without_training_text_is_left_alone(settings: PostprocessSettings, tmp_path: Path) -> None:
    write(tmp_path / "translate/base/help.en-fr.fr", ['un "mot"'])
    run(settings, tmp_path / "out")
    assert (tmp_path / "out/base/help.en-fr.fr").read_text(encoding="utf-8") == 'un "mot"\n'


def test_a_strange_file_is_named(settings: PostprocessSettings, tmp_path: Path) -> None:
    write(tmp_path / "translate/base/notes.txt", ["a"])
    with pytest.raises(UserError, match=r"notes\.txt.*TEST\.SOURCE-TARGET\.TARGET|notes\.txt: not the name"):
        run(settings, tmp_path / "out")

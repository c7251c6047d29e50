"""Cleaning of every kind of source: formats, monolingual and synthetic text, text to compare against, own filters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_pipeline import clean
from data_pipeline.filters import FILTERS
from data_pipeline.leakage.index import build_index
from tests.vega.corpus.writing import write
from vega.errors import UserError
from vega.settings import CleanSettings, Corpus

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]

ROWS = [
    {"en": "This line is fine here", "de": "Diese Zeile ist in Ordnung"},
    {"en": " Spaces\u00a0\u200band more ", "de": "Leer\u3000zeichen und mehr"},
    {"en": "", "de": "Ohne Quelle"},
    {"en": "LibreOffice Writer", "de": "LibreOffice Writer"},
    {"en": "This line is fine here!", "de": "Diese Zeile ist in Ordnung."},
    {"en": "The held-out sentence is this", "de": "Etwas ganz anderes steht da"},
    {"en": 'He said "no" & left <b>', "de": "Er sagte „nein“ & ging <b>"},
]


@pytest.fixture(autouse=True)
def no_bundled_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index of the bundled test sets takes seconds."""
    monkeypatch.setattr(clean, "build_index", partial(build_index, bundled=None))


def outcomes(folder: Path, name: str) -> list[str]:
    table = pq.read_table(folder / f"provenance/{name}.parquet")
    return [str(outcome) for outcome in table["outcome"].to_pylist()]


def report(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "clean.json").read_text(encoding="utf-8"))
    return loaded


def cleaned(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "clean.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_every_format_gives_the_same_bytes(tmp_path: Path) -> None:
    kinds = ["text", "text.zst", "tsv.xz names", "tmx.gz", "parquet struct"]
    held_out = [{"en": "The held-out sentence is this.", "de": "Der Satz im Test"}]
    results = []
    for kind in kinds:
        folder = tmp_path / kind.replace(" ", "_")
        (folder / "test").mkdir(parents=True)
        corpora, test = [write(folder, kind, ROWS)], [write(folder / "test", kind, held_out)]
        clean.run(CleanSettings(corpora=corpora, held_out=test, workers=1, shard_lines=3), folder / "output")
        results.append(cleaned(folder / "output"))
    assert [outcome.split(":")[0] for outcome in outcomes(folder / "output", "c.en-de")] == [
        "kept", "kept", "empty", "copy", "duplicate", "held_out", "kept"
    ]  # fmt: skip
    for kind, result in zip(kinds, results, strict=True):
        assert result == results[0], kind


def test_monolingual_text_goes_through_all_filters(write_corpus: WriteCorpus, output: Path) -> None:
    lines = [
        "This is a whole sentence in plain English.",
        "  ",
        "This is a whole sentence in plain English",
        "word " * 400,
        "Das hier ist kein englischer Satz, sondern ein deutscher Satz.",
        "The held-out sentence is this!",
        "The other side of a pair stands here again.",
        "Another sentence which stays where it is, I hope.",
    ]
    mono = write_corpus("news", {"en": lines})
    pair = write_corpus("pair", {"en": ["The other side of a pair stands here again"],
                                 "de": ["Die andere Seite eines Paares steht hier noch einmal"]})  # fmt: skip
    test = write_corpus("test", {"en": ["The held-out sentence is this."], "de": ["Der zurückgehaltene Satz."]})
    filters: dict[str, Any] = {name: {} for name in FILTERS if name not in ("encoder", "bicleaner", "pair_similarity")}
    clean.run(CleanSettings(corpora=[mono, pair], held_out=[test], workers=1, filters=filters), output)
    assert outcomes(output, "news.en") == [
        "kept", "empty", "duplicate", "length", "language_id", "held_out", "duplicate_side", "kept"
    ]  # fmt: skip
    assert (output / "news.en.en").read_text(encoding="utf-8") == f"{lines[0]}\n{lines[-1]}\n"
    assert (output / "pair.en-de.en").read_text(encoding="utf-8").count("\n") == 1


def test_a_filter_that_needs_a_pair_keeps_monolingual_text(write_corpus: WriteCorpus, output: Path) -> None:
    mono = write_corpus("news", {"en": ["One plain English sentence here.", "A second one stands here."]})
    filters: dict[str, Any] = {"length_ratio": {}, "copy": {}, "numbers": {}, "pair_similarity": {}}
    clean.run(CleanSettings(corpora=[mono], workers=1, filters=filters), output)
    assert outcomes(output, "news.en") == ["kept", "kept"]


def genuine_and_synthetic(write_corpus: WriteCorpus) -> tuple[Corpus, Corpus]:
    genuine = write_corpus("real", {
        "en": ["The first English sentence", "A second one follows it", "And the third one ends it"],
        "de": ["Der erste deutsche Satz", "Ein zweiter folgt ihm nach", "Und der dritte beendet es"],
    })  # fmt: skip
    synthetic = write_corpus("bt", {
        "en": ["Something new stands here", "The first English sentence!", "A second one follows it", "Again new text"],
        "de": ["Etwas Neues steht hier", "der erste deutsche Satz", "Eine andere Übersetzung", "Wieder neuer Text"],
    })  # fmt: skip
    return genuine, synthetic.model_copy(update={"tag": "bt"})


@pytest.mark.parametrize(("sides", "expected"), [
    (False, ["kept", "duplicate", "kept", "kept"]),
    (True, ["kept", "duplicate", "duplicate_side", "kept"]),
])  # fmt: skip
@pytest.mark.parametrize("place", ["before", "after", "against"])
def test_synthetic_text_yields_to_genuine_text(
    write_corpus: WriteCorpus, output: Path, place: str, sides: bool, expected: list[str]
) -> None:
    genuine, synthetic = genuine_and_synthetic(write_corpus)
    corpora = {"before": [genuine, synthetic], "after": [synthetic, genuine], "against": [synthetic]}[place]
    against = [genuine] if place == "against" else []
    dedup = {"synthetic_sides": sides}
    clean.run(
        CleanSettings.model_validate({"corpora": corpora, "against": against, "workers": 1, "dedup": dedup}), output
    )
    assert outcomes(output, "bt.en-de") == expected
    origin = pq.read_table(output / "provenance/bt.en-de.parquet").to_pylist()[1]
    assert (origin["of"], origin["of_line"]) == ("real.en-de", 1)
    if place == "against":
        assert sorted(path.name for path in output.iterdir()) == [
            "bt.en-de.de", "bt.en-de.en", "clean.json", "provenance",
        ]  # fmt: skip
        assert list(report(output)["corpora"]) == ["bt.en-de"]
        assert [corpus["name"] for corpus in report(output)["against"]] == ["real"]
    else:
        assert outcomes(output, "real.en-de") == ["kept"] * 3


def test_back_translations_stay_though_their_target_is_monolingual_text(
    write_corpus: WriteCorpus, output: Path
) -> None:
    german = ["Ein ganzer Satz aus der Zeitung", "Noch ein ganzer Satz von heute"]
    mono = write_corpus("news", {"de": german})
    made = write_corpus(
        "bt", {"en": ["A whole sentence from the newspaper", "Another sentence of today"], "de": german}
    )
    settings = {"corpora": [made.model_copy(update={"tag": "bt"})], "against": [mono], "workers": 1}
    clean.run(CleanSettings.model_validate(settings | {"dedup": {"synthetic_sides": True}}), output)
    assert outcomes(output, "bt.en-de") == ["kept", "kept"]


def test_what_is_compared_against_is_not_filtered_and_comes_first(write_corpus: WriteCorpus, output: Path) -> None:
    old = write_corpus("old", {"en": ["Same", "Same", "A line that both of them have"],
                               "de": ["Same", "Same", "Eine Zeile, die beide haben"]})  # fmt: skip
    new = write_corpus("new", {"en": ["a LINE that both of them have", "Only here in this one"],
                               "de": ["eine Zeile, die beide haben!", "Nur hier in dieser einen"]})  # fmt: skip
    clean.run(CleanSettings(corpora=[new], against=[old], held_out=[old], workers=1, shard_lines=1), output)
    assert outcomes(output, "new.en-de") == ["held_out", "kept"]
    clean.run(CleanSettings(corpora=[new], against=[old], workers=1, shard_lines=1), output)
    assert outcomes(output, "new.en-de") == ["duplicate", "kept"]
    copies = write_corpus("copies", {"en": ["Same", "Other"], "de": ["Same", "Other"]})
    unlike = {"corpora": [copies], "against": [old], "workers": 1, "filters_for": {"copies": {"copy": None}}}
    clean.run(CleanSettings.model_validate(unlike), output)
    assert outcomes(output, "copies.en-de") == ["duplicate", "kept"]
    with pytest.raises(UserError, match="Two corpora are named 'new'"):
        clean.run(CleanSettings(corpora=[new], against=[new], workers=1), output)


def test_each_corpus_has_its_own_filters(write_corpus: WriteCorpus, output: Path) -> None:
    first = write_corpus("first", {"en": ["Vega", "A longer line is here"], "de": ["Vega", "Eine längere Zeile"]})
    second = write_corpus("second", {"en": ["Ceres", "One more line of text"], "de": ["Ceres", "Noch eine Zeile Text"]})
    third = write_corpus("third", {"en": ["Juno", "The last line of all"], "ru": ["Juno", "Последняя строка из всех"]})
    settings = {
        "corpora": [first, second, third],
        "workers": 1,
        "filters_for": {"de-en": {"length": {"min_tokens": 2}, "numbers": True}, "second": {"copy": None}},
    }
    clean.run(CleanSettings.model_validate(settings), output)
    assert outcomes(output, "first.en-de") == ["length", "kept"]
    assert outcomes(output, "second.en-de") == ["length", "kept"]
    assert outcomes(output, "third.en-ru") == ["copy", "kept"]
    found = {name: facts["filters"] for name, facts in report(output)["corpora"].items()}
    assert list(found["first.en-de"]) == ["length", "length_ratio", "copy", "numbers"]
    assert list(found["second.en-de"]) == ["length", "length_ratio", "numbers"]
    assert found["second.en-de"]["length"]["options"]["min_tokens"] == 2
    assert list(found["third.en-ru"]) == ["length", "length_ratio", "copy"]
    with pytest.raises(UserError, match=r"filters_for.secnd: no corpus .*Did you mean 'second'"):
        clean.run(CleanSettings.model_validate(settings | {"filters_for": {"secnd": {}}}), output)


def test_only_what_a_change_concerns_is_done_again(
    write_corpus: WriteCorpus, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpora = [write_corpus(name, {"en": [f"{name} is a line"], "de": [f"{name} ist so"]}) for name in ("a", "b")]
    done: list[str] = []
    judge = clean.filter_shard

    def noting(job: Any) -> Any:
        done.append(job.name)
        return judge(job)

    monkeypatch.setattr(clean, "filter_shard", noting)
    monkeypatch.setattr(clean, "find_duplicates", lambda *_: pytest.fail("stop here"))
    for filters_for, again in [({}, ["a.en-de", "b.en-de"]), ({"b": {"copy": None}}, ["b.en-de"]), ({}, [])]:
        done.clear()
        with pytest.raises(pytest.fail.Exception):
            clean.run(CleanSettings(corpora=corpora, workers=1, filters_for=filters_for), output)
        assert done == again

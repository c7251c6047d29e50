"""The whole stage, on rows whose fate is known."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_pipeline import clean
from data_pipeline.leakage.index import build_index
from data_pipeline.shards import SAMPLES, ShardJob, ShardResult
from vega.errors import UserError
from vega.settings import CleanSettings, Corpus

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]

ROWS = [
    ("This line is fine here", "Diese Zeile ist in Ordnung", "kept"),
    ("  Spaces\u00a0and\ttabs here ", "Leer\u3000zeichen und mehr", "kept"),
    ("", "Ohne Quelle", "empty"),
    ("Only spaces", " \u00a0 ", "empty"),
    ("LibreOffice Writer", "LibreOffice Writer", "copy"),
    ("Short", "Ein sehr langer Satz, der unmöglich eine Übersetzung sein kann", "length_ratio"),
    ("THIS LINE is fine here!", "Diese Zeile  ist in Ordnung.", "duplicate"),
    ("This line is fine here", "Eine andere Übersetzung davon", "kept"),
    ("The held-out sentence is this", "Etwas ganz anderes steht da", "held_out"),
    ("Something else entirely is here", "der Satz im TEST ist dieser!", "held_out"),
    ("Open", "Öffnen", "held_out"),
    ("Open", "Aufmachen", "kept"),
]

HELD_OUT = {
    "en": ["The held-out sentence is this.", "Open", ""],
    "de": ["Der Satz im Test ist dieser.", "Öffnen", ""],
}


def texts(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "clean.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def report(folder: Path) -> dict[str, Any]:
    loaded = json.loads((folder / "clean.json").read_text(encoding="utf-8"))
    assert loaded.pop("seconds") >= 0
    assert loaded.pop("memory")["driver_mib"] > 0
    assert loaded.pop("workers") > 0
    return dict(loaded)


@pytest.fixture(autouse=True)
def no_bundled_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index of the bundled test sets takes seconds."""
    monkeypatch.setattr(clean, "build_index", partial(build_index, bundled=None))


def provenance(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / f"provenance/{name}.parquet").to_pylist()
    return rows


@pytest.fixture
def corpora(write_corpus: WriteCorpus) -> tuple[list[Corpus], list[Corpus]]:
    first = write_corpus("first", {"en": [row[0] for row in ROWS], "de": [row[1] for row in ROWS]})
    second = write_corpus("second", {"de": ["Diese Zeile ist in Ordnung", "Nur hier"],
                                     "en": ["This line is fine here", "Only found here"]})  # fmt: skip
    return [first, second], [write_corpus("test", HELD_OUT)]


def test_every_row_is_kept_or_dropped_by_its_rule(corpora: tuple[list[Corpus], list[Corpus]], output: Path) -> None:
    clean.run(CleanSettings(corpora=corpora[0], held_out=corpora[1], workers=1), output)
    found = report(output)["corpora"]
    counts = {rule: sum(row[2] == rule for row in ROWS) for rule in {row[2] for row in ROWS}}
    kept = counts.pop("kept")
    first = found["first.en-de"]
    assert (first["read"], first["kept"], first["dropped"]) == (len(ROWS), kept, counts)
    assert first["samples"]["copy"] == [{"en": "LibreOffice Writer", "de": "LibreOffice Writer"}]
    assert set(first["samples"]) == set(counts)
    lines = (output / "first.en-de.en").read_text(encoding="utf-8").splitlines()
    assert lines == ["This line is fine here", "Spaces and tabs here", "This line is fine here", "Open"]
    assert len((output / "first.en-de.de").read_text(encoding="utf-8").splitlines()) == kept
    assert found["second.de-en"]["dropped"] == {"duplicate": 1}
    assert (output / "second.de-en.de").read_text() == "Nur hier\n"
    rows = provenance(output, "first.en-de")
    assert [(row["line"], row["outcome"]) for row in rows] == [(n, row[2]) for n, row in enumerate(ROWS, start=1)]
    origins = {row["line"]: (row["match"], row["of"], row["of_line"]) for row in rows if row["of"]}
    assert origins == {
        7: (None, "first.en-de", 1),
        9: ("folded", "test", 1),
        10: ("folded", "test", 1),
        11: ("exact", "test", 2),
    }
    again = provenance(output, "second.de-en")
    assert [(row["outcome"], row["of"], row["of_line"]) for row in again] == [
        ("duplicate", "first.en-de", 1), ("kept", None, None),
    ]  # fmt: skip
    assert sorted(path.name for path in output.iterdir()) == [
        "clean.json", "first.en-de.de", "first.en-de.en", "provenance", "second.de-en.de", "second.de-en.en",
    ]  # fmt: skip


@pytest.mark.parametrize("shard_lines", [1, 5, 1000])
def test_shard_size_changes_no_byte(
    corpora: tuple[list[Corpus], list[Corpus]], output: Path, tmp_path: Path, shard_lines: int
) -> None:
    clean.run(CleanSettings(corpora=corpora[0], held_out=corpora[1], workers=1), output)
    other = tmp_path / "other"
    clean.run(CleanSettings(corpora=corpora[0], held_out=corpora[1], workers=1, shard_lines=shard_lines), other)
    assert texts(other) == texts(output)
    assert report(other) == report(output)


@pytest.mark.e2e
def test_two_ray_workers_change_no_byte(
    write_corpus: WriteCorpus, invented: Callable[..., list[str]], output: Path, tmp_path: Path
) -> None:
    text = {code: invented(code, 900) + invented(code, 500, 2) + invented(code, 300) for code in ("en", "de", "zh")}
    held_out = write_corpus("test", {code: invented(code, 520, 2)[490:] for code in ("en", "de", "zh")})
    corpora = [write_corpus("multi", text), write_corpus("pair", {"en": text["en"][:50], "de": text["de"][:50]})]
    for folder, workers, shard_lines in ((output, 1, 20_000), (tmp_path / "two", 2, 97)):
        options: dict[str, Any] = {
            "workers": workers,
            "shard_lines": shard_lines,
            "filters": {"length": {}, "copy": {}},
        }
        clean.run(CleanSettings(corpora=corpora, held_out=[held_out], **options), folder)
    assert texts(output) == texts(tmp_path / "two")
    found = report(output)
    assert found == report(tmp_path / "two")
    assert found["corpora"]["multi.en-de-zh"]["dropped"] == {"duplicate": 300, "held_out": 10}
    assert found["corpora"]["pair.en-de"]["kept"] == 50  # a pair is another row than three languages


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(
    rows=st.lists(st.tuples(st.text("abAB .\t\u00a0é", max_size=12), st.text("äb.c ", max_size=12)), min_size=1),
    shard_lines=st.integers(1, 10),
)
def test_every_line_is_accounted_for(
    write_corpus: WriteCorpus, tmp_path: Path, rows: list[tuple[str, str]], shard_lines: int
) -> None:
    corpus = write_corpus(
        "any", {"en": ["a good line", *(row[0] for row in rows)], "de": ["gut", *(r[1] for r in rows)]}
    )
    clean.run(CleanSettings(corpora=[corpus], workers=1, shard_lines=shard_lines, filters={"copy": {}}), tmp_path / "o")
    found = report(tmp_path / "o")["corpora"]["any.en-de"]
    assert found["read"] == len(rows) + 1 == found["kept"] + sum(found["dropped"].values())
    for code in ("en", "de"):
        assert (tmp_path / f"o/any.en-de.{code}").read_bytes().count(b"\n") == found["kept"]
    traced = provenance(tmp_path / "o", "any.en-de")
    assert [row["line"] for row in traced] == list(range(1, len(rows) + 2))
    assert Counter(row["outcome"] for row in traced) == {"kept": found["kept"], **found["dropped"]}


@pytest.mark.parametrize("shard_lines", [1, 20, 1000])
def test_the_first_few_dropped_rows_are_shown(write_corpus: WriteCorpus, output: Path, shard_lines: int) -> None:
    lines = {
        "en": ["good line", *(f"copy {i}" for i in range(20))],
        "de": ["Zeile", *(f"Copy {i}!" for i in range(20))],
    }
    corpus = write_corpus("c", lines)
    clean.run(CleanSettings(corpora=[corpus], workers=1, shard_lines=shard_lines), output)
    shown = report(output)["corpora"]["c.en-de"]["samples"]["copy"]
    assert [row["en"] for row in shown] == [f"copy {i}" for i in range(SAMPLES)]


@pytest.mark.parametrize("shard_lines", [3, 1000])
def test_rows_that_were_nearly_dropped_are_shown(write_corpus: WriteCorpus, output: Path, shard_lines: int) -> None:
    """The longest of those that are kept in the end: the longest of all is a duplicate."""
    sizes = [3, 9, 4, 8, 10, 10, 5, 2, 7, 11, 12]
    lines = {
        "en": [" ".join(f"w{size}x{n % size}" for n in range(size)) for size in sizes],
        "de": [" ".join(f"v{size}y{n % size}" for n in range(size)) for size in sizes],
    }
    filters = {"length": {"max_tokens": 11}, "copy": {}}
    corpus = write_corpus("c", lines)
    clean.run(CleanSettings(corpora=[corpus], workers=1, shard_lines=shard_lines, filters=filters), output)
    found = report(output)["corpora"]["c.en-de"]
    assert found["dropped"] == {"duplicate": 1, "length": 1}
    assert [entry["line"] for entry in found["nearly_dropped"]["length"]] == [10, 5, 2, 4, 9]
    assert found["nearly_dropped"]["length"][1]["scores"]["length.longest"] == 10
    assert "copy" not in found["nearly_dropped"]  # every row is as far from being a copy as any other
    facts = found["filters"]["length"]
    assert (facts["evaluated"], facts["dropped"], facts["options"]["max_tokens"]) == (11, 1, 11)
    assert found["filters"]["copy"]["evaluated"] == 10


def test_score_all_adds_scores_and_changes_nothing_else(
    corpora: tuple[list[Corpus], list[Corpus]], tmp_path: Path
) -> None:
    for folder, every in (("some", False), ("all", True)):
        clean.run(CleanSettings(corpora=corpora[0], held_out=corpora[1], workers=1, score_all=every), tmp_path / folder)
    some, every = provenance(tmp_path / "some", "first.en-de"), provenance(tmp_path / "all", "first.en-de")
    assert [row["outcome"] for row in some] == [row["outcome"] for row in every]
    assert some[5]["outcome"] == "length_ratio" and some[5]["copy.share"] is None
    assert every[5]["copy.share"] == 0.0
    assert (tmp_path / "some/first.en-de.de").read_bytes() == (tmp_path / "all/first.en-de.de").read_bytes()


def test_held_out_files_are_not_touched(corpora: tuple[list[Corpus], list[Corpus]], output: Path) -> None:
    before = {path: path.read_bytes() for path in corpora[1][0].paths().values()}
    clean.run(CleanSettings(corpora=corpora[0], held_out=corpora[1], workers=1), output)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(("address", "threads"), [("", 3), ("head:6379", 0)])
def test_duplicates_take_as_many_cores_as_there_are_workers(
    corpora: tuple[list[Corpus], list[Corpus]],
    output: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    threads: int,
) -> None:
    """On this machine; those of a cluster are elsewhere."""
    taken: list[int] = []
    monkeypatch.setattr(clean, "find_duplicates", lambda *arguments: taken.append(arguments[5]))
    chosen = CleanSettings(corpora=corpora[0], workers=3, address=address)
    clean.Cleaning(chosen, output, [])._duplicates([])
    assert taken == [threads]


def test_the_order_of_filters_decides_who_drops(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    corpus = write_corpus("c", {"en": ["same same", "good line"], "de": ["same same", "gute Zeile"]})
    for order in (["copy", "length"], ["length", "copy"]):
        options: dict[str, dict[str, Any]] = {name: {"max_tokens": 1} if name == "length" else {} for name in order}
        corpus_settings = CleanSettings(
            corpora=[corpus], workers=1, filters={**options, "length": {"max_characters": 9}}
        )
        with pytest.raises(UserError, match=f"no line is left after cleaning .*{order[0]}"):
            clean.run(corpus_settings, tmp_path / order[0])


def test_two_corpora_of_one_name_are_refused(write_corpus: WriteCorpus, output: Path) -> None:
    corpus = write_corpus("twin", {"en": ["a"], "de": ["b"]})
    with pytest.raises(UserError, match="Two corpora are named 'twin' for en-de"):
        clean.run(CleanSettings(corpora=[corpus, corpus], workers=1), output)


def test_a_wrong_filter_is_an_error_before_any_work(output: Path) -> None:
    corpus = Corpus(name="none", languages=["en", "de"], files="there/is/no/file.{lang}")
    with pytest.raises(UserError, match="Did you mean 'copy'"):
        clean.run(CleanSettings(corpora=[corpus], filters={"cpoy": {}}), output)
    assert list(output.iterdir()) == []


def test_ctrl_c_leaves_nothing(
    corpora: tuple[list[Corpus], list[Corpus]], output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = clean.filter_shard

    def interrupted(job: ShardJob) -> ShardResult:
        if job.unit.corpus == 1:
            raise KeyboardInterrupt
        return real(job)

    monkeypatch.setattr(clean, "filter_shard", interrupted)
    with pytest.raises(KeyboardInterrupt):
        clean.run(CleanSettings(corpora=corpora[0], workers=1, shard_lines=2), output)
    assert list(output.iterdir()) == []

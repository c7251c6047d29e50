"""The stage that stands before training."""

import gzip
import json
import lzma
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_pipeline.leakage import gate
from vega.errors import UserError
from vega.leakage_report import passed_report
from vega.manifest import hash_file
from vega.settings import Corpus, LeakageSettings

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]

CLEAN = {"en": ["Nothing of it is in a test set at all", "Open", "Close"], "de": ["Nichts", "Aufmachen", "Schließen"]}
LEAKING = {
    "en": ["Fine", "THE HELD-OUT sentence is this", "Fine again", "Open"],
    "de": ["Gut", "Etwas anderes", "Wieder gut", "Öffnen"],
}
TEST = {"en": ["The held-out sentence is this.", "Open"], "de": ["Der Satz im Test ist dieser.", "Öffnen"]}


@pytest.fixture
def corpora(write_corpus: WriteCorpus) -> dict[str, Corpus]:
    texts = {"clean": CLEAN, "leaking": LEAKING, "test": TEST}
    return {name: write_corpus(name, text) for name, text in texts.items()}


def options(corpora: Mapping[str, Corpus], *names: str, **others: Any) -> LeakageSettings:
    chosen = [corpora[name] for name in names]
    return LeakageSettings(corpora=chosen, held_out=[corpora["test"]], **{"workers": 1, **others})


def report(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder / gate.REPORT).read_text(encoding="utf-8"))
    return facts


def files(*corpora: Corpus) -> list[Path]:
    return [path for corpus in corpora for path in corpus.paths().values()]


def covers(report: Path, texts: Sequence[Path]) -> None:
    """What binarize and training ask of a report."""
    passed_report(report).require((str(path), hash_file(path)) for path in texts)


def test_clean_text_passes_and_its_files_are_covered(corpora: dict[str, Corpus], output: Path) -> None:
    gate.run(options(corpora, "clean"), output)
    facts = report(output)
    assert facts["passed"] and facts["hits"] == 0
    assert facts["sources"]["clean.en-de"]["rows"] == 3
    assert facts["test_sets"]["sides"]["recipe"] == {"test": 4}
    assert set(facts["test_sets"]["sides"]["bundled"]) == {"newstest2021", "generaltest2022"}
    assert sorted(path.name for path in output.iterdir()) == ["leakage.json", "leakage.parquet", "test_sets.index"]
    covers(output / gate.REPORT, files(corpora["clean"]))


def test_leaking_rows_fail_the_stage_and_are_shown(corpora: dict[str, Corpus], output: Path) -> None:
    with pytest.raises(
        UserError, match=r"2 training rows .*line 2 of leaking.en-de: folded .* en side with line 1 of t"
    ):
        gate.run(options(corpora, "clean", "leaking"), output)
    source = report(output)["sources"]["leaking.en-de"]
    assert (source["rows"], source["hits"]) == (4, 2)
    assert source["kinds"] == {"exact": {"test": 1}, "folded": {"test": 1}}
    assert source["samples"][0] == {
        "line": 2, "test_line": 1, "kind": "folded", "side": "en", "test_set": "test", "similarity": 1.0,
        "text": "THE HELD-OUT sentence is this",
    }  # fmt: skip
    assert pq.read_table(output / gate.TABLE).drop_columns("text").to_pylist() == [
        {"source": "leaking.en-de", "line": line, "kind": kind, "side": "en", "test_set": "test", "test_line": of,
         "similarity": 1.0}
        for line, kind, of in ((2, "folded", 1), (4, "exact", 2))
    ]  # fmt: skip
    with pytest.raises(UserError, match="2 training rows match"):
        covers(output / gate.REPORT, files(corpora["clean"]))


def test_monolingual_and_synthetic_text_is_checked_like_any(
    write_corpus: WriteCorpus, corpora: dict[str, Corpus], output: Path
) -> None:
    """A monolingual corpus that holds a test set is the commonest leak of back-translation."""
    mono = write_corpus("mono", {"de": ["Gut", "der Satz im Test ist dieser", "Öffnen"]})
    made = write_corpus("made", {"en": ["Whatever the model said"], "de": ["Der Satz im Test ist dieser!"]})
    made = made.model_copy(update={"tag": "bt", "directions": ["en-de"]})
    gate.run(options(corpora | {"mono": mono, "made": made}, "mono", "made", allow=2), output)
    sources = report(output)["sources"]
    assert {name: source["hits"] for name, source in sources.items()} == {"mono.de": 1, "made.en-de": 1}
    covers(output, files(mono, made))


def test_allowed_rows_pass(corpora: dict[str, Corpus], output: Path) -> None:
    gate.run(options(corpora, "leaking", allow=2), output)
    assert report(output)["passed"]
    covers(output / gate.REPORT, files(corpora["leaking"]))
    with pytest.raises(UserError, match="1 allowed"):
        gate.run(options(corpora, "leaking", allow=1), output)


def test_files_are_covered_by_content(corpora: dict[str, Corpus], output: Path, tmp_path: Path) -> None:
    gate.run(options(corpora, "clean"), output)
    path = output / gate.REPORT
    english, german = files(corpora["clean"])
    moved = tmp_path / "moved"
    moved.write_bytes(english.read_bytes())
    covers(path, [moved, german])
    with pytest.raises(UserError, match=f"{files(corpora['leaking'])[0]}: not in the leakage report"):
        covers(path, [english, *files(corpora["leaking"])])
    english.write_text(english.read_text() + "One more line\n")
    with pytest.raises(UserError, match=r"clean\.en: not in the leakage report .* changed since"):
        covers(path, [english, german])


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"passed": true}'])
def test_no_report_no_training(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "leakage.json").write_text(content)
    with pytest.raises(UserError, match="Run `vega leakage`"):
        covers(tmp_path / "leakage.json", [])


def test_a_report_of_another_format_does_not_count(corpora: dict[str, Corpus], output: Path) -> None:
    gate.run(options(corpora, "clean"), output)
    path = output / gate.REPORT
    path.write_text(json.dumps(report(output) | {"format": 99}))
    with pytest.raises(UserError, match="format 99"):
        covers(path, files(corpora["clean"]))


@pytest.mark.parametrize("chunk_lines", [1, 3, 1000])
def test_chunks_change_nothing(corpora: dict[str, Corpus], output: Path, tmp_path: Path, chunk_lines: int) -> None:
    for folder, lines in ((output, 20_000), (tmp_path / "other", chunk_lines)):
        gate.run(options(corpora, "clean", "leaking", allow=9, chunk_lines=lines), folder)
    for name in (gate.REPORT, gate.TABLE):  # the report to the byte: later stages do not run again because of it
        assert (output / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


@pytest.mark.e2e
def test_two_ray_workers_change_nothing(corpora: dict[str, Corpus], output: Path, tmp_path: Path) -> None:
    for folder, workers in ((output, 1), (tmp_path / "other", 2)):
        gate.run(options(corpora, "clean", "leaking", allow=9, chunk_lines=2, workers=workers), folder)
    assert report(output) == report(tmp_path / "other")


def test_compressed_text_is_read_and_hashed_as_it_is(corpora: dict[str, Corpus], output: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.mkdir()
    for code, path in corpora["leaking"].paths().items():
        data = path.read_bytes()
        (packed / f"t.{code}.gz").write_bytes(gzip.compress(data))
        (packed / f"t.{code}.xz").write_bytes(lzma.compress(data))
    both = [Corpus(name=end, languages=["en", "de"], files=f"{packed}/t.{{lang}}.{end}") for end in ("gz", "xz")]
    gate.run(LeakageSettings(corpora=both, held_out=[corpora["test"]], workers=1, allow=4), output)
    assert [source["hits"] for source in report(output)["sources"].values()] == [2, 2]
    covers(output / gate.REPORT, sorted(packed.iterdir()))
    assert len(list(output.iterdir())) == 3
    (packed / "t.en.gz").write_bytes((packed / "t.en.gz").read_bytes()[:-12])
    with pytest.raises(UserError, match=r"t\.en\.gz: cannot be read to its end"):
        gate.run(LeakageSettings(corpora=both, workers=1), output)


def test_bad_input(corpora: dict[str, Corpus], output: Path, write_corpus: WriteCorpus) -> None:
    uneven = write_corpus("uneven", {"en": ["one", "two"], "de": ["eins"]})
    with pytest.raises(UserError, match=r"Line counts differ: .*uneven\.de ends after line 1, .*uneven\.en goes on"):
        gate.run(options(corpora | {"uneven": uneven}, "uneven"), output)
    empty = write_corpus("empty", {"en": [], "de": []})
    with pytest.raises(UserError, match=r"empty\.en: the file is empty"):
        gate.run(options(corpora | {"empty": empty}, "empty"), output)
    path = corpora["clean"].paths()["en"]
    path.write_bytes(b"fine\nb\xe4d\nfine\n")
    with pytest.raises(UserError, match=r"clean\.en:2: invalid UTF-8"):
        gate.run(options(corpora, "clean", chunk_lines=1), output)
    assert not list(output.iterdir())


def test_ignored_sets_are_named(corpora: dict[str, Corpus], output: Path) -> None:
    gate.run(options(corpora, "clean", ignore=["newstest*"]), output)
    assert set(report(output)["test_sets"]["sides"]["bundled"]) == {"generaltest2022"}
    with pytest.raises(UserError, match="no bundled test set matches 'wmt99'"):
        gate.run(options(corpora, "clean", ignore=["wmt99"]), output)

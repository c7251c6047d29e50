"""One unit of work, done once, twice, and by an attempt that was killed at its end."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline import shards
from data_pipeline.leakage.index import build_index
from data_pipeline.ledger import open_ledger, whole_record
from data_pipeline.shards import PART, SMALLEST, Rules, ShardJob, cut, filter_shard, plan
from vega.settings import Corpus, DedupOptions

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]
LINES = {"en": ["one line", "same", "", "a last line"], "de": ["eine Zeile", "same", "leer", "die letzte Zeile"]}


@pytest.fixture
def jobs(write_corpus: WriteCorpus, tmp_path: Path) -> Callable[[], list[ShardJob | None]]:
    """Cut a corpus of four rows into units of three."""
    corpus = write_corpus("c", LINES)
    ledger = open_ledger(tmp_path / "output", "fingerprint")
    index = ledger / "index"
    build_index([], index, bundled=None)
    rules = Rules({"copy": {}}, DedupOptions(), False, index)
    return lambda: [job for _, job in cut(corpus, 0, rules, [3], ledger)]


@given(corpora=st.lists(st.integers(1, 300_000), max_size=5), lines=st.integers(50, 40_000))
def test_units_have_all_rows_and_the_last_ones_are_small(corpora: list[int], lines: int) -> None:
    planned = plan(corpora, lines)
    assert [sum(sizes) for sizes in planned] == corpora
    left = sum(corpora)
    for rows, sizes in zip(corpora, planned, strict=True):
        for size in sizes:
            assert min(lines, SMALLEST, rows) <= size <= min(lines, max(left // PART, SMALLEST))
            rows, left = rows - size, left - size


def test_a_large_corpus_is_cut_into_whole_units_but_at_its_end() -> None:
    (sizes,) = plan([1_000_000], 20_000)
    assert sizes[:42] == [20_000] * 42
    assert sizes == sorted(sizes, reverse=True) and sizes[-2] == SMALLEST


def test_units_are_cut_and_done_once(jobs: Callable[[], list[ShardJob | None]]) -> None:
    first, second = jobs()
    assert first and second
    assert (first.unit.first, first.unit.rows, second.unit.first, second.unit.rows) == (1, 3, 4, 1)
    assert filter_shard(first).rows == 3
    assert not first.source.exists()
    assert (first.unit.folder / "kept.de").read_text(encoding="utf-8") == "eine Zeile\n"
    record = whole_record(first.unit.folder)
    assert record and set(record["examples"]) == {"copy", "empty"}
    again = jobs()
    assert again[0] is None and again[1] == second


def test_an_attempt_after_one_that_had_finished_gives_its_result(
    jobs: Callable[[], list[ShardJob | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = jobs()[0]
    assert job
    first = filter_shard(job)
    monkeypatch.setattr(shards, "_judge", partial(pytest.fail, "judged again"))
    second = filter_shard(job)
    assert (second.rows, second.quarantined, second.error) == (first.rows, first.quarantined, first.error)


def test_the_name_of_a_unit_follows_its_text_and_place(
    jobs: Callable[[], list[ShardJob | None]], write_corpus: WriteCorpus
) -> None:
    before = [job.unit.folder.name for job in jobs() if job]
    assert before == [job.unit.folder.name for job in jobs() if job]
    write_corpus("c", {**LINES, "de": [*LINES["de"][:3], "eine andere Zeile"]})
    after = [job.unit.folder.name for job in jobs() if job]
    assert after[0] == before[0] and after[1] != before[1]

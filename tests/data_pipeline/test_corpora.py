import os
from collections.abc import Callable, Mapping, Sequence

import pytest

from data_pipeline import corpora
from vega.settings import Corpus

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]


def test_lines_are_counted_per_corpus(write_corpus: WriteCorpus) -> None:
    first = write_corpus("a", {"en": ["1", "", "3"], "de": ["x", "y", "z"]})
    second = write_corpus("b", {"en": ["1"], "de": ["x"]})
    assert corpora.count_lines([first, second]) == [3, 1]
    assert corpora.count_lines([]) == []
    assert corpora.stem(first) == "a.en-de"


def test_workers_are_as_asked_or_one_per_usable_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    monkeypatch.setattr(corpora, "_container_limit", list)
    assert corpora.number_of_workers(0) == 8
    assert corpora.number_of_workers(3) == 3
    monkeypatch.setattr(corpora, "_container_limit", lambda: [2])
    assert corpora.number_of_workers(0) == 2
    monkeypatch.setattr(corpora, "_container_limit", lambda: [0])  # half a core
    assert corpora.number_of_workers(0) == 1

"""Labels follow the lines that cleaning kept, and clusters are found again."""

from __future__ import annotations

import lzma
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from data_pipeline import clean
from data_pipeline.filters.length_ratio import LengthRatio
from data_pipeline.leakage.index import build_index
from data_pipeline.tuning import clusters
from data_pipeline.tuning.clusters import Clusters
from data_pipeline.tuning.domains import file_name, kept_scores, labels_of, read_labels, score_columns
from data_pipeline.tuning.scores import length_scores
from vega.corpus import read_rows
from vega.errors import UserError
from vega.settings import CleanSettings, Corpus
from vega.settings.tuning import Labelled
from vega.text_files import read_lines

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]


@pytest.fixture
def cleaned(
    write_corpus: WriteCorpus, invented: Callable[..., list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Labelled:
    """Sixty lines, each with its number as the label; every third is dropped by cleaning."""
    monkeypatch.setattr(clean, "build_index", partial(build_index, bundled=None))
    text = {code: [f"{line} {n}" for n, line in enumerate(invented(code, 60))] for code in ("en", "de")}
    text["de"] = ["" if n % 3 == 0 else line for n, line in enumerate(text["de"])]
    raw = write_corpus("news", text)
    settings = CleanSettings(corpora=[raw], filters={"numbers": {}, "length_ratio": {"max_ratio": 9}}, workers=1)
    clean.run(settings, tmp_path / "clean")
    labels = tmp_path / "news.meta.xz"
    labels.write_bytes(lzma.compress("".join(f"line {n}\tdocument\n" for n in range(60)).encode()))
    plain = Corpus(name="news", languages=["en", "de"], files=str(tmp_path / "clean/news.en-de.{lang}"))
    return Labelled(corpus=plain, labels=labels, provenance=tmp_path / "clean/provenance/news.en-de.parquet")


def test_labels_follow_the_lines_that_were_kept(cleaned: Labelled) -> None:
    labels = labels_of(cleaned)
    numbers = [int(line.split()[-1]) for line in read_lines(Path(cleaned.corpus.files.replace("{lang}", "en")))]
    assert len(numbers) == 40 and all(n % 3 for n in numbers)
    assert [labels.names[code] for code in labels.codes] == [f"line_{n}" for n in numbers]


def test_scores_follow_them_too(cleaned: Labelled) -> None:
    assert cleaned.provenance is not None
    columns = score_columns(cleaned.provenance, ("nothing", "length_ratio"))
    rows = list(read_rows(cleaned.corpus))
    expected = [LengthRatio().score(row)["de"] for row in rows]
    np.testing.assert_allclose(kept_scores(cleaned.provenance, columns), expected, rtol=1e-5)
    assert columns == ["length_ratio.de"] and length_scores(rows) == [-score for score in expected]


def test_labels_of_another_text_are_one_sentence(cleaned: Labelled, tmp_path: Path) -> None:
    (tmp_path / "short").write_text("a\nb\n")
    with pytest.raises(UserError, match=r"short has 2 lines and news had 60 before cleaning"):
        labels_of(cleaned.model_copy(update={"labels": tmp_path / "short"}))
    with pytest.raises(UserError, match=r"short:1: there is no column 3"):
        read_labels(tmp_path / "short", 3)


def test_labels_become_names_of_files(tmp_path: Path) -> None:
    (tmp_path / "labels").write_text("a/b\nä\n\na b\n", encoding="utf-8")
    labels = read_labels(tmp_path / "labels", 1)
    assert [labels.names[code] for code in labels.codes] == ["a_b", "none", "none", "a_b"]
    assert len(labels.names) == len(set(labels.names))
    assert all(file_name(name) == name for name in labels.names)


def test_clusters_are_the_domains_that_text_was_made_of(
    invented: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three vocabularies, mixed: nearly all sentences of one fall into one cluster, the same for any order."""
    monkeypatch.setattr(clusters, "_BUCKETS", 1 << 13)  # few words, little to do
    texts = [(domain, line) for domain in range(3) for line in invented("en", 150, seed=domain + 10)]
    lines = [line for _, line in texts]
    found = Clusters(lines, 3, "words", 1).of(lines)
    assert np.array_equal(found, Clusters(lines[::-1], 3, "words", 1).of(lines))
    for domain in range(3):
        counts = np.bincount([c for c, (d, _) in zip(found, texts, strict=True) if d == domain], minlength=3)
        assert counts.max() > 0.9 * counts.sum()


def test_too_few_sentences_for_clusters_are_one_sentence() -> None:
    with pytest.raises(UserError, match="2 different sentences cannot be 3 domains"):
        Clusters(["one here", "two here", "two here"], 3, "words", 1)

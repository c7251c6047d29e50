"""Encode text into fairseq's mmap format: one file per corpus and language, whatever the directions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from data_pipeline.base_folder import described_name, sets_of, take_over
from data_pipeline.chunks import Measured, count_rows, cut, measure_all
from data_pipeline.corpora import check_unique, number_of_workers, stem
from data_pipeline.encoding import Encoded, encode_all
from data_pipeline.mmap_format import MmapWriter, symbol_dtype
from vega.atomic import atomic_files, write_json
from vega.disk import explain_full_disk
from vega.leakage_report import NAME as LEAKAGE
from vega.leakage_report import LeakageReport, joined, passed_report
from vega.progress import say, track
from vega.settings import BinarizeSettings, Corpus
from vega.vocabulary import Vocabulary
from vega.vocabulary_files import copy_vocabulary

#: Rows in one unit of work.
CHUNK_ROWS = 5000

#: Lines, all languages together, under which starting processes takes longer than they save.
FEW_LINES = 100_000

SPLITS = ("train", "valid", "test")


class Set(NamedTuple):
    """A corpus in its role, and its files by language."""

    split: str
    corpus: Corpus
    files: Mapping[str, Measured]

    @property
    def name(self) -> str:
        return f"{self.split}.{stem(self.corpus)}"


def run(settings: BinarizeSettings, output: Path) -> None:
    """Write the sets as `{split}.{name}.{group}.{lang}.{bin,idx}`, and what they are, into `output`, or nothing.

    data.json describes all sets, {split}.json those of a split (what training depends on, apart from the rest).
    The vocabulary's files are copies. leakage.json is the report that covers all training text, where there is one.
    """
    vocabulary = Vocabulary.load(settings.vocab)
    roles = [(split, corpus) for split in SPLITS for corpus in getattr(settings, split)]
    for split in SPLITS:
        check_unique(getattr(settings, split))
    for code in sorted({code for _, corpus in roles for code in corpus.languages}):
        vocabulary.tag_number(code)
    old = _old_sets(settings, [f"{split}.{stem(corpus)}" for split, corpus in roles])
    workers = number_of_workers(settings.workers)
    with explain_full_disk(output), atomic_files(output) as folder:
        with tempfile.TemporaryDirectory(prefix=".text.", dir=output) as scratch:
            files = measure_all([corpus for _, corpus in roles], CHUNK_ROWS, Path(scratch), workers)
            sets = [Set(*role, measured) for role, measured in zip(roles, files, strict=True)]
            report = _report(settings, sets, old)
            new = list(_write(sets, vocabulary, workers, folder))
        if settings.base:
            take_over(old, settings.base, folder)
        _describe(old + new, len(vocabulary), report, folder)
        copy_vocabulary(settings.vocab, folder)


def _old_sets(settings: BinarizeSettings, new: Sequence[str]) -> list[dict[str, Any]]:
    return sets_of(settings.base, settings.vocab, new) if settings.base else []


def _report(settings: BinarizeSettings, sets: Sequence[Set], old: Sequence[dict[str, Any]]) -> LeakageReport | None:
    """The report that covers all training text, that of `settings.base` too; UserError if one is named and does not."""
    parts = []
    if settings.base and (settings.base / LEAKAGE).exists():
        parts.append(passed_report(settings.base))
    if settings.leakage:
        parts.append(passed_report(settings.leakage))
    train = [each for each in sets if each.split == "train"]
    if not parts or (train and not settings.leakage):
        say("Without a leakage report on all of this text, training on it will refuse to start (see `leakage`).")
        return None
    report = joined(*parts) if len(parts) > 1 else parts[0]
    report.require((str(file.path), file.sha256) for each in train for file in each.files.values())
    report.require(
        (f"{settings.base}/{described_name(each)}.{code}", sha256)
        for each in old
        if each["split"] == "train"
        for code, sha256 in each["files"].items()
    )
    return report


def _write(sets: Sequence[Set], vocabulary: Vocabulary, requested: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Write all sets into `folder`; yields their descriptions for data.json. Tokens are counted with EOS."""
    rows = [count_rows(each.files) for each in sets]
    lines = sum(count * len(each.files) for count, each in zip(rows, sets, strict=True))
    workers = 1 if lines < FEW_LINES else requested
    chunks = [list(cut(each.name, each.files, CHUNK_ROWS)) for each in sets]
    total = sum(map(len, chunks))
    encoded = track(
        encode_all((chunk for each in chunks for chunk in each), vocabulary, workers), "Encoding chunks", total=total
    )
    for each, own in zip(sets, chunks, strict=True):
        yield _write_set(each, islice(encoded, len(own)), symbol_dtype(len(vocabulary)), folder)
    next(encoded, None)  # says that all is done, and lets the processes go


def _write_set(each: Set, encoded: Iterator[Encoded], dtype: Any, folder: Path) -> dict[str, Any]:
    languages = each.corpus.languages
    with ExitStack() as stack:
        writers = {code: stack.enter_context(MmapWriter(folder / f"{each.name}.{code}", dtype)) for code in languages}
        for part in encoded:
            for code, writer in writers.items():
                writer.append(*part[code])
    tokens = {code: writer.symbols for code, writer in writers.items()}
    sentences = writers[languages[0]].sentences
    say(f"{each.name}: {sentences:,} sentences, tokens " + ", ".join(f"{code} {n:,}" for code, n in tokens.items()))
    return {
        "split": each.split,
        "name": each.corpus.name,
        "languages": languages,
        "tag": each.corpus.tag,
        "directions": each.corpus.directions,
        "sentences": sentences,
        "tokens": tokens,
        "files": {code: file.sha256 for code, file in each.files.items()},
    }


def _describe(sets: Sequence[dict[str, Any]], symbols: int, report: LeakageReport | None, folder: Path) -> None:
    """Write data.json, {split}.json and leakage.json."""
    ordered = sorted(sets, key=lambda each: SPLITS.index(each["split"]))
    for split in SPLITS:
        if own := [each for each in ordered if each["split"] == split]:
            write_json(folder / f"{split}.json", {"sets": own})
    write_json(folder / "data.json", {"sets": ordered, "vocabulary": symbols})
    if report:
        write_json(folder / LEAKAGE, report.facts)

"""Encode text into fairseq's mmap format: one file per corpus and language, whatever the directions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from data_pipeline.corpora import check_unique, count_lines, number_of_workers, stem
from data_pipeline.encoding import chunks, encode_all
from data_pipeline.mmap_format import MmapWriter, symbol_dtype
from vega.atomic import atomic_files
from vega.disk import explain_full_disk
from vega.progress import say, track
from vega.settings import BinarizeSettings, Corpus
from vega.vocabulary import Vocabulary

#: Rows in one unit of work.
CHUNK_ROWS = 5000


class Set(NamedTuple):
    """A corpus in its role."""

    split: str
    corpus: Corpus


def run(settings: BinarizeSettings, output: Path) -> None:
    """Write `{split}.{name}.{group}.{lang}.{bin,idx}`, data.json, dict.txt and spm.model into `output`, or nothing."""
    vocabulary = Vocabulary.load(settings.vocab)
    sets = [Set(split, corpus) for split in ("train", "valid", "test") for corpus in getattr(settings, split)]
    for corpora in (settings.train, settings.valid, settings.test):
        check_unique(corpora)
    for code in sorted({code for _, corpus in sets for code in corpus.languages}):
        vocabulary.tag_number(code)
    lines = count_lines([corpus for _, corpus in sets])
    # Starting processes takes longer than a few chunks do.
    workers = 1 if sum(lines) <= 2 * CHUNK_ROWS else number_of_workers(settings.workers)
    with explain_full_disk(output), atomic_files(output) as folder:
        described = _write(sets, lines, vocabulary, workers, folder)
        data = {"sets": described, "vocabulary": len(vocabulary)}
        (folder / "data.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        for name in ("dict.txt", "spm.model"):
            shutil.copyfile(settings.vocab / name, folder / name)


def _write(
    sets: Sequence[Set], lines: list[int], vocabulary: Vocabulary, workers: int, folder: Path
) -> list[dict[str, Any]]:
    """Write all sets into `folder`; returns their descriptions for data.json. Tokens are counted with EOS."""
    described = []
    total = sum(-(-count // CHUNK_ROWS) for count in lines)
    encoded = encode_all(chunks((corpus for _, corpus in sets), CHUNK_ROWS), vocabulary, workers)
    for number, parts in groupby(track(encoded, "Encoding chunks", total=total), key=lambda part: part[0]):
        split, corpus = sets[number]
        prefix = folder / f"{split}.{stem(corpus)}"
        with ExitStack() as stack:
            writers = {
                code: stack.enter_context(
                    MmapWriter(prefix.with_name(f"{prefix.name}.{code}"), symbol_dtype(len(vocabulary)))
                )
                for code in corpus.languages
            }
            for _, part in parts:
                for code, writer in writers.items():
                    writer.append(*part[code])
        tokens = {code: writer.symbols for code, writer in writers.items()}
        sentences = next(iter(writers.values())).sentences
        say(f"{prefix.name}: {sentences:,} sentences, tokens " + ", ".join(f"{c} {n:,}" for c, n in tokens.items()))
        described.append(
            {
                "split": split,
                "name": corpus.name,
                "languages": corpus.languages,
                "sentences": sentences,
                "tokens": tokens,
            }
        )
    return described

"""Encode chunks of rows in several processes, in order."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_pipeline.mmap_format import symbol_dtype
from vega.errors import UserError
from vega.settings import Corpus
from vega.text_files import read_parallel
from vega.vocabulary import EOS, Vocabulary

#: Language -> (all symbol numbers, length of each sentence), see data_pipeline.mmap_format.
Encoded = dict[str, tuple[NDArray[Any], NDArray[np.int32]]]
Chunk = tuple[int, dict[str, list[str]]]

_vocabulary: Vocabulary | None = None  # of this worker process


def chunks(corpora: Iterable[Corpus], rows: int) -> Iterator[Chunk]:
    """Cut corpora, one after the other, into (number of the corpus, language -> up to `rows` lines)."""
    for number, corpus in enumerate(corpora):
        reader = read_parallel(corpus.paths())
        while batch := list(islice(reader, rows)):
            yield number, {code: [row[code] for row in batch] for code in corpus.languages}


def encode_chunk(vocabulary: Vocabulary, text: dict[str, list[str]]) -> Encoded:
    """Symbol numbers of every line, each line ended by EOS; an empty line is EOS alone."""
    dtype = symbol_dtype(len(vocabulary))
    encoded: Encoded = {}
    for code, lines in text.items():
        sentences = [[*vocabulary.encode(line), EOS] for line in lines]
        lengths = np.fromiter(map(len, sentences), np.int32, len(sentences))
        numbers = np.fromiter((n for sentence in sentences for n in sentence), dtype, int(lengths.sum()))
        encoded[code] = (numbers, lengths)
    return encoded


def encode_all(work: Iterable[Chunk], vocabulary: Vocabulary, workers: int) -> Iterator[tuple[int, Encoded]]:
    """Encode chunks in `workers` processes (in this one if there is one); results come in the order of the work."""
    if workers == 1:
        for number, text in work:
            yield number, encode_chunk(vocabulary, text)
        return
    # "spawn" starts clean processes: forking one that has threads (torch, SentencePiece) may hang.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start_worker, (vocabulary.folder,))
    try:
        pending: deque[tuple[int, Future[Encoded]]] = deque()
        for number, text in work:
            pending.append((number, pool.submit(_encode_in_worker, text)))
            if len(pending) >= 3 * workers:
                yield _first(pending)
        while pending:
            yield _first(pending)
    except BrokenProcessPool:
        raise UserError(
            "A process that encodes text was killed, mostly for want of memory. Try fewer workers (binarize.workers)."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _first(pending: deque[tuple[int, Future[Encoded]]]) -> tuple[int, Encoded]:
    number, future = pending.popleft()
    return number, future.result()


def _start_worker(folder: Path) -> None:
    global _vocabulary
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Ctrl-C the main process ends the pool
    _vocabulary = Vocabulary.load(folder)


def _encode_in_worker(text: dict[str, list[str]]) -> Encoded:
    assert _vocabulary is not None
    return encode_chunk(_vocabulary, text)

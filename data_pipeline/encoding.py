"""Encode chunks of files in several processes, in order.

What goes to a process is a place in a file, and what comes back are arrays: no line of text travels.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_pipeline.chunks import Chunk
from data_pipeline.mmap_format import symbol_dtype
from vega.errors import UserError
from vega.vocabulary import EOS, Vocabulary

#: Language -> (all symbol numbers, length of each sentence), see data_pipeline.mmap_format.
Encoded = dict[str, tuple[NDArray[Any], NDArray[np.int32]]]

_vocabulary: Vocabulary | None = None  # of this worker process


def encode_chunk(vocabulary: Vocabulary, chunk: Chunk) -> Encoded:
    """Symbol numbers of every line, each line ended by EOS; an empty line is EOS alone."""
    dtype = symbol_dtype(len(vocabulary))
    encoded: Encoded = {}
    for code in chunk.paths:
        numbers, counts = vocabulary.encode_batch(list(chunk.lines(code)), code)
        encoded[code] = np.insert(numbers.astype(dtype), np.cumsum(counts), EOS), counts + 1
    return encoded


def encode_all(work: Iterable[Chunk], vocabulary: Vocabulary, workers: int) -> Iterator[Encoded]:
    """Encode chunks in `workers` processes (in this one if there is one); results come in the order of the work."""
    if workers == 1:
        for chunk in work:
            yield encode_chunk(vocabulary, chunk)
        return
    # "spawn" starts clean processes: forking one that has threads (torch, SentencePiece) may hang.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start_worker, (vocabulary.folder,))
    try:
        pending: deque[Future[Encoded]] = deque()
        for chunk in work:
            pending.append(pool.submit(_encode_in_worker, chunk))
            if len(pending) >= 3 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BrokenProcessPool:
        raise UserError(
            "A process that encodes text was killed, mostly for want of memory. Try fewer workers (binarize.workers)."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker(folder: Path) -> None:
    global _vocabulary
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Ctrl-C the main process ends the pool
    _vocabulary = Vocabulary.load(folder)


def _encode_in_worker(chunk: Chunk) -> Encoded:
    assert _vocabulary is not None
    return encode_chunk(_vocabulary, chunk)

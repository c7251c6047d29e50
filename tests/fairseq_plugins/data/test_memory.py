"""A corpus far larger than memory starts and resumes without being read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from fairseq_plugins.data.batching import BatchLimits
from fairseq_plugins.data.bitext import Bitext, MultidirectionalDataset
from fairseq_plugins.data.block_iterator import BlockBatches, BlockBatchIterator, Mixture
from vega.curriculum import Place, one_phase
from vega.directions import parse_direction
from vega.sampling import Stream
from vega.token_store import HEADER, MAGIC, TokenStore, dtype_code

SENTENCES = 1_000_000_000  # an index of 12 GB


def sparse_store(prefix: Path) -> TokenStore:
    """Holes instead of text: every sentence has the length 0, no disk is used."""
    with Path(f"{prefix}.idx").open("wb") as index:
        index.write(HEADER.pack(MAGIC, 1, dtype_code(np.dtype(np.uint16)), SENTENCES))
        index.truncate(HEADER.size + 12 * SENTENCES)
    with Path(f"{prefix}.bin").open("wb") as tokens:
        tokens.truncate(2)
    return TokenStore(prefix)


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_a_billion_pairs_in_ten_directions_need_little_memory(tmp_path: Path) -> None:
    english, german = sparse_store(tmp_path / "x.en"), sparse_store(tmp_path / "x.de")
    before = resident_mib()
    forward, backward = parse_direction("en-de"), parse_direction("de-en")
    bitexts = [Bitext(forward, f"s{i}", english, german, 4, 5) for i in range(5)]
    bitexts += [Bitext(backward, f"s{i}", german, english, 5, 4) for i in range(5)]
    dataset = MultidirectionalDataset(bitexts, pad=1)
    plan = one_phase([Stream(b.stream, SENTENCES, 0.1) for b in bitexts], 16384, seed=1)
    batches = BlockBatches(dataset, plan, BatchLimits(1000, None), (1024, 1024))
    iterator = BlockBatchIterator(batches, 1_000_000, Mixture(), num_shards=4, shard_id=2)
    iterator.load_state_dict(
        {
            "epoch": 3,
            "global_batches_in_epoch": 400_000,
            "block": 100_000,
            "batch_in_block": 7,
            "consumed_target_tokens": {},
        }
    )
    indices = next(iterator._local((Place(100_000), 7), 100_000, 1))
    assert len(dataset) == 10 * SENTENCES and len(indices) > 0
    # one block's places in two indexes: at most 2 x 16,384 pages of 4 KiB, and some arrays
    assert resident_mib() - before < 250

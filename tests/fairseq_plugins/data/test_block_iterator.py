"""The order of training sentences: the same for any number of processes, and exactly continued after a stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairseq_plugins.data.batching import BatchLimits
from fairseq_plugins.data.bitext import Bitext, MultidirectionalDataset
from fairseq_plugins.data.block_iterator import BlockBatches, BlockBatchIterator, Mixture
from fairseq_plugins.data.folder import DataFolder
from vega.curriculum import one_phase
from vega.directions import parse_direction
from vega.errors import UserError
from vega.sampling import Stream


@pytest.fixture(scope="module")
def dataset(data: Path) -> MultidirectionalDataset:
    folder = DataFolder(data)
    bitexts = [
        Bitext(parse_direction(d), name, source, target, 4, 5)
        for d in ("en-de", "ja-en")
        for name, source, target, _ in folder.bitexts("train", parse_direction(d))
    ]
    return MultidirectionalDataset(bitexts, pad=1)


def make(
    dataset: MultidirectionalDataset, world: int, rank: int, epoch_batches: int = 24, **limits: Any
) -> BlockBatchIterator:
    streams = [Stream(b.stream, len(b.source), 1.0) for b in dataset.bitexts]
    batches = BlockBatches(
        dataset, one_phase(streams, 100, seed=5), BatchLimits(limits.get("max_tokens", 150), None), (40, 40)
    )
    return BlockBatchIterator(batches, epoch_batches, Mixture(), world, rank)


def ids(iterator: BlockBatchIterator, epochs: int) -> list[list[int]]:
    """The sentence numbers of every batch."""
    return [sorted(batch["id"].tolist()) for _ in range(epochs) for batch in iterator.next_epoch_itr()]


@pytest.mark.parametrize("world", [2, 3, 4])
def test_processes_together_read_what_one_process_reads(dataset: MultidirectionalDataset, world: int) -> None:
    alone = ids(make(dataset, 1, 0), 3)
    shares = [ids(make(dataset, world, rank), 3) for rank in range(world)]
    together = [batch for batches in zip(*shares, strict=True) for batch in batches]
    assert together == alone


@settings(deadline=None, max_examples=12)
@given(stop=st.integers(0, 70), before=st.sampled_from([1, 2, 4]), after=st.sampled_from([1, 2, 4]))
def test_resuming_anywhere_with_any_number_of_processes_continues_the_stream(
    dataset: MultidirectionalDataset, stop: int, before: int, after: int
) -> None:
    stop -= stop % 4  # both numbers of processes must be able to stop and start there
    whole = ids(make(dataset, 1, 0), 4)
    first = make(dataset, before, 0)
    taken, itr = 0, first.next_epoch_itr()
    while taken < stop:
        if not itr.has_next():
            itr = first.next_epoch_itr()
        next(itr)
        taken += before
    state = first.state_dict()
    shares = []
    for rank in range(after):
        resumed = make(dataset, after, rank)
        resumed.load_state_dict(state)
        shares.append([*ids(resumed, 1), *ids(resumed, 1)])
    rest = [batch for batches in zip(*shares, strict=True) for batch in batches]
    assert rest == whole[stop : stop + len(rest)]
    assert len(rest) >= 24


def test_every_sentence_comes_once_before_any_comes_twice(dataset: MultidirectionalDataset) -> None:
    seen: list[int] = []
    iterator = make(dataset, 1, 0)
    while len(seen) < 2 * len(dataset):
        seen += [i for batch in ids(iterator, 1) for i in batch]
    for start, end in zip(dataset.starts, dataset.starts[1:], strict=False):
        mine = [i for i in seen if start <= i < end]
        # blocks shuffle, so the border between two sweeps is only exact to a block
        assert len(set(mine[: end - start])) >= (end - start) - 100


def test_batches_keep_the_token_budget_and_hold_little_padding(dataset: MultidirectionalDataset) -> None:
    real = padded = 0
    for batch in make(dataset, 1, 0, epoch_batches=60).next_epoch_itr():
        target = batch["target"]
        assert target.numel() <= 150 and batch["net_input"]["src_tokens"].numel() <= 150
        real, padded = real + batch["ntokens"], padded + target.numel()
    assert real / padded > 0.85


def test_sentences_that_fit_nowhere_are_an_error_not_an_endless_loop(dataset: MultidirectionalDataset) -> None:
    with pytest.raises(UserError, match="--max-tokens"):
        make(dataset, 1, 0, max_tokens=1).first_batch  # noqa: B018


def test_a_checkpoint_of_another_task_says_what_to_do(dataset: MultidirectionalDataset) -> None:
    with pytest.raises(UserError, match="--reset-dataloader"):
        make(dataset, 1, 0).load_state_dict({"epoch": 2, "iterations_in_epoch": 7})


def test_both_orders_of_a_pair_share_one_memory_map(data: Path) -> None:
    folder = DataFolder(data)
    forward = next(iter(folder.bitexts("train", parse_direction("en-de"))))
    backward = next(iter(folder.bitexts("train", parse_direction("de-en"))))
    assert forward.source is backward.target and forward.target is backward.source


def test_collated_sides_begin_with_the_right_tags(dataset: MultidirectionalDataset) -> None:
    index = int(dataset.starts[1]) - 1
    item = dataset[index]
    batch = dataset.collater([item, dataset[0]])
    row = batch["id"].tolist().index(index)
    source, previous = batch["net_input"]["src_tokens"][row], batch["net_input"]["prev_output_tokens"][row]
    target = batch["target"][row]
    real = int((target != 1).sum())
    assert source[0] == 4 and previous[0] == 5
    assert source[1 : 1 + len(item["source"])].tolist() == item["source"].tolist()
    assert previous[1:real].tolist() == target[: real - 1].tolist()  # teacher forcing: shifted by one
    assert target[real - 1] == 2
    assert (previous[real:] == 1).all()


def test_indices_find_their_bitext(dataset: MultidirectionalDataset) -> None:
    for index in (0, int(dataset.starts[1]) - 1, int(dataset.starts[1]), len(dataset) - 1):
        which, row = dataset.locate(index)
        assert dataset.starts[which] + row == index
        assert np.array_equal(dataset[index]["source"], dataset.bitexts[which].source[row])

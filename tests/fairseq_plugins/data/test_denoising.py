"""Masked text in the stream of batches: drawn anew each time, and the same for whoever reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairseq_plugins.data.batching import BatchLimits
from fairseq_plugins.data.block_iterator import BlockBatches, BlockBatchIterator, Mixture
from fairseq_plugins.data.denoising import DenoisingDataset, DrawnMasks, Infilling, Monotext, begins_word
from fairseq_plugins.data.folder import DataFolder
from fairseq_plugins.training.out_of_memory import split
from tests.fairseq_plugins.data.contents import texts
from vega.curriculum import Curriculum, Phase
from vega.sampling import Stream
from vega.vocabulary import EOS, Vocabulary

MASK = 9
PHASES = (Phase("even", (1.0, 1.0, 1.0), sentences=200, of=(0,)), Phase("some", (0.0, 0.5, 1.0)))


@pytest.fixture(scope="module")
def vocabulary(data: Path) -> Vocabulary:
    return Vocabulary.load(data)


def read(data: Path, vocabulary: Vocabulary, seed: int = 5, **options: Any) -> DenoisingDataset:
    folder = DataFolder(data)
    sides = [("en", folder.texts("train", "en")[0]), *(("ja", side) for side in folder.texts("train", "ja"))]
    texts = [Monotext.of(code, side.name, side.label, side.text, vocabulary.tag_number(code)) for code, side in sides]
    dataset = DenoisingDataset(texts, 1, Infilling(MASK, begins_word(vocabulary.symbols), **options))
    dataset.noise = DrawnMasks(dataset, seed)
    return dataset


def make(data: Path, vocabulary: Vocabulary, world: int = 1, rank: int = 0, **more: Any) -> BlockBatchIterator:
    dataset = read(data, vocabulary)
    streams = [Stream(b.stream, len(b.source), 0.0) for b in dataset.bitexts]
    curriculum = Curriculum(streams, PHASES, 100, seed=5)
    batches = BlockBatches(dataset, curriculum, BatchLimits(300, None), (100, 100))
    plans = [{stream.name: weight for stream, weight in zip(streams, p.weights, strict=True)} for p in PHASES]
    return BlockBatchIterator(batches, 24, Mixture(plans), world, rank, **more)


@pytest.fixture(scope="module")
def whole(data: Path, vocabulary: Vocabulary) -> list[Any]:
    return texts(make(data, vocabulary), 4)


def test_processes_and_workers_read_what_one_process_reads(
    data: Path, vocabulary: Vocabulary, whole: list[Any]
) -> None:
    shares = [texts(make(data, vocabulary, 2, rank), 4) for rank in range(2)]
    assert [batch for batches in zip(*shares, strict=True) for batch in batches] == whole
    assert texts(make(data, vocabulary, num_workers=2), 1) == whole[:24]


@settings(deadline=None, max_examples=8)
@given(stop=st.integers(0, 70), before=st.sampled_from([1, 2]), after=st.sampled_from([1, 2]))
def test_resuming_anywhere_continues_the_masks_too(
    data: Path, vocabulary: Vocabulary, whole: list[Any], stop: int, before: int, after: int
) -> None:
    stop -= stop % 2
    first = make(data, vocabulary, before)
    itr = first.next_epoch_itr()
    for _ in range(0, stop, before):
        itr = itr if itr.has_next() else first.next_epoch_itr()
        next(itr)
    shares = []
    for rank in range(after):
        resumed = make(data, vocabulary, after, rank)
        resumed.load_state_dict(first.state_dict())
        shares.append(texts(resumed, 1))
    rest = [batch for batches in zip(*shares, strict=True) for batch in batches]
    assert rest and rest == whole[stop : stop + len(rest)]


def test_rows_are_tag_and_masked_text_tag_and_text(data: Path, vocabulary: Vocabulary) -> None:
    dataset = read(data, vocabulary, share=0.5)
    items = [dataset[i] for i in (0, 5, 300, 650)]
    batch = dataset.collater(items)
    for row, index in enumerate(batch["id"].tolist()):
        item = dataset[index]
        tag = vocabulary.tag_number("en" if index < 300 else "ja")
        source, previous = batch["net_input"]["src_tokens"][row], batch["net_input"]["prev_output_tokens"][row]
        size = int(batch["net_input"]["src_lengths"][row])
        assert source[:size].tolist() == [tag, *item["source"].tolist()] and item["source"][-1] == EOS
        text = dataset.bitexts[item["bitext"]].target[dataset.locate(index)[1]].tolist()
        assert item["target"].tolist() == text and previous[: len(text)].tolist() == [tag, *text[:-1]]


def drawn(dataset: DenoisingDataset, which: int, positions: range) -> list[dict[str, Any]]:
    noise = dataset.noise
    assert noise is not None
    _, numbers, source, target = noise.draw(0, which, np.array(positions), lambda a, b: a > 0)
    items = dataset.__getitems__(numbers.tolist())
    for item, longest, size in zip(items, source, target, strict=True):
        assert len(item["source"]) + 1 <= longest and len(item["target"]) == size
    return items


def test_masks_are_drawn_anew_each_time_and_for_each_seed(data: Path, vocabulary: Vocabulary) -> None:
    dataset = read(data, vocabulary, share=0.3)
    first, second = drawn(dataset, 0, range(300)), drawn(dataset, 0, range(300, 600))
    sources = [
        {item["target"].tobytes(): item["source"].tolist() for item in items}
        for items in (first, second, drawn(read(data, vocabulary, 6, share=0.3), 0, range(300)))
    ]
    assert sources[0].keys() == sources[1].keys() == sources[2].keys()
    assert len({item["id"] for item in [*first, *second]}) == 600
    for other in sources[1:]:
        differ = [key for key in sources[0] if sources[0][key] != other[key]]
        assert len(differ) > len(sources[0]) / 2


@settings(deadline=None, max_examples=20)
@given(share=st.sampled_from([0.0, 0.15, 0.5, 1.0]), span=st.floats(0.3, 5), which=st.integers(0, 2))
def test_what_is_kept_is_whole_words_in_order_and_bounds_hold(
    data: Path, vocabulary: Vocabulary, share: float, span: float, which: int
) -> None:
    """In Japanese, which has no spaces, every piece is a word."""
    dataset = read(data, vocabulary, share=share, mean_span=span)
    begins, total, masked = dataset.infilling.begins_word, 0, 0
    for item in drawn(dataset, which, range(60)):
        text, source = item["target"].tolist()[:-1], item["source"].tolist()[:-1]
        kept = [t for t in source if t != MASK]
        words = _words(text, begins) if dataset.bitexts[which].group == "en" else [[t] for t in text]
        assert _is_subsequence(_words(kept, begins) if which == 0 else [[t] for t in kept], words)
        total, masked = (
            total + len(words),
            masked + len(words) - (len(_words(kept, begins)) if which == 0 else len(kept)),
        )
    assert masked == pytest.approx(share * total, abs=0.05 * total + 12)


def test_a_language_without_spaces_is_masked_piece_by_piece() -> None:
    infilling, sentence = Infilling(MASK, np.zeros(40, np.bool_), share=0.5), np.array([*range(10, 30), EOS])
    kept = {
        code: {sum(t != MASK for t in infilling.source(sentence, code, seed)[:-1]) for seed in range(20)}
        for code in ("ja", "en")
    }
    assert kept == {"ja": {10}, "en": {0, 20}}  # one word in English


def _words(tokens: list[int], begins: np.ndarray) -> list[list[int]]:
    words: list[list[int]] = []
    for token in tokens:
        if begins[token] or not words:
            words.append([])
        words[-1].append(token)
    return words


def _is_subsequence(some: list[list[int]], whole: list[list[int]]) -> bool:
    rest = iter(whole)
    return all(word in rest for word in some)


def test_a_batch_can_be_split_into_the_same_lines(data: Path, vocabulary: Vocabulary) -> None:
    iterator = make(data, vocabulary)
    batch = next(iterator.next_epoch_itr())
    halves = split(iterator.batches.dataset, batch)
    assert sorted(i for half in halves for i in half["id"].tolist()) == sorted(batch["id"].tolist())

    def rows(of: dict[str, Any]) -> dict[int, list[int]]:
        tokens = of["net_input"]["src_tokens"].tolist()
        return {i: [t for t in row if t != 1] for i, row in zip(of["id"].tolist(), tokens, strict=True)}

    assert rows(halves[0]) | rows(halves[1]) == rows(batch)

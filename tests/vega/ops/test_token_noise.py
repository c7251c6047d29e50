from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from vega.ops.token_noise import (
    IGNORED,
    ORIGINAL,
    REPLACED,
    SHUFFLED,
    Noised,
    infill,
    longest_infilled,
    shuffle_and_replace,
)

PAD, END, MASK, LOW, HIGH = 1, 2, 3, 4, 30
SHARES = st.sampled_from([0.0, 0.05, 0.15, 0.5, 1.0])
#: Rows of text (few symbols, so that they repeat) with masks between, an end symbol behind.
sentence = st.lists(st.sampled_from([MASK, *range(LOW, 12)]), max_size=25).map(lambda row: [*row, END])
sentences = st.lists(sentence, min_size=1, max_size=5)


def batch(rows: list[list[int]], *, extra: int = 0, left: bool = False) -> Tensor:
    width = max(map(len, rows)) + extra
    return torch.tensor([[PAD] * ((width - len(row)) * left) + row + [PAD] * ((width - len(row)) * (not left))
                         for row in rows])  # fmt: skip


def noised(tokens: Tensor, keys: list[int], shuffle: float, replace: float, seed: int = 1, high: int = HIGH) -> Noised:
    text = tokens >= LOW
    result = shuffle_and_replace(
        tokens,
        text,
        torch.tensor(keys, dtype=torch.int64),
        seed=seed,
        shuffle_share=shuffle,
        replace_share=replace,
        low=LOW,
        high=high,
    )
    assert result.tokens.shape == result.labels.shape == tokens.shape
    assert result.tokens.dtype == result.labels.dtype == torch.int64
    return result


@given(sentences, st.integers(0, 5), st.booleans(), st.randoms(), SHARES, SHARES)
@settings(deadline=None)
def test_noise_is_the_same_whatever_the_padding_and_the_other_rows(
    rows: list[list[int]], extra: int, left: bool, random: Random, shuffle: float, replace: float
) -> None:
    keys = list(range(10, 10 + len(rows)))
    tokens = batch(rows)
    expected = noised(tokens, keys, shuffle, replace)
    order = list(range(len(rows)))
    random.shuffle(order)
    order = order[: len(order) // 2 + 1]
    others = batch([rows[i] for i in order], extra=extra, left=left)
    found = noised(others, [keys[i] for i in order], shuffle, replace)
    for place, i in enumerate(order):
        for one, other in zip(found, expected, strict=True):
            assert torch.equal(one[place][others[place] != PAD], other[i][tokens[i] != PAD])


@given(sentences, SHARES, SHARES, st.integers(0, 99))
@settings(deadline=None)
def test_labels_say_what_happened(rows: list[list[int]], shuffle: float, replace: float, seed: int) -> None:
    """Specials, masks and padding stay and have no label; 0 if and only if the token is the one it was."""
    tokens = batch(rows, extra=1)
    before = tokens.clone()
    result = noised(tokens, list(range(len(rows))), shuffle, replace, seed)
    assert torch.equal(tokens, before)
    text = tokens >= LOW
    assert torch.equal(result.labels == IGNORED, ~text)
    assert torch.equal(result.tokens[~text], tokens[~text])
    assert torch.equal((result.tokens == tokens)[text], (result.labels == ORIGINAL)[text])
    replaced = result.tokens[result.labels == REPLACED]
    assert bool(((replaced >= LOW) & (replaced < HIGH)).all())
    assert set(result.labels[text].tolist()) <= {ORIGINAL, SHUFFLED, REPLACED}


@given(sentences, SHARES, SHARES, st.integers(0, 99))
@settings(deadline=None)
def test_as_many_are_replaced_as_asked(rows: list[list[int]], shuffle: float, replace: float, seed: int) -> None:
    result = noised(batch(rows), list(range(len(rows))), shuffle, replace, seed)
    for row, labels in zip(rows, result.labels, strict=True):
        length = sum(token >= LOW for token in row)
        free = length - int((labels == SHUFFLED).sum())
        # Shares are exact hundredths here.
        assert int((labels == REPLACED).sum()) == min(-(-length * round(replace * 100) // 100), free)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=4), SHARES, st.integers(0, 99))
@settings(deadline=None)
def test_as_many_trigrams_are_shuffled_as_asked(runs: list[int], share: float, seed: int) -> None:
    """Tokens all differ, so that what moved is seen; trigrams stay in their run of text, which masks part."""
    row: list[int] = []
    for run in runs:
        row += [*range(LOW + len(row), LOW + len(row) + run), MASK]
    result = noised(batch([row]), [7], share, 0.0, seed, high=1000)
    tokens, labels = result.tokens[0].tolist(), result.labels[0].tolist()
    asked, most = sum(runs) * share / 3, sum(run // 3 for run in runs)
    moved = [i for i, label in enumerate(labels) if label == SHUFFLED]
    assert 2 * min(math.floor(asked), most) <= len(moved) <= 3 * min(math.ceil(asked), most)
    begin = 0
    for run in runs:
        assert Counter(tokens[begin : begin + run]) == Counter(row[begin : begin + run])
        begin += run + 1
    assert all(abs(row.index(tokens[i]) - i) <= 2 for i in moved)


@given(sentences, SHARES, st.integers(0, 99))
@settings(deadline=None)
def test_a_shuffle_keeps_the_tokens(rows: list[list[int]], share: float, seed: int) -> None:
    result = noised(batch(rows), list(range(len(rows))), share, 0.0, seed)
    for row, tokens in zip(rows, result.tokens.tolist(), strict=True):
        assert Counter(tokens[: len(row)]) == Counter(row)


def test_a_trigram_takes_each_of_the_five_other_orders_and_places_evenly() -> None:
    """Of 6,000 rows of nine tokens, one trigram each: five orders and the seven places a trigram has, none left out."""
    tokens = torch.arange(LOW, LOW + 9).repeat(6000, 1)
    result = noised(tokens, list(range(6000)), 1 / 3, 0.0)
    moved = result.tokens != tokens
    assert bool(((moved.sum(1) == 2) | (moved.sum(1) == 3)).all())
    orders: Counter[tuple[int, ...]] = Counter()
    for row, changed in zip((result.tokens - LOW).tolist(), moved.tolist(), strict=True):
        first = changed.index(True)
        last = 8 - changed[::-1].index(True)
        orders[tuple(place - first for place in row[first : last + 1])] += 1
    # A rotation has a fifth each, a swap of neighbours two fifths, of the ends a fifth.
    expected = {(1, 2, 0): 1200, (2, 0, 1): 1200, (2, 1, 0): 1200, (1, 0): 2400}
    assert set(orders) == set(expected)
    assert all(abs(orders[order] - count) < 5 * math.sqrt(count) for order, count in expected.items())
    # A grid at 0 has three trigrams, at 1 and 2 two each: the ninth part of a draw, and the sixth.
    threes = moved[moved.sum(1) == 3]
    starts = threes.int().argmax(1).bincount(minlength=9) / len(threes)
    assert torch.allclose(starts, torch.tensor([2, 3, 3, 2, 3, 3, 2, 0, 0]) / 18, atol=0.04)


def test_the_share_holds_for_short_sentences_too() -> None:
    """Rounded, no sentence of ten words would ever be shuffled: 10 * 0.15 / 3 is a half of a trigram."""
    tokens = torch.arange(LOW, LOW + 10).repeat(4000, 1)
    result = noised(tokens, list(range(4000)), 0.15, 0.0)
    assert abs(int((result.labels == SHUFFLED).any(1).sum()) - 2000) < 5 * math.sqrt(1000)


def test_places_and_symbols_of_replacements_are_even() -> None:
    tokens = torch.full((20_000, 20), LOW + 3)
    result = noised(tokens, list(range(20_000)), 0.0, 0.15, high=LOW + 10)
    counts = (result.labels == REPLACED).sum(0)
    assert int(counts.sum()) == 3 * 20_000  # ceil(20 * 0.15) is 3, in floating point too
    assert bool(((counts - 3000).abs() < 5 * math.sqrt(3000)).all())
    symbols = Counter(result.tokens[result.labels == REPLACED].tolist())
    assert set(symbols) == set(range(LOW, LOW + 10)) - {LOW + 3}
    assert all(abs(count - 60_000 / 9) < 5 * math.sqrt(60_000 / 9) for count in symbols.values())


def test_a_share_that_floating_point_makes_a_little_larger_is_not_rounded_up() -> None:
    assert 0.07 * 100 > 7
    assert int((noised(torch.full((1, 100), LOW), [0], 0.0, 0.07).labels == REPLACED).sum()) == 7


def test_a_token_outside_of_the_replacements_gets_any_of_them() -> None:
    tokens = torch.full((2000, 4), 50)
    assert set(noised(tokens, list(range(2000)), 0.0, 1.0, high=LOW + 3).tokens.flatten().tolist()) == {4, 5, 6}


def test_shares_of_nothing_are_the_identity() -> None:
    tokens = batch([[5, 6, MASK, 7, END], [8, 9, END]])
    result = noised(tokens, [0, 1], 0.0, 0.0)
    assert torch.equal(result.tokens, tokens)
    assert result.labels.tolist() == [[0, 0, IGNORED, 0, IGNORED], [0, 0, IGNORED, IGNORED, IGNORED]]


@pytest.mark.parametrize("shape", [(0, 4), (2, 0), (2, 1), (2, 2), (0, 0)])
def test_batches_without_room_pass(shape: tuple[int, int]) -> None:
    tokens = torch.full(shape, LOW)
    assert noised(tokens, list(range(shape[0])), 1.0, 0.0).tokens.equal(tokens)
    assert noised(tokens, list(range(shape[0])), 1.0, 1.0).labels.eq(REPLACED).all()


def test_seeds_and_keys_make_other_noise() -> None:
    tokens = torch.arange(LOW, LOW + 20)[None].repeat(2, 1)
    one, two = noised(tokens, [1, 2], 0.15, 0.15).tokens
    again = noised(tokens, [1, 1], 0.15, 0.15, seed=2).tokens
    assert not torch.equal(one, two) and not torch.equal(one, again[0]) and torch.equal(again[0], again[1])


def test_nothing_waits_for_the_device() -> None:
    """Tensors without data stop whoever asks for a value."""
    tokens = torch.zeros(4, 9, dtype=torch.int64, device="meta")
    keys = torch.zeros(4, dtype=torch.int64, device="meta")
    result = shuffle_and_replace(tokens, tokens >= LOW, keys, seed=1, low=LOW, high=HIGH)
    assert result.tokens.device.type == result.labels.device.type == "meta"
    assert result.tokens.shape == result.labels.shape == tokens.shape


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_makes_the_same_noise() -> None:
    tokens = torch.randint(PAD, HIGH, (100, 40), generator=torch.Generator().manual_seed(1))
    arguments = (tokens, tokens >= LOW, torch.arange(100))
    expected = shuffle_and_replace(*arguments, seed=1, low=LOW, high=HIGH)
    there = [tensor.cuda() for tensor in arguments]
    torch.cuda.set_sync_debug_mode("error")
    try:
        found = shuffle_and_replace(*there, seed=1, low=LOW, high=HIGH)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert torch.equal(found.tokens.cpu(), expected.tokens) and torch.equal(found.labels.cpu(), expected.labels)


def test_masks_are_never_overwritten() -> None:
    """The release asks its output buffer, full of -1, what is special, and so overwrites masks and end symbols."""
    tokens = torch.tensor([[END, MASK, 9, MASK, END]]).repeat(500, 1)
    result = noised(tokens, list(range(500)), 1.0, 1.0)
    assert torch.equal(result.tokens[:, [0, 1, 3, 4]], tokens[:, [0, 1, 3, 4]])
    assert bool((result.tokens[:, 2] != 9).all())
    assert result.labels.tolist() == [[IGNORED, IGNORED, REPLACED, IGNORED, IGNORED]] * 500


@pytest.mark.parametrize(("shuffle", "replace", "high"), [(-0.1, 0, 9), (0, 1.1, 9), (1.1, 0, 9), (0, 0.1, LOW + 1)])
def test_what_cannot_be_is_refused(shuffle: float, replace: float, high: int) -> None:
    with pytest.raises(ValueError, match=r"shares must be|two symbols"):
        noised(torch.full((1, 3), LOW), [0], shuffle, replace, high=high)


words = st.lists(st.integers(1, 4), max_size=30)


def a_sentence(sizes: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Tokens 10, 11, ..., and where words of these sizes begin."""
    starts = np.zeros(sum(sizes), bool)
    starts[np.cumsum([0, *sizes[:-1]])[: len(sizes)]] = True
    return np.arange(10, 10 + sum(sizes), dtype=np.int32), starts


@given(words, st.integers(0, 1000), SHARES, st.sampled_from([0.01, 0.5, 3.0, 50.0]))
@settings(deadline=None)
def test_whole_words_give_way_to_masks(sizes: list[int], seed: int, share: float, mean: float) -> None:
    """What is left are whole words in order, a mask stands in every gap, and no word is split by one."""
    tokens, starts = a_sentence(sizes)
    before = tokens.copy()
    result = infill(tokens, starts, MASK, np.random.default_rng(seed), share=share, mean_span=mean)
    assert np.array_equal(tokens, before) and result is not tokens and result.dtype == tokens.dtype
    left = result[result != MASK]
    assert bool((np.diff(left) > 0).all())
    kept = np.isin(tokens, left)
    word = np.cumsum(starts) - 1
    whole = [set(kept[word == i].tolist()) for i in range(len(sizes))]
    assert all(len(kinds) == 1 for kinds in whole)
    gone = sum(kinds == {False} for kinds in whole)
    masks = int((result == MASK).sum())
    assert math.floor(len(sizes) * share) <= gone <= math.ceil(len(sizes) * share)
    assert masks <= gone + 1 and (masks > 0) == (gone > 0)
    assert len(result) <= longest_infilled(np.array([len(tokens)]), share)[0]
    edges = {int(tokens[i]) for i in np.flatnonzero(starts)}
    for one, two in pairwise([9, *result.tolist(), 10 + len(tokens)]):
        if MASK not in (one, two):
            assert two == one + 1  # nothing goes without a mask
        elif one == MASK != two:
            assert two in edges or two == 10 + len(tokens)  # nothing comes back within a word


def test_the_share_of_words_is_kept_on_average_for_short_sentences_too() -> None:
    rng = np.random.default_rng(1)
    for sizes in ([2], [1, 2, 1], [1] * 10, [2] * 33):
        tokens, starts = a_sentence(sizes)
        size = np.array(
            [len(set(tokens[starts]) - set(infill(tokens, starts, MASK, rng).tolist())) for _ in range(4000)]
        )
        expected = 0.15 * len(sizes)
        assert abs(size.mean() - expected) < 5 * max(size.std(), 0.1) / math.sqrt(4000)


def test_spans_have_the_mean_length_and_lie_evenly() -> None:
    rng = np.random.default_rng(2)
    tokens, starts = a_sentence([1] * 400)
    gone = np.zeros(400)
    masks = words_gone = 0
    for _ in range(500):
        result = infill(tokens, starts, MASK, rng, mean_span=3.0)
        gone[~np.isin(tokens, result)] += 1
        masks += int((result == MASK).sum())
        words_gone += int((~np.isin(tokens, result)).sum())
    # The last of about 20 spans is cut short.
    assert 2.8 < words_gone / masks < 3.05
    assert np.abs(gone[:200].sum() - gone[200:].sum()) < 0.05 * gone.sum()
    assert np.abs(gone[:20].mean() - gone.mean()) < 0.25 * gone.mean()


def test_the_span_that_is_cut_short_may_be_any() -> None:
    """Of two spans, either is the longer one as often."""
    rng = np.random.default_rng(4)
    tokens, starts = a_sentence([1] * 12)
    longer = []
    for _ in range(8000):
        result = infill(tokens, starts, MASK, rng, share=0.5).tolist()
        if result.count(MASK) == 2:
            first = result.index(MASK)
            before = first
            between = result[first + 1 :].index(MASK)
            after = len(result) - 2 - before - between
            if before and between and after:
                first_size = result[first + 1] - result[first - 1] - 1
                longer.append(np.sign(first_size - (6 - first_size)))
    assert len(longer) > 1000 and abs(sum(longer)) < 5 * math.sqrt(len(longer))


def test_empty_spans_put_masks_in() -> None:
    """With spans that are nearly all empty, one mask more than words masked, also at both ends."""
    tokens, starts = a_sentence([1] * 4)
    rng = np.random.default_rng(3)
    results = [infill(tokens, starts, MASK, rng, share=0.25, mean_span=1e-9).tolist() for _ in range(300)]
    assert all(len(result) == 5 and result.count(MASK) == 2 for result in results)
    assert any(result[0] == MASK == result[-1] for result in results)


def test_the_first_token_begins_a_word_in_any_case() -> None:
    tokens = np.array([10, 11, 12])
    result = infill(tokens, np.array([False, False, False]), MASK, np.random.default_rng(0), share=1.0, mean_span=9.0)
    assert result.tolist() == [MASK]


def test_an_empty_sentence_stays_empty() -> None:
    tokens, starts = a_sentence([])
    assert infill(tokens, starts, MASK, np.random.default_rng(0), share=1.0).tolist() == []


def test_the_bound_is_reached_and_costs_nothing_where_nothing_is_masked() -> None:
    lengths = np.array([0, 1, 7])
    assert longest_infilled(lengths, 0.15).tolist() == [0, 2, 8] and longest_infilled(lengths, 0.0).tolist() == [
        0,
        1,
        7,
    ]


@pytest.mark.parametrize(("share", "mean"), [(-0.1, 3.0), (1.1, 3.0), (0.1, 0.0)])
def test_impossible_infilling_is_refused(share: float, mean: float) -> None:
    with pytest.raises(ValueError, match="share must be"):
        infill(*a_sentence([1]), MASK, np.random.default_rng(0), share=share, mean_span=mean)

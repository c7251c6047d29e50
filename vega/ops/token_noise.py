"""Noise on tokens: BART's text infilling, and E2S2's shuffle and replacement with a label for every token.

Sources: BART (arXiv 1910.13461, section 2.2, "Text Infilling") and fairseq's `denoising_dataset.py`; E2S2 (arXiv
2205.14912, the denoising objective) and its release, WHU-ZQH/E2S2 at 04498ef.

Shapes: B sentences, S longest sentence with its padding, n tokens of one sentence.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vega.ops.counter_random import as_uniform, below, hashes_at

Integers = NDArray[np.integer[Any]]

ORIGINAL, SHUFFLED, REPLACED = 0, 1, 2
#: Label of what is no text. No symbol's number: the release ignores fairseq's padding symbol, 1, which is "shuffled".
IGNORED = -100

# Purposes of random numbers.
_GRID, _TRIGRAM, _ORDER, _PLACE, _SYMBOL, _COUNT = range(6)
#: 0.07 * 100 is a little more than 7 and must not count as 8.
_ROUNDING = 1e-9


class Noised(NamedTuple):
    """Corrupted tokens and what was done to each, both (B, S) int64."""

    tokens: Tensor
    labels: Tensor


def shuffle_and_replace(
    tokens: Tensor,
    text: Tensor,
    keys: Tensor,
    *,
    seed: int,
    shuffle_share: float = 0.15,
    replace_share: float = 0.15,
    low: int,
    high: int,
) -> Noised:
    """Shuffle within trigrams, then replace tokens by random ones; lengths stay.

    `tokens` (B, S) int64; `text` (B, S) bool, True where a token may change (no padding, no special, tag, mask or end);
    `keys` (B,) int64, what the noise of a row hangs on besides `seed`. With L text tokens in a row:
    - L * `shuffle_share` / 3 trigrams, rounded up or down by chance so that the mean is exact (three text tokens side
      by side, no two overlapping, fewer only where no more fit) get one of the five orders that change places, evenly;
    - ceil(L * `replace_share`) of the text tokens that the shuffle left as they were (fewer only where there are fewer)
      get another symbol, evenly from [`low`, `high`).
    Labels say what is true of the result: ORIGINAL where the token is the one it was, SHUFFLED, REPLACED; IGNORED
    outside of `text`, where nothing changes. Noise depends on the row's text, key and seed alone, not on padding or the
    other rows. Nothing waits for the device.

    Otherwise than the release (data/denoising_dataset.py: add_shuffle, add_random_noise): shares are read (it has 0.15
    in the code, whatever the options say). Whether a token is special is asked of the input, not of the result being
    built, which let masks be overwritten. The count of replacements is exact; it gives up a place that is special or
    shuffled. A replacement is never the token itself, which it labels "replaced" too, nor, with a fitting `low`, a
    special. An order is never the one that changes nothing. Trigrams have any subwords, not only words of one token in
    the middle; they lie on a grid of threes with a random start, not one in each window of 18; they are not limited
    to 26, and the share holds for short sentences (there at least one in any). What is no text has no label, where it
    learns that masks are "original".
    ValueError for a share outside of 0..1, or fewer than two symbols to replace by.
    """
    if not (0 <= shuffle_share <= 1 and 0 <= replace_share <= 1):
        raise ValueError(f"shares must be 0..1, not {shuffle_share} and {replace_share}")
    if replace_share and high - low < 2:
        raise ValueError(f"replacements need two symbols at least, not [{low}, {high})")
    ranks = text.cumsum(1) - 1  # (B, S); random numbers go by rank, so that padding does not move them
    lengths = text.sum(1, keepdim=True).double()  # (B, 1)
    labels = torch.where(text, ORIGINAL, IGNORED)  # (B, S)
    if shuffle_share:
        counts = (lengths * shuffle_share / 3 + _one_number(text, keys, seed, _COUNT)).floor().long()
        source = _shuffled_columns(text, ranks, keys, seed, counts)
        shuffled = tokens.gather(1, source)
        labels = labels.masked_fill(shuffled != tokens, SHUFFLED)
        tokens = shuffled
    if replace_share:
        counts = (lengths * replace_share - _ROUNDING).ceil().long()
        chosen = _first(counts, labels == ORIGINAL, hashes_at(seed, keys, ranks, _PLACE))
        tokens = torch.where(chosen, _others(tokens, hashes_at(seed, keys, ranks, _SYMBOL), low, high), tokens)
        labels = labels.masked_fill(chosen, REPLACED)
    return Noised(tokens, labels)


def _one_number(text: Tensor, keys: Tensor, seed: int, purpose: int) -> Tensor:
    """In [0, 1) for each row, (B, 1)."""
    return as_uniform(hashes_at(seed, keys, torch.zeros_like(text[:, :1], dtype=torch.int64), purpose))


def _first(counts: Tensor, among: Tensor, numbers: Tensor) -> Tensor:
    """True for the `counts` (B, 1) places of `among` (B, S) that have the least numbers."""
    order = numbers.masked_fill(~among, torch.iinfo(torch.int64).max).argsort(1)
    columns = torch.arange(among.shape[1], device=among.device).expand_as(order)
    return (torch.empty_like(order).scatter_(1, order, columns) < counts) & among


def _others(tokens: Tensor, numbers: Tensor, low: int, high: int) -> Tensor:
    """A symbol of [low, high) for every token, evenly among those it is not."""
    inside = (tokens >= low) & (tokens < high)
    drawn = below(numbers, (high - low) - inside.long()) + low
    return drawn + (inside & (drawn >= tokens))


def _shuffled_columns(text: Tensor, ranks: Tensor, keys: Tensor, seed: int, counts: Tensor) -> Tensor:
    """Column that every place takes its token from, (B, S), with `counts` (B, 1) trigrams put into another order."""
    columns = torch.arange(text.shape[1], device=text.device)[None]
    # The last column before the run of text that a place is in; a special between two runs parts them.
    before = columns.masked_fill(text, -1).cummax(1).values
    in_run = columns - before - 1
    whole = text.clone()
    whole[:, :-1] &= text[:, 1:]
    whole[:, -2:] = False
    whole[:, :-2] &= text[:, 2:]  # (B, S): a trigram may start here
    shift = below(hashes_at(seed, keys, torch.zeros_like(ranks[:, :1]), _GRID), 3)  # (B, 1)
    starts = whole & ((in_run - shift) % 3 == 0) & (in_run >= shift)
    # A grid that begins at a run's first token holds the most trigrams that can be.
    too_few = starts.sum(1, keepdim=True) < counts
    starts = torch.where(too_few, whole & (in_run % 3 == 0), starts)
    chosen = _first(counts, starts, hashes_at(seed, keys, ranks, _TRIGRAM))
    return _reordered(chosen, columns, below(hashes_at(seed, keys, ranks, _ORDER), 5))


def _reordered(starts: Tensor, columns: Tensor, orders: Tensor) -> Tensor:
    """Columns (B, S) with the trigrams at `starts` put into the order that `orders` (B, S), 0 to 4, has there."""
    source = columns.repeat(starts.shape[0], 1)
    # Two rotations i -> i + 1, i + 2 and three swaps i -> -i, 1 - i, 2 - i, modulo 3: all orders but the identity.
    step = torch.where(orders < 2, 1, -1)
    shift = torch.where(orders < 2, orders + 1, orders - 2)
    for i in range(3):
        moved = ((step * i + shift) % 3 - i).masked_fill_(~starts, 0)  # how far the trigram's i-th token comes
        source[:, i:] += moved[:, : moved.shape[1] - i]
    return source


def infill(
    tokens: Integers,
    word_starts: NDArray[np.bool_],
    mask: int,
    rng: np.random.Generator,
    *,
    share: float = 0.15,
    mean_span: float = 3.0,
) -> Integers:
    """BART's text infilling of one sentence: spans of words become one mask each, an empty span puts one in.

    `tokens` (n,) without tags and end, `word_starts` (n,) True where a word begins (the first token begins one in any
    case); returns at most `longest_infilled` tokens of the same type. Spans have Poisson(`mean_span`) words, the last
    one what is left; their places are even over all that do not overlap.

    Otherwise than fairseq (`add_whole_word_mask`): of W words, `share` * W go on average, rounded up or down by chance;
    it rounds up, so that a sentence of one word is masked as a whole each time. Spans never overlap; there, words in
    two spans count twice and fewer are masked. Empty spans fall between words, never inside. There are as many masks as
    words masked and one more at most, so that a batch can be planned; there, no limit. ValueError for a share outside
    of 0..1, or a mean that is not above 0.
    """
    if not (0 <= share <= 1 and mean_span > 0):
        raise ValueError(f"share must be 0..1 and mean_span above 0, not {share} and {mean_span}")
    starts = np.flatnonzero(word_starts[1:]) + 1
    edges = np.concatenate(([0], starts, [len(tokens)]))  # of words, one more than they are
    words = len(edges) - 1 if len(tokens) else 0
    masked = min(int(words * share + rng.random()), words)
    if not masked:
        return tokens.copy()
    spans = rng.permutation(_span_lengths(masked, mean_span, rng))
    # Kept words and spans stand in a row; which of them are spans is drawn evenly.
    places = np.sort(rng.permutation(words - masked + len(spans))[: len(spans)])
    ends = places - np.arange(len(spans)) + np.cumsum(spans)
    pieces, done = [], 0
    for begin, end in zip(edges[ends - spans], edges[ends], strict=True):
        pieces += [tokens[done:begin], np.array([mask], dtype=tokens.dtype)]
        done = end
    return np.concatenate([*pieces, tokens[done:]])


def _span_lengths(words: int, mean: float, rng: np.random.Generator) -> list[int]:
    """Lengths of spans, `words` together, at most `words` + 1 of them."""
    lengths: list[int] = []
    left = words
    while left:
        length = min(int(rng.poisson(mean)), left)
        # Spans still to come may need `left` places.
        if not length and len(lengths) + left > words:
            length = 1
        lengths.append(length)
        left -= length
    return lengths


def longest_infilled(lengths: Integers, share: float) -> Integers:
    """The most tokens that `infill` can make of sentences of `lengths` tokens: one more, if any are masked."""
    return lengths + (lengths > 0) if share else lengths

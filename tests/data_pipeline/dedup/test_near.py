"""MinHash and the similarity it stands for: measured on random edits of known similarity."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.dedup.keys import all_keys, row_keys
from data_pipeline.dedup.minhash import MOST_BANDS, RECALL, Banding
from data_pipeline.dedup.shingles import similarity, unpack
from vega.settings import DedupOptions

folded = st.lists(st.text("abcé字x", min_size=1, max_size=4), max_size=30).map(" ".join)
#: A row of one to eight languages.
folded_rows = st.dictionaries(st.sampled_from(["cs", "de", "en", "es", "ja", "ru", "uk", "zh"]), folded, min_size=1)


def plain_shingles(text: str, code: str) -> set[tuple[str, str]]:
    tokens = ["<", *(text.replace(" ", "") if code in ("ja", "zh") else text.split()), ">"]
    return set(pairwise(tokens))


def plain_similarity(first: dict[str, str], second: dict[str, str]) -> float:
    sides = [(plain_shingles(first[code], code), plain_shingles(second[code], code)) for code in first]
    return min(len(a & b) / len(a | b) for a, b in sides)


def stored_similarity(first: dict[str, str], second: dict[str, str]) -> float:
    keys = all_keys([first, second], DedupOptions())
    return similarity(*(unpack(key.shingles) for key in keys))


@given(st.lists(folded_rows, min_size=1, max_size=8), st.randoms())
def test_keys_of_a_row_depend_on_nothing_else(rows: list[dict[str, str]], shuffler: random.Random) -> None:
    options = DedupOptions(sides=["de"])
    together = all_keys(rows, options)
    for row, keys in zip(rows, together, strict=True):
        codes = list(row)
        shuffler.shuffle(codes)
        assert row_keys({code: row[code] for code in codes}, options) == keys


@given(folded_rows, st.data())
def test_similarity_is_jaccard_of_neighbouring_words_or_characters(row: dict[str, str], data: Any) -> None:
    other = {code: data.draw(st.just(text) | folded) for code, text in row.items()}
    assert stored_similarity(row, other) == pytest.approx(plain_similarity(row, other), abs=0.02)
    assert stored_similarity(row, row) == 1.0


def test_numbers_stay_the_same_for_ever() -> None:
    """Keys are stored: other constants would need other files."""
    keys = row_keys({"de": "ein satz", "zh": "一句"}, DedupOptions())
    assert keys.bands[:2] == (10071082918156366848, 11707280853893757281)
    assert keys.shingles.hex() == "03000000b1035ec36fdf03000000bc194e45709d"


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.77, 0.8, 0.9, 0.99, 1.0])
def test_banding_reaches_its_recall_at_the_threshold(threshold: float) -> None:
    banding = Banding.for_similarity(threshold)
    assert banding.bands <= MOST_BANDS
    assert 1 - (1 - threshold**banding.values) ** banding.bands >= RECALL - 1e-9


@pytest.mark.parametrize("sides", [1, 2, 3, 6, 8])
def test_rows_meet_in_a_band_as_often_as_their_similarity_says(sides: int) -> None:
    """2000 rows of `sides` texts, each with a copy whose every text shares 3/4 of its shingles."""
    generator = np.random.default_rng(1)
    options = DedupOptions(similarity=0.8)
    banding = Banding.for_similarity(0.8)
    codes = ["cs", "de", "en", "es", "fr", "ko", "ru", "uk"][:sides]
    rows, copies = [], []
    for _ in range(2000):
        words = generator.integers(10**9, size=(sides, 56)).astype(str).tolist()
        rows.append({code: " ".join(side) for code, side in zip(codes, words, strict=True)})
        copies.append({code: " ".join(side[:48]) + " x" * 8 for code, side in zip(codes, words, strict=True)})
    first, second = ([key.bands for key in all_keys(some, options)] for some in (rows, copies))
    met = np.mean(np.array(first) == np.array(second))
    used, each = banding.per_side(sides)
    level = plain_similarity(rows[0], copies[0])
    assert 0.78 < level < 0.83
    assert met == pytest.approx(level ** (used * each), rel=0.06)
    assert len({band for bands in first for band in bands}) == 2000 * banding.bands  # unlike rows do not meet


def with_edits(row: dict[str, str], edits: int, generator: random.Random) -> dict[str, str]:
    """Replace so many words on one side, characters on the other, at random places."""
    words, characters = row["de"].split(), list(row["zh"])
    for place in generator.sample(range(len(words)), edits):
        words[place] = f"new{generator.randrange(10**6)}"
    for place in generator.sample(range(len(characters)), edits):
        characters[place] = chr(0x9000 + generator.randrange(1000))
    return {"de": " ".join(words), "zh": "".join(characters)}


def test_recall_and_false_drops_on_random_edits(find: Callable[..., Any], row: type, pairs: Any) -> None:
    """1500 rows of 40 words, each with a copy of 1 to 6 edits, against brute-force Jaccard: no false drop."""
    generator = random.Random(1)
    originals = pairs(1500, 40)
    copies = [with_edits(text, generator.randint(1, 6), generator) for text in originals]
    found = find([row(text, number) for number, text in enumerate([*originals, *copies])])
    levels = [plain_similarity(*texts) for texts in zip(originals, copies, strict=True)]
    alike = {len(originals) + number for number, level in enumerate(levels) if level >= 0.8}
    dropped = {line for _, line in found}
    assert all(f["rule"] == "near_duplicate" and f["of_line"] == line - 1500 for (_, line), f in found.items())
    assert 300 < len(alike) < 1200
    assert dropped <= alike
    assert len(dropped) >= 0.99 * len(alike)


def test_rows_of_one_template_are_compared_with_few(find: Callable[..., Any], row: type, pairs: Any) -> None:
    """3000 rows that differ in one number share their buckets; one stays, and the few that missed it in all buckets."""
    (text,) = pairs(1, 30)
    rows = [row({code: f"{side} {number}" for code, side in text.items()}, number) for number in range(3000)]
    assert len(find(rows)) >= 2990

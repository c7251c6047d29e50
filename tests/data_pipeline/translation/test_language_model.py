"""The n-gram model is interpolated Kneser-Ney as the books write it, and a probability."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.synthesis.language_model import LanguageModel
from vega.vocabulary import EOS

SYMBOLS = 12
BEGIN = 0
Sentences = list[list[int]]

texts = st.lists(st.lists(st.integers(3, SYMBOLS - 1), max_size=8), min_size=1, max_size=30)


class Textbook:
    """The same model, a dictionary per order, recursive."""

    def __init__(self, sentences: Sentences, order: int) -> None:
        self.order = order
        grams: list[Counter[tuple[int, ...]]] = [Counter() for _ in range(order + 1)]
        for sentence in sentences:
            row = [BEGIN, *sentence, EOS]
            for n in range(1, order + 1):
                grams[n].update(tuple(row[i - n + 1 : i + 1]) for i in range(max(1, n - 1), len(row)))
        self.counts = {order: grams[order]}
        for n in range(order - 1, 0, -1):
            left: defaultdict[tuple[int, ...], set[int]] = defaultdict(set)
            for gram in grams[n + 1]:
                left[gram[1:]].add(gram[0])
            self.counts[n] = Counter({g: grams[n][g] if g[0] == BEGIN else len(left[g]) for g in grams[n]})

    def probability(self, context: tuple[int, ...], piece: int) -> float:
        n = len(context) + 1
        lower = self.probability(context[1:], piece) if context else 1 / SYMBOLS
        counts = self.counts[n]
        once, twice = (sum(count == wanted for count in counts.values()) for wanted in (1, 2))
        discount = once / (once + 2 * twice) if once and twice else 0.75
        after = {gram[-1]: count for gram, count in counts.items() if gram[:-1] == context}
        if not after:
            return lower
        total = sum(after.values())
        share = max(after.get(piece, 0) - discount, 0) / total
        return share + discount * len(after) / total * lower


@settings(max_examples=30, deadline=None)
@given(texts, texts, st.integers(1, 4))
def test_it_is_the_textbooks(learned: Sentences, asked: Sentences, order: int) -> None:
    model, textbook = LanguageModel.train(learned, order, SYMBOLS), Textbook(learned, order)
    for sentence in asked:
        row = [BEGIN, *sentence, EOS]
        expected = [
            math.log(textbook.probability(tuple(row[max(0, i - order + 1) : i]), row[i])) for i in range(1, len(row))
        ]
        assert model.pieces(sentence) == pytest.approx(expected, rel=1e-5)
        assert model.score([sentence])[0] == pytest.approx(sum(expected) / len(expected), rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(texts, st.lists(st.integers(3, SYMBOLS - 1), max_size=5), st.integers(1, 4))
def test_probabilities_sum_to_one(learned: Sentences, history: list[int], order: int) -> None:
    model = LanguageModel.train(learned, order, SYMBOLS)
    total = sum(math.exp(model.pieces([*history, piece])[len(history)]) for piece in range(SYMBOLS))
    assert total == pytest.approx(1, abs=1e-5)


def test_a_score_depends_on_its_sentence_alone_and_outlives_the_disk(tmp_path: Path) -> None:
    rng = random.Random(1)
    sentences = [[rng.randint(3, 11) for _ in range(rng.randint(0, 9))] for _ in range(200)]
    model = LanguageModel.train(sentences[:100], 3, SYMBOLS)
    together = model.score(sentences)
    assert [model.score([sentence])[0] for sentence in sentences] == together.tolist()
    model.save(tmp_path)
    assert np.array_equal(LanguageModel.load(tmp_path).score(sentences), together)
    assert model.score([]).tolist() == []


def test_learned_sentences_score_above_shuffled_ones() -> None:
    rng = random.Random(2)
    sentences = [[3 + (start + i) % 9 for i in range(8)] for start in range(9) for _ in range(5)]
    model = LanguageModel.train(sentences, 3, SYMBOLS)
    shuffled = [rng.sample(sentence, len(sentence)) for sentence in sentences]
    assert model.score(sentences).mean() > model.score(shuffled).mean() + 1

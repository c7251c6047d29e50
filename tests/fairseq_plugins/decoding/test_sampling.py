"""Samples: drawn from the model's distribution, the same for a sentence wherever it stands."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.sampling import Sampling, drawn
from fairseq_plugins.translator import FairseqTranslator, Search
from vega.directions import parse_direction
from vega.errors import UserError
from vega.settings.dev import NamedModel

EN_DE = parse_direction("en-de")
LINES = ["the red house", "", "old bird sings", "tree", "a fish eats near the tree", "the red house"]


def translator(forward: NamedModel, data: Path, **search: float) -> FairseqTranslator:
    return FairseqTranslator([open_checkpoint(forward.checkpoint)], data, Search(**search))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def wide(forward: NamedModel, data: Path) -> FairseqTranslator:
    return translator(forward, data)


def test_samples_depend_on_seed_and_sentence_not_on_neighbours_or_their_order(
    wide: FairseqTranslator, forward: NamedModel, data: Path
) -> None:
    sampling = Sampling(count=6, seed=3)
    found = wide.candidates(LINES, EN_DE, sampling=sampling)
    texts = [[each.text for each in samples] for samples in found]
    assert wide.candidates(LINES, EN_DE, sampling=sampling) == found
    assert texts[0] == texts[5] and len(set(texts[0])) > 1
    narrow = translator(forward, data, max_tokens=40, beam=1)  # a line at a time
    alone, turned = (narrow.candidates(lines, EN_DE, sampling=sampling) for lines in (LINES, LINES[::-1]))
    for other in (alone, turned[::-1]):
        assert [[each.text for each in samples] for samples in other] == texts
    seeded = wide.candidates(LINES, EN_DE, sampling=Sampling(count=6, seed=4))
    assert [[each.text for each in samples] for samples in seeded] != texts


def test_an_empty_line_has_the_empty_text(wide: FairseqTranslator) -> None:
    for found in (wide.candidates(LINES, EN_DE, sampling=Sampling(count=3)), wide.candidates(LINES, EN_DE)):
        assert found[1] == [("", 0.0, 0.0, [])]


def test_the_first_token_comes_as_often_as_the_model_says(forward: NamedModel, data: Path) -> None:
    """4000 draws of a token."""
    wide = translator(forward, data, max_len_a=0, max_len_b=1)
    samples = [
        each
        for seed in range(40)
        for each in wide.candidates(["the red house"], EN_DE, sampling=Sampling(count=100, seed=seed))[0]
    ]
    first = [each.tokens[0] for each in samples]
    target = [wide.vocabulary.symbols[number] for number in first]
    probabilities = dict(zip(first, (math.exp(p) for p in first_log_probabilities(wide, samples)), strict=True))
    for token, probability in probabilities.items():
        spread = math.sqrt(probability / len(first))
        assert first.count(token) / len(first) == pytest.approx(probability, abs=5 * spread), target


def first_log_probabilities(wide: FairseqTranslator, samples: list) -> list[float]:  # type: ignore[type-arg]
    """Of the first token of each sample, from one step of the model, the end of sentence left out as in decoding."""
    task = wide.task
    source = torch.tensor([[task.tag("en"), *wide.vocabulary.encode("the red house", "en"), task.dictionary.eos()]])
    with torch.inference_mode():
        logits = wide.models[0](source, torch.tensor([source.shape[1]]), torch.tensor([[task.tag("de")]]))[0][0, 0]
    log_probabilities = logits.float().log_softmax(-1)
    log_probabilities[[task.dictionary.eos(), task.dictionary.pad()]] = -torch.inf
    log_probabilities = log_probabilities.log_softmax(-1)
    return [float(log_probabilities[each.tokens[0]]) for each in samples]


def test_the_log_probability_is_the_models(wide: FairseqTranslator) -> None:
    lines = ["the red house", "old bird sings"]
    scorer = wide.scorer()
    for candidates in (wide.candidates(lines, EN_DE, n_best=4), wide.candidates(lines, EN_DE, sampling=Sampling(4))):
        for line, found in zip(lines, candidates, strict=True):
            for each in found:
                if wide.vocabulary.encode(each.text, "de") == each.tokens:
                    expected = scorer([line], [each.text], EN_DE).log_probabilities[0]
                    assert each.log_probability == pytest.approx(expected, abs=1e-3)
                    assert each.score == pytest.approx(each.log_probability / (len(each.tokens) + 1), abs=1e-4)


def test_the_first_candidate_is_the_translation(wide: FairseqTranslator) -> None:
    found = wide.candidates(LINES, EN_DE)
    assert [each[0].text for each in found] == wide.translate(LINES, EN_DE)
    assert all(len(each) == 5 for line, each in zip(LINES, found, strict=True) if line)
    scores = [[each.score for each in candidates] for candidates in found]
    assert scores == [sorted(each, reverse=True) for each in scores]
    assert [len(each) for each in wide.candidates(LINES, EN_DE, n_best=7)] == [7, 1, 7, 7, 7, 7]
    assert wide.translate(LINES, EN_DE) == [each[0].text for each in found]  # the beam is its own again


def test_a_cold_or_narrow_draw_is_the_greedy_search(forward: NamedModel, data: Path) -> None:
    """Where all lines have one limit of length."""
    wide = translator(forward, data, beam=1, max_len_a=0, max_len_b=12)
    greedy = wide.translate(LINES, EN_DE)
    for sampling in (Sampling(3, top_k=1), Sampling(3, top_p=1e-6), Sampling(3, temperature=1e-4)):
        found = wide.candidates(LINES, EN_DE, sampling=sampling)
        assert [{each.text for each in samples} for samples in found] == [{line} for line in greedy]


def test_an_output_is_one_line_whatever_bytes_are_drawn(wide: FairseqTranslator) -> None:
    numbers = [wide.vocabulary.numbers[symbol] for symbol in ("▁the", "<0x0A>", "<0x0D>", "▁the")]
    assert wide._text(numbers) == "the   the"


PROBABILITIES = torch.tensor([0.0, 0.15, 0.5, 0.05, 0.0, 0.3])


@pytest.mark.parametrize(
    ("top_k", "top_p", "kept"),
    [
        (0, 1.0, {1: 0.15, 2: 0.5, 3: 0.05, 5: 0.3}),
        (2, 1.0, {2: 0.625, 5: 0.375}),
        (0, 0.5, {2: 1.0}),
        (0, 0.51, {2: 0.625, 5: 0.375}),
        (0, 0.85, {1: 0.15 / 0.95, 2: 0.5 / 0.95, 5: 0.3 / 0.95}),
        (3, 0.6, {2: 0.625, 5: 0.375}),
        (99, 1.0, {1: 0.15, 2: 0.5, 3: 0.05, 5: 0.3}),
    ],
)
def test_what_is_drawn_is_what_top_k_and_top_p_leave(top_k: int, top_p: float, kept: dict[int, float]) -> None:
    numbers = (torch.arange(1000, dtype=torch.float32) / 1000).view(10, 100)
    found = drawn(PROBABILITIES.log().expand(10, 100, -1), numbers, top_k, top_p).flatten().tolist()
    assert {symbol: found.count(symbol) / 1000 for symbol in sorted(set(found))} == pytest.approx(kept, abs=0.002)


@pytest.mark.parametrize("wrong", [{"count": 0}, {"temperature": 0.0}, {"top_k": -1}, {"top_p": 0.0}, {"top_p": 1.1}])
def test_settings_that_draw_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UserError, match="top_p"):
        Sampling(**wrong)  # type: ignore[arg-type]

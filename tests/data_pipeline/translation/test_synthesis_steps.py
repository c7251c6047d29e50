"""Each gate drops what it is for, and nothing else; with an engine whose translations are written down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from data_pipeline.synthesis.candidates import GATES, Candidate
from data_pipeline.synthesis.language_model import LanguageModel
from data_pipeline.synthesis.steps import Work, rewrite, translate
from data_pipeline.translation.contract import Hypothesis, Search, Translation
from vega.directions import Direction
from vega.normalize import normalize
from vega.settings import BackTranslation, CycleTranslation, Form, NoiseOptions
from vega.vocabulary import Vocabulary

EN_DE = Direction("en", "de")


class Written:
    """Translates by table; scores pairs by table, -1 where there is nothing."""

    def __init__(self, table: dict[str, Any], scores: dict[tuple[str, str], float | None] | None = None) -> None:
        self.table, self.scores = table, scores or {}
        self.asked: list[tuple[str, str]] = []

    def __call__(self, texts: Sequence[str], direction: Direction, search: Search) -> list[Translation]:
        self.asked += [(text, str(direction)) for text in texts]
        return [self._one(self.table.get(text, f"<{text}>")) for text in texts]

    def _one(self, entry: Any) -> Translation:
        if isinstance(entry, Exception):
            return Translation([], 900, str(entry))
        outputs = entry if isinstance(entry, list) else [entry]
        return Translation([Hypothesis(o.removesuffix("…"), -0.5, 3, not o.endswith("…")) for o in outputs], 4)

    def score(self, pairs: Sequence[tuple[str, str]], direction: Direction, max_tokens: int) -> list[float | None]:
        return [self.scores.get(pair, -1.0) for pair in pairs]


def work(lines: list[str], options: BackTranslation | CycleTranslation) -> Work:
    return Work(lines, 11, EN_DE, ("de", "en"), options, Search(), "seed")


def outcomes(candidates: list[Candidate]) -> list[tuple[int, int, str]]:
    return [(candidate.line, candidate.rank, candidate.outcome) for candidate in candidates]


def test_back_translation_gates_outputs() -> None:
    table = {"none": "", "cut": "abgeschn…", "long": ValueError("900 tokens"), "two": ["zwei", "zwei", "2"]}
    scores: dict[tuple[str, str], float | None] = {("<odd>", "odd"): -9.0, ("<huge>", "huge"): None}
    lines = ["fine", " ", "none", "cut", "long", "two", "odd", "huge"]
    found = translate(work(lines, BackTranslation(min_pair_score=-5.0)), Written(table, scores))
    assert outcomes(found) == [
        (11, 0, "kept"), (12, 0, "empty"), (13, 0, "empty"), (14, 0, "unfinished"), (15, 0, "too_long"),
        (16, 0, "kept"), (16, 1, "repeated"), (16, 2, "kept"), (17, 0, "pair_score"), (18, 0, "too_long"),
    ]  # fmt: skip
    assert found[0].texts == {"de": "<fine>", "en": "fine"} and list(found[0].texts) == ["de", "en"]
    assert found[0].scores == {"model": -0.5, "pair_score": -1.0}


def test_noise_is_on_the_synthetic_side_only() -> None:
    lines = ["a b c d e f g h i j"] * 40
    plain = translate(work(lines, BackTranslation()), Written({}))
    noisy = translate(work(lines, BackTranslation(noise=NoiseOptions())), Written({}))
    assert [c.texts["en"] for c in noisy] == [c.texts["en"] for c in plain] == lines
    assert len({c.texts["de"] for c in noisy}) > 30
    again = translate(work(lines, BackTranslation(noise=NoiseOptions())), Written({}))
    assert [c.texts for c in again] == [c.texts for c in noisy]


class Likes(LanguageModel):
    """Scores a sentence by the number of its pieces."""

    def __init__(self) -> None: ...

    def score(self, sentences: Sequence[Sequence[int]]) -> Any:
        import numpy as np

        return np.array([-float(len(sentence)) for sentence in sentences], np.float32)


class Letters:
    """A vocabulary of characters; quotation marks are ASCII's."""

    def normalize(self, line: str, language: str) -> str:
        return normalize(line, Form(punctuation=True), language)

    def encode(self, line: str, language: str) -> list[int]:
        return list(map(ord, self.normalize(line, language)))


def cycle(
    lines: list[str], table: dict[str, Any], scores: Any = None, **options: Any
) -> tuple[list[Candidate], Written]:
    engine = Written(table, scores)
    vocabulary: Any = Letters()
    chosen = CycleTranslation.model_validate({"min_similarity": 30, "filters": {"copy": {}}, **options})
    return rewrite(work(lines, chosen), engine, vocabulary, Likes(), -10.0), engine


def test_cycle_translation_gates() -> None:
    table = {
        "a good old house": "ein gutes Haus", "ein gutes Haus": "a good house",
        "the same text again": "derselbe Text", "derselbe Text": "the same text again",
        "something entirely else": "etwas ganz anderes", "etwas ganz anderes": "xyz",
        "this will be longer": "es wird länger", "es wird länger": "this will be much longer",
        "no better for it": "nicht besser", "nicht besser": "no better for",
        "untranslated text here": "untranslated text", "untranslated text": "untranslated text",
        "nothing comes out of it": "", "it was cut off there": "es wurde abge…",
        "too many tokens here": ValueError("900 tokens"),
        "too many on the way back": "zurück", "zurück": ValueError("901 tokens"),
    }  # fmt: skip
    scores = {("nicht besser", "no better for"): -2.0, ("nicht besser", "no better for it"): -1.5,
              ("ein gutes Haus", "a good house"): -0.5}  # fmt: skip
    lines = ["short", "", *(line for line in table if line in (
        "a good old house", "the same text again", "something entirely else", "this will be longer", "no better for it",
        "untranslated text here", "nothing comes out of it", "it was cut off there", "too many tokens here",
        "too many on the way back"))]  # fmt: skip
    found, engine = cycle(lines, table, scores)
    assert [candidate.outcome for candidate in found] == [
        "not_selected", "empty", "kept", "unchanged", "similarity", "lm_gain", "pair_gain", "pair_gain", "empty",
        "unfinished", "too_long", "too_long",
    ]  # fmt: skip
    kept = found[2]
    assert kept.texts == {"de": "ein gutes Haus", "en": "a good house"} and kept.original == "a good old house"
    assert kept.scores["lm_gain"] == 4 and kept.scores["pair_gain"] == 0.5 and kept.scores["similarity"] > 30
    assert "short" not in [text for text, _ in engine.asked]
    assert {direction for _, direction in engine.asked} == {"en-de", "de-en"}
    copied, _ = cycle(["untranslated text here"], table, min_pair_gain=None)
    assert copied[0].outcome == "copy"


def test_a_rewriting_is_compared_in_the_form_of_the_vocabulary() -> None:
    """The model writes no other quotation marks: a line that it gives back with its own is no new sentence."""
    lines = ["he said “a good old house”", "“aaaa bbbb”"]
    table = {lines[0]: "Haus", "Haus": 'he said "a good old house"', lines[1]: "A", "A": '"aaaa bbb"'}
    found, _ = cycle(lines, table, min_pair_gain=None, min_similarity=0)
    assert [c.outcome for c in found] == ["unchanged", "kept"]
    plain, _ = cycle(['"aaaa bbbb"'], {'"aaaa bbbb"': "A", "A": '"aaaa bbb"'}, min_pair_gain=None, min_similarity=0)
    assert found[1].scores == plain[0].scores and found[1].original == lines[1]


def test_several_rewritings_of_one_line() -> None:
    table = {"a good old house": "Haus", "Haus": ["a good house", "good old house", "a good old house"]}
    found, _ = cycle(["a good old house"], table, min_pair_gain=None)
    assert outcomes(found) == [(11, 0, "kept"), (11, 1, "kept"), (11, 2, "unchanged")]


def test_a_line_that_breaks_a_gate_is_set_aside_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from data_pipeline.filters.copy import Copy

    score = Copy.score

    def broken(self: Copy, row: Any) -> Any:
        if "poison" in row["en"]:
            raise ValueError("no such thing")
        return score(self, row)

    monkeypatch.setattr(Copy, "score", broken)
    table = {
        "a poisonous old house": "Gift",
        "Gift": "a poison house",
        "a good old house": "Haus",
        "Haus": "a good house",
    }
    found, _ = cycle(["a poisonous old house", "a good old house"], table, min_pair_gain=None)
    assert [(c.outcome, c.error) for c in found] == [("error:copy", "ValueError: no such thing"), ("kept", None)]


def test_every_gate_is_explained() -> None:
    from data_pipeline.synthesis import candidates, steps

    source = "".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in (candidates, steps))
    for name in GATES:
        assert f'"{name}"' in source.replace(f'    "{name}": ', "", 1)


def test_scores_of_pairs_are_those_of_the_search(model: Path) -> None:
    from data_pipeline.translation.engine import CTranslate2Engine, EngineSettings

    engine = CTranslate2Engine(EngineSettings(model, "cpu", "float32"))
    vocabulary = Vocabulary.load(model)
    lines = ["the red house", "old bird sings a fish", "a tree", "house " * 500]
    found = engine(lines[:3], EN_DE, Search(beam=1))
    pairs = [(line, t.hypotheses[0].text) for line, t in zip(lines, found, strict=False)]
    scores = engine.score([*pairs, (lines[3], "Haus"), ("house", "Haus " * 500)], EN_DE, 400)
    assert scores[3:] == [None, None]
    compared = 0
    for (_, text), translation, score in zip(pairs, found, scores, strict=False):
        best = translation.hypotheses[0]
        if best.finished and len(vocabulary.encode(text, "de")) + 1 == best.tokens:
            # The search gives the probability of what it may not put out to the rest.
            assert score == pytest.approx(best.score, abs=0.05)
            compared += 1
    assert compared
    assert engine.score(pairs[::-1], EN_DE, 12) == pytest.approx(scores[2::-1], abs=1e-5)

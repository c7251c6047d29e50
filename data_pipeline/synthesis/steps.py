"""What each kind of step does with the lines of one unit: from text to candidates with their outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sacrebleu.metrics.chrf import CHRF

from data_pipeline.filters import build_filters
from data_pipeline.synthesis.candidates import Candidate, alive, apply_filters, drop_bad_output, gate, spread
from data_pipeline.synthesis.language_model import LanguageModel
from data_pipeline.synthesis.noise import add_noise
from data_pipeline.translation.contract import Engine, Search, Translation
from data_pipeline.verdict import KEPT
from vega.directions import Direction
from vega.settings import BackTranslation, CycleTranslation, SelfTraining
from vega.vocabulary import Vocabulary

StepOptions = BackTranslation | SelfTraining | CycleTranslation


@dataclass
class Work:
    """Lines of one corpus and all that a step needs. `seed` is the unit's own; `first` is the first line's number."""

    lines: Sequence[str]
    first: int
    translated: Direction
    languages: tuple[str, str]
    options: StepOptions
    search: Search
    seed: str


class Translating:
    """An engine that counts its tokens."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.source_tokens = self.target_tokens = 0

    def __call__(self, texts: Sequence[str], direction: Direction, search: Search) -> list[Translation]:
        found = self._engine(texts, direction, search)
        for translation in found:
            if any(hypothesis.tokens for hypothesis in translation.hypotheses):
                self.source_tokens += translation.source_tokens
                self.target_tokens += sum(hypothesis.tokens for hypothesis in translation.hypotheses)
        return found

    def score(self, pairs: Sequence[tuple[str, str]], direction: Direction, max_tokens: int) -> list[float | None]:
        """See `contract.Engine`."""
        return self._engine.score(pairs, direction, max_tokens)


def translate(work: Work, engine: Engine) -> list[Candidate]:
    """Back-translation and self-training: every line with its translations."""
    source, target = work.translated
    started = _start(work)
    asked = alive(started)
    done = [candidate for candidate in started if candidate.outcome != KEPT]
    for candidate, translation in zip(
        asked, engine([c.original for c in asked], work.translated, work.search), strict=True
    ):
        for made, hypothesis in spread(candidate, translation):
            if hypothesis is not None:
                made.scores["model"] = hypothesis.score
                made.texts = _ordered(work, {source: made.original, target: hypothesis.text})
            done.append(made)
    done.sort(key=lambda candidate: (candidate.line, candidate.rank))
    if (least := work.options.min_pair_score) is not None:
        scores = _pair_scores(alive(done), engine, work, lambda c: (c.texts[target], c.original))
        gate(done, "pair_score", lambda c: scores[id(c)], lambda value: value >= least)
    if isinstance(work.options, BackTranslation) and work.options.noise:
        for candidate in alive(done):
            key = f"{work.seed} {candidate.line} {candidate.rank}"
            candidate.texts[target] = add_noise(candidate.texts[target], target, work.options.noise, key)
    return done


def rewrite(
    work: Work, engine: Engine, vocabulary: Vocabulary, model: LanguageModel, threshold: float
) -> list[Candidate]:
    """Cycle translation: y -> x' -> y' of the lines y whose score by the language model is at most `threshold`."""
    options = work.options
    assert isinstance(options, CycleTranslation)
    language, other = work.translated
    started = _start(work)
    scores = line_scores([c.original for c in alive(started)], language, vocabulary, model)
    for candidate, score in zip(alive(started), scores, strict=True):
        candidate.scores["lm"] = score
    for candidate in alive(started):
        if candidate.scores["lm"] > threshold:
            candidate.drop("not_selected")
    _there(alive(started), engine, work)
    asked = alive(started)
    done = [candidate for candidate in started if candidate.outcome != KEPT]
    back = engine([c.texts[other] for c in asked], work.translated.reversed, work.search)
    for candidate, translation in zip(asked, back, strict=True):
        for made, hypothesis in spread(candidate, translation):
            if hypothesis is not None:
                made.scores["model"] = hypothesis.score
                made.texts = _ordered(work, {**made.texts, language: hypothesis.text})
                if made.outcome == KEPT and hypothesis.text == vocabulary.normalize(made.original, language):
                    made.drop("unchanged")
            done.append(made)
    done.sort(key=lambda candidate: (candidate.line, candidate.rank))
    _compare(done, engine, work, options, vocabulary, model)
    apply_filters(done, build_filters(options.filters))
    return done


def _start(work: Work) -> list[Candidate]:
    found = [Candidate(number, 0, line) for number, line in enumerate(work.lines, start=work.first)]
    for candidate in found:
        if not candidate.original.strip():
            candidate.drop("empty")
    return found


def _ordered(work: Work, texts: dict[str, str]) -> dict[str, str]:
    return {code: texts[code] for code in work.languages}


def line_scores(lines: Sequence[str], language: str, vocabulary: Vocabulary, model: LanguageModel) -> list[float]:
    """Nats per piece of each line."""
    scores: list[float] = model.score([vocabulary.encode(line, language) for line in lines]).tolist()
    return scores


def _there(candidates: Sequence[Candidate], engine: Engine, work: Work) -> None:
    """The first half of the cycle: the best translation only."""
    found = engine([c.original for c in candidates], work.translated, replace(work.search, n_best=1))
    for candidate, translation in zip(candidates, found, strict=True):
        if translation.error is not None:
            candidate.drop("too_long", translation.error)
            continue
        candidate.texts[work.translated.target] = translation.hypotheses[0].text
        drop_bad_output(candidate, translation.hypotheses[0])


def _compare(
    candidates: Sequence[Candidate],
    engine: Engine,
    work: Work,
    options: CycleTranslation,
    vocabulary: Vocabulary,
    model: LanguageModel,
) -> None:
    """The gates that hold y' against y."""
    language, other = work.translated
    chrf = CHRF()
    gate(
        candidates,
        "similarity",
        lambda c: chrf.sentence_score(c.texts[language], [vocabulary.normalize(c.original, language)]).score,
        lambda value: value >= options.min_similarity,
    )
    asked = alive(candidates)
    after = line_scores([c.texts[language] for c in asked], language, vocabulary, model)
    gain = {id(c): score - c.scores["lm"] for c, score in zip(asked, after, strict=True)}
    gate(candidates, "lm_gain", lambda c: gain[id(c)], lambda value: value > options.min_lm_gain)
    least_gain, least = options.min_pair_gain, options.min_pair_score
    if least_gain is None and least is None:
        return
    new = _pair_scores(alive(candidates), engine, work, lambda c: (c.texts[other], c.texts[language]))
    if least is not None:
        gate(candidates, "pair_score", lambda c: new[id(c)], lambda value: value >= least)
    if least_gain is not None:
        old = _pair_scores(alive(candidates), engine, work, lambda c: (c.texts[other], c.original))
        gate(candidates, "pair_gain", lambda c: new[id(c)] - old[id(c)], lambda value: value > least_gain)


def _pair_scores(
    candidates: Sequence[Candidate], engine: Engine, work: Work, pair: Callable[[Candidate], tuple[str, str]]
) -> dict[int, float]:
    """By the candidate's id: how well the model, reading the translation, expects the text that it is of."""
    found = engine.score([pair(c) for c in candidates], work.translated.reversed, work.search.max_tokens)
    for candidate, score in zip(candidates, found, strict=True):
        if score is None:
            candidate.drop("too_long")
    return {id(c): score for c, score in zip(candidates, found, strict=True) if score is not None}

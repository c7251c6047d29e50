"""What becomes of a line: one or several pairs, each kept or dropped by a gate, with all that was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_pipeline.filters import Filter
from data_pipeline.translation.contract import Hypothesis, Translation
from data_pipeline.verdict import ERROR, KEPT

#: The gates in their order, with what they drop. Cleaning filters follow under their own names.
GATES = {
    "empty": "nothing to translate, or nothing came out",
    "not_selected": "the language model finds nothing wrong with the sentence",
    "too_long": "more tokens than the model or a batch allows",
    "unfinished": "the output was cut off before its end",
    "repeated": "equal to a better translation of the same line",
    "unchanged": "rewriting gave the same sentence again",
    "pair_score": "the model, reading the translation, does not expect the original",
    "similarity": "the rewritten sentence says something else",
    "lm_gain": "the language model likes the rewritten sentence no better",
    "pair_gain": "the model, reading the translation, likes the rewritten sentence no better",
}


@dataclass
class Candidate:
    """One pair in the making: `line` (from 1) of the corpus, `rank` (from 0) among its translations.

    `original` is the line itself, `texts` the synthetic pair in the order of its languages, as far as it got.
    """

    line: int
    rank: int
    original: str
    texts: dict[str, str] = field(default_factory=dict)
    outcome: str = KEPT
    error: str | None = None
    scores: dict[str, float] = field(default_factory=dict)

    def drop(self, outcome: str, error: str | None = None) -> None:
        self.outcome, self.error = outcome, error

    def fail(self, step: str, error: Exception) -> None:
        """Set aside: the step could not judge this line."""
        self.drop(f"{ERROR}{step}", f"{type(error).__name__}: {error}")


def alive(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those that no gate has dropped yet."""
    return [candidate for candidate in candidates if candidate.outcome == KEPT]


def drop_bad_output(candidate: Candidate, hypothesis: Hypothesis) -> None:
    """The gates that look at an output alone."""
    if not hypothesis.text.strip():
        candidate.drop("empty")
    elif not hypothesis.finished:
        candidate.drop("unfinished")


def spread(candidate: Candidate, translation: Translation) -> list[tuple[Candidate, Hypothesis | None]]:
    """A candidate for each hypothesis; the one given, dropped, where there is none."""
    if translation.error is not None:
        candidate.drop("too_long", translation.error)
        return [(candidate, None)]
    seen: set[str] = set()
    found: list[tuple[Candidate, Hypothesis | None]] = []
    for rank, hypothesis in enumerate(translation.hypotheses):
        made = Candidate(candidate.line, rank, candidate.original, dict(candidate.texts), scores=dict(candidate.scores))
        drop_bad_output(made, hypothesis)
        if made.outcome == KEPT and hypothesis.text in seen:
            made.drop("repeated")
        seen.add(hypothesis.text)
        found.append((made, hypothesis))
    return found


def gate(
    candidates: Sequence[Candidate], name: str, measure: Callable[[Candidate], float], accept: Callable[[float], bool]
) -> None:
    """Measure what is alive, one by one; a line that cannot be measured is set aside with its error."""
    for candidate in alive(candidates):
        try:
            value = measure(candidate)
        except Exception as error:
            candidate.fail(name, error)
            continue
        candidate.scores[name] = value
        if not accept(value):
            candidate.drop(name)


def apply_filters(candidates: Sequence[Candidate], filters: Sequence[Filter]) -> None:
    """Cleaning filters on the pairs that are alive; the first that refuses one is its outcome."""
    for rule in filters:
        for candidate in alive(candidates):
            try:
                scores = rule.score(candidate.texts)
                accepted = rule.accept(scores)
            except Exception as error:
                candidate.fail(rule.name, error)
                continue
            candidate.scores |= {f"{rule.name}.{measure}": float(value) for measure, value in scores.items()}
            if not accepted:
                candidate.drop(rule.name)


def example(candidate: Candidate, characters: int = 500) -> dict[str, Any]:
    """A candidate as synthesize.json shows it."""

    def short(text: str) -> str:
        return text if len(text) <= characters else f"{text[:characters]}…"

    shown: dict[str, Any] = {"line": candidate.line, "original": short(candidate.original)}
    if candidate.texts:
        shown["texts"] = {code: short(text) for code, text in candidate.texts.items()}
    if candidate.scores:
        shown["scores"] = {name: round(value, 4) for name, value in candidate.scores.items()}
    if candidate.error:
        shown["error"] = candidate.error
    return shown

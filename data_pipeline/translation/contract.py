"""What every translation engine does: the search it is asked for, and what it gives back per line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from vega.directions import Direction
from vega.errors import UserError


@dataclass(frozen=True)
class Search:
    """How outputs are found.

    "beam" keeps the `beam` best prefixes; "sampling" draws each token from the model's distribution, sharpened or
    flattened by `temperature`, out of the `top_k` likeliest (0 = all). `n_best` outputs per line; their scores are
    divided by tokens^`length_penalty`. The longest output has `max_len_a * source tokens + max_len_b` tokens, counted
    for the longest line of a batch as in fairseq; a batch has at most `max_tokens` source tokens, padding counted.
    """

    method: Literal["beam", "sampling"] = "beam"
    beam: int = 5
    top_k: int = 0
    temperature: float = 1.0
    n_best: int = 1
    length_penalty: float = 1.0
    max_len_a: float = 1.5
    max_len_b: int = 20
    max_tokens: int = 4096
    seed: int = 1

    def __post_init__(self) -> None:
        if self.method == "beam" and self.n_best > self.beam:
            raise UserError(f"A beam of {self.beam} has no {self.n_best} best outputs. Widen beam, or lower n_best.")
        if min(self.beam, self.n_best, self.max_tokens) < 1 or self.top_k < 0 or self.temperature <= 0:
            raise UserError("beam, n_best and max_tokens must be 1 or more, top_k 0 or more, temperature above 0.")


class Hypothesis(NamedTuple):
    """One output: its text, log-probability (nats, divided by tokens^length_penalty), tokens with end of sentence.

    `finished` is False where the output reached the length limit before the model ended it.
    """

    text: str
    score: float
    tokens: int
    finished: bool


class Translation(NamedTuple):
    """What became of a line: the best hypothesis first, or none and the reason; its tokens with tag and end."""

    hypotheses: list[Hypothesis]
    source_tokens: int
    error: str | None = None


class Engine(Protocol):
    """What translates."""

    def __call__(self, texts: Sequence[str], direction: Direction, search: Search) -> list[Translation]:
        """One translation per text, in order. An empty text has one empty hypothesis of score 0."""
        ...

    def score(self, pairs: Sequence[tuple[str, str]], direction: Direction, max_tokens: int) -> list[float | None]:
        """What the model gives the second text of each pair when it reads the first: nats per token with its end.

        None where a side is too long; `max_tokens` as in Search, of the longer side.
        """
        ...

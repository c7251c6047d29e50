"""Checkpoints as something that translates lines of text: the reference engine, fairseq's own beam search."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from fairseq import utils
from numpy.typing import NDArray

from fairseq_plugins.data.batching import BatchLimits
from fairseq_plugins.forced_scores import ForcedScorer, encoded_sources, padded, reads_right_to_left
from fairseq_plugins.loading import load
from fairseq_plugins.sampling import KeyedSampling, Sampling
from vega.checkpoints.sources import Weights
from vega.directions import Direction
from vega.errors import UserError
from vega.ops.counter_random import row_hashes
from vega.vocabulary import Vocabulary


@dataclass(frozen=True)
class Search:
    """Beam search settings; the longest output has `max_len_a * source tokens + max_len_b` tokens."""

    beam: int = 5
    length_penalty: float = 1.0
    max_len_a: float = 1.5
    max_len_b: int = 20
    max_tokens: int = 4096


class Candidate(NamedTuple):
    """An output of one line.

    `score` is what beam search sorts by: `log_probability`, in nats and with that of the end of sentence, divided by
    (tokens + 1) ** length_penalty. `tokens` are symbol numbers in the order of the text, without tag and end.
    """

    text: str
    score: float
    log_probability: float
    tokens: list[int]


class FairseqTranslator:
    """Loads checkpoints of `vega_multidirectional` once, and translates in any of their directions.

    Of several models the probabilities of each next token are averaged: an ensemble, of one vocabulary.
    """

    def __init__(
        self, checkpoints: Sequence[Weights], data: Path, search: Search, untrained_seed: int | None = None
    ) -> None:
        """`data` is the binarized folder; with `untrained_seed`, fresh random weights replace the trained ones."""
        self.search = search
        self.vocabulary = Vocabulary.load(data)
        if untrained_seed is not None:
            utils.set_torch_seed(untrained_seed)
        loaded = [load(weights, data, trained=untrained_seed is None) for weights in checkpoints]
        self.task = loaded[0].task
        #: Whether the models write the last token first.
        self.right_to_left = reads_right_to_left(self.task)
        for weights, each in zip(checkpoints, loaded, strict=True):
            if reads_right_to_left(each.task) != self.right_to_left:
                raise UserError(
                    f"{checkpoints[0].path} and {weights.path} write in opposite orders (right_to_left): they cannot "
                    "be one ensemble. Use the second for reranking."
                )
        self.models = [each.model for each in loaded]
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        for model in self.models:
            model.to(self.device).make_generation_fast_(need_attn=False)
        self.generator = self._generator(search.beam)

    def scorer(self) -> ForcedScorer:
        """The same models, which tell how probable given outputs are."""
        return ForcedScorer(self.models, self.task, self.vocabulary, self.search.max_tokens)

    def translate(self, lines: list[str], direction: Direction) -> list[str]:
        """One output line per input line, in order; an empty line stays empty."""
        outputs = [""] * len(lines)
        for line, found in self._searched(lines, direction, self.generator):
            outputs[line] = self._text(self._in_order(found[0]))
        return outputs

    def candidates(
        self, lines: list[str], direction: Direction, *, n_best: int = 0, sampling: Sampling | None = None
    ) -> list[list[Candidate]]:
        """What the beam holds at its end, best first; or, with `sampling`, so many outputs drawn from the model.

        `n_best` is another size of the beam. An empty line has one candidate, the empty text. Equal texts may come more
        than once. Samples of a line depend on the models, the line and `sampling`, not on other lines or their order.
        """
        if sampling is not None:
            generator = self._generator(sampling.count, sampling.temperature)
            generator.search = KeyedSampling(self.task.dictionary, sampling)
        else:
            generator = self._generator(n_best) if n_best else self.generator
        outputs = [[Candidate("", 0.0, 0.0, [])] for _ in lines]
        for line, found in self._searched(lines, direction, generator):
            outputs[line] = [self._candidate(each) for each in found]
        return outputs

    def _candidate(self, hypothesis: dict[str, Any]) -> Candidate:
        tokens = self._in_order(hypothesis)
        log_probability = float(hypothesis["positional_scores"].double().sum())
        return Candidate(self._text(tokens), float(hypothesis["score"]), log_probability, tokens)

    def _text(self, tokens: list[int]) -> str:
        """On one line: a vocabulary of bytes has line breaks too, and samples find them."""
        return self.vocabulary.decode(tokens).replace("\n", " ").replace("\r", " ")

    def _in_order(self, hypothesis: dict[str, Any]) -> list[int]:
        """Its tokens as they stand in the text, without the end of sentence."""
        tokens: list[int] = hypothesis["tokens"][:-1].tolist()
        return tokens[::-1] if self.right_to_left else tokens

    def _generator(self, beam: int, temperature: float = 1.0) -> Any:
        search = self.search
        return self.task.build_generator(
            self.models,
            Namespace(
                beam=beam,
                lenpen=search.length_penalty,
                max_len_a=search.max_len_a,
                max_len_b=search.max_len_b,
                temperature=temperature,
            ),
        )

    def _searched(
        self, lines: list[str], direction: Direction, generator: Any
    ) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """The number of each line that is not empty, and fairseq's hypotheses, the best first."""
        first = self.task.tag(direction.target)
        encoded = encoded_sources(lines, direction.source, self.task, self.vocabulary)
        lengths = np.array([len(tokens) for tokens in encoded])
        self._check_lengths(lengths, lines)
        order = np.argsort(lengths, kind="stable")
        order = order[lengths[order] > 2]  # more than tag and end of sentence
        # As many outputs at once as with the beam that `max_tokens` is for, where one line alone has no more.
        budget = self.search.max_tokens * self.search.beam // generator.beam_size
        budget = min(self.search.max_tokens, max(budget, int(lengths.max(initial=1))))
        for batch in BatchLimits(budget, None).split(order, lengths[order]):
            found = self._search(generator, [encoded[i] for i in batch], first)
            yield from zip(batch.tolist(), found, strict=True)

    def _check_lengths(self, lengths: NDArray[np.int64], lines: list[str]) -> None:
        limit = min(self.search.max_tokens, *(model.max_positions()[0] for model in self.models))
        too_long = np.flatnonzero(lengths > limit)
        if too_long.size:
            worst = int(too_long[0])
            raise UserError(
                f"Line {worst + 1} has {lengths[worst]:,} tokens, the limit is {limit:,} "
                f"('{lines[worst][:40]}...'). Split it into sentences."
            )

    def _search(self, generator: Any, rows: list[list[int]], first: int) -> list[list[dict[str, Any]]]:
        """Hypotheses of each row, without tag, with the end of sentence."""
        pad = self.task.dictionary.pad()
        source = padded(rows, pad).to(self.device)
        lengths = torch.tensor([len(row) for row in rows], device=self.device)
        sample = {"net_input": {"src_tokens": source, "src_lengths": lengths}}
        if isinstance(generator.search, KeyedSampling):
            generator.search.keys = row_hashes(source, source != pad)
            generator.search.limits = (self.search.max_len_a * lengths + self.search.max_len_b).long()
        with torch.inference_mode():
            found: list[list[dict[str, Any]]] = generator.generate(self.models, sample, bos_token=first)
        return found

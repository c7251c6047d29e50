"""A checkpoint as something that translates lines of text: the reference engine, fairseq's own beam search."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fairseq import checkpoint_utils, tasks, utils

import fairseq_plugins  # noqa: F401  (registers tasks and models, allows fairseq's classes in checkpoints)
from fairseq_plugins.data.batching import BatchLimits
from vega.directions import Direction
from vega.errors import UserError
from vega.vocabulary import Vocabulary


@dataclass(frozen=True)
class Search:
    """Beam search settings; the longest output has `max_len_a * source tokens + max_len_b` tokens."""

    beam: int = 5
    length_penalty: float = 1.0
    max_len_a: float = 1.5
    max_len_b: int = 20
    max_tokens: int = 4096


class FairseqTranslator:
    """Loads a `vega_multidirectional` checkpoint once and translates in any of its directions."""

    def __init__(self, checkpoint: Path, data: Path, search: Search, untrained_seed: int | None = None) -> None:
        """`data` is the binarized folder; with `untrained_seed`, fresh random weights replace the trained ones."""
        if not checkpoint.exists():
            raise UserError(f"{checkpoint}: no such checkpoint. Train first, or name another one.")
        state = checkpoint_utils.load_checkpoint_to_cpu(str(checkpoint), arg_overrides={"data": str(data)})
        self.search = search
        self.vocabulary = Vocabulary.load(data)
        self.task = tasks.setup_task(state["cfg"].task)
        self._check_vocabulary(state["model"], checkpoint, data)
        if untrained_seed is not None:
            utils.set_torch_seed(untrained_seed)
        self.model = self.task.build_model(state["cfg"].model)
        if untrained_seed is None:
            self.model.load_state_dict(state["model"], strict=True, model_cfg=state["cfg"].model)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model.to(self.device).eval()
        self.model.prepare_for_inference_(state["cfg"])
        self.generator = self.task.build_generator(
            [self.model],
            Namespace(
                beam=search.beam, lenpen=search.length_penalty, max_len_a=search.max_len_a, max_len_b=search.max_len_b
            ),
        )

    def _check_vocabulary(self, model: dict[str, Any], checkpoint: Path, data: Path) -> None:
        rows = model["encoder.embed_tokens.weight"].shape[0]
        if rows != len(self.task.dictionary):
            raise UserError(
                f"{checkpoint} was trained with {rows:,} symbols, {data}/dict.txt has {len(self.task.dictionary):,}. "
                "Give the data folder it was trained with."
            )

    def translate(self, lines: list[str], direction: Direction) -> list[str]:
        """One output line per input line, in order; an empty line stays empty."""
        tag, first = self.task.tag(direction.source), self.task.tag(direction.target)
        encoded = [[tag, *self.vocabulary.encode(line, direction.source), self.task.dictionary.eos()] for line in lines]
        lengths = np.array([len(tokens) for tokens in encoded])
        self._check_lengths(lengths, lines)
        outputs = [""] * len(lines)
        order = np.argsort(lengths, kind="stable")
        order = order[lengths[order] > 2]  # more than tag and end of sentence
        for batch in BatchLimits(self.search.max_tokens, None).split(order, lengths[order]):
            for line, tokens in zip(batch, self._search([encoded[i] for i in batch], first), strict=True):
                outputs[line] = self.vocabulary.decode(tokens)
        return outputs

    def _check_lengths(self, lengths: np.ndarray, lines: list[str]) -> None:
        limit = min(self.model.max_positions()[0], self.search.max_tokens)
        too_long = np.flatnonzero(lengths > limit)
        if too_long.size:
            worst = int(too_long[0])
            raise UserError(
                f"Line {worst + 1} has {lengths[worst]:,} tokens, the limit is {limit:,} "
                f"('{lines[worst][:40]}...'). Split it into sentences."
            )

    def _search(self, rows: list[list[int]], first: int) -> list[list[int]]:
        """Token ids of the best hypothesis of each row, without tags and end of sentence."""
        width = max(map(len, rows))
        pad = self.task.dictionary.pad()
        source = torch.tensor([row + [pad] * (width - len(row)) for row in rows], device=self.device)
        lengths = torch.tensor([len(row) for row in rows], device=self.device)
        sample = {"net_input": {"src_tokens": source, "src_lengths": lengths}}
        with torch.inference_mode():
            found = self.generator.generate([self.model], sample, bos_token=first)
        return [hypotheses[0]["tokens"][:-1].tolist() for hypotheses in found]

"""The engine for much text: CTranslate2 on a model folder of `vega checkpoint export --to ctranslate2`.

fairseq's own search (`fairseq_plugins.translator`) is the reference that tests hold it against.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import ctranslate2

from data_pipeline.translation.batching import length_sorted_batches
from data_pipeline.translation.contract import Hypothesis, Search, Translation
from vega.directions import Direction
from vega.errors import UserError
from vega.vocabulary import EOS, PAD, SPECIAL_SYMBOLS, Vocabulary

#: What `auto` computes in, the first that the device can.
COMPUTE_TYPES = {"cpu": ("int8", "float32"), "cuda": ("bfloat16", "float16", "float32")}
_EMPTY = Hypothesis("", 0.0, 0, True)


@dataclass(frozen=True)
class EngineSettings:
    """A model folder and where it computes: device cpu, cuda or auto; compute type one of CTranslate2's or auto.

    `threads` are this process's on a CPU, each for a batch of its own; `gpus` on CUDA, a copy of the model on each.
    Neither changes an output.
    """

    model: Path
    device: str = "auto"
    compute_type: str = "auto"
    threads: int = 1
    gpus: int = 1


class CTranslate2Engine:
    """Loads a model once and translates in any of its directions; one call at a time in a process.

    The same texts, search and compute type give the same outputs, in any process on the same kind of machine. Sampling
    draws from one stream per call, seeded by `search.seed`, on one thread: other texts beside a line change what is
    drawn for it. Symbols that are no text (tags, <s>, <pad>) and <unk> are never put out.
    """

    def __init__(self, settings: EngineSettings) -> None:
        if not ctranslate2.contains_model(str(settings.model)):
            raise UserError(
                f"{settings.model}: no model of CTranslate2. Make one with `vega checkpoint export CHECKPOINT "
                f"{settings.model} --to ctranslate2 --data DATA`."
            )
        self.settings = settings
        self.vocabulary = Vocabulary.load(settings.model)
        limits = json.loads((settings.model / "config.json").read_text(encoding="utf-8"))
        try:
            self._max_source, self._max_target = limits["max_source_positions"], limits["max_target_positions"]
        except KeyError:
            raise UserError(f"{settings.model}/config.json: was not written by `vega checkpoint export`.") from None
        self.device = choose_device(settings.device)
        self.compute_type = choose_compute_type(self.device, settings.compute_type)
        self._never = [[SPECIAL_SYMBOLS[0]], [SPECIAL_SYMBOLS[PAD]], *([tag] for tag in self.vocabulary.tags)]
        self._kept: Any = None

    def __call__(self, texts: Sequence[str], direction: Direction, search: Search) -> list[Translation]:
        """See `contract.Engine`. A line longer than the model or a batch allows has an error and no hypotheses."""
        symbols = self.vocabulary.symbols
        source, target = map(self.vocabulary.tag_number, direction)
        rows = [[source, *self.vocabulary.encode(text, direction.source), EOS] for text in texts]
        limit = min(self._max_source, search.max_tokens)
        found = [Translation([_EMPTY] if len(row) <= 2 else [], len(row)) for row in rows]
        for line, row in enumerate(rows):
            if len(row) > limit:
                found[line] = Translation([], len(row), f"{len(row):,} tokens, the limit is {limit:,}")
        wanted = [line for line, row in enumerate(rows) if 2 < len(row) <= limit]
        batches = [
            [wanted[i] for i in batch]
            for batch in length_sorted_batches([len(rows[line]) for line in wanted], search.max_tokens)
        ]
        translator = self._translator(search)
        # Handed out before the first is awaited: the library's queue bounds how many are under way.
        running = [
            translator.translate_batch(
                [[symbols[number] for number in rows[line]] for line in batch],
                target_prefix=[[symbols[target]]] * len(batch),
                asynchronous=True,
                **self._options(search, len(rows[batch[0]])),
            )
            for batch in batches
        ]
        for batch, results in zip(batches, running, strict=True):
            for line, result in zip(batch, results, strict=True):
                found[line] = Translation(self._hypotheses(result.result()), len(rows[line]))
        return found

    def score(self, pairs: Sequence[tuple[str, str]], direction: Direction, max_tokens: int) -> list[float | None]:
        """See `contract.Engine`."""
        symbols = self.vocabulary.symbols
        source, target = map(self.vocabulary.tag_number, direction)
        rows = [
            (
                [source, *self.vocabulary.encode(given, direction.source), EOS],
                [target, *self.vocabulary.encode(wanted, direction.target)],
            )
            for given, wanted in pairs
        ]
        limits = [min(most, max_tokens) for most in (self._max_source, self._max_target)]
        found: list[float | None] = [None] * len(rows)
        wanted = [i for i, row in enumerate(rows) if all(map(_fits, row, limits))]
        batches = [
            [wanted[i] for i in batch]
            for batch in length_sorted_batches([max(map(len, rows[line])) for line in wanted], max_tokens)
        ]
        running = [
            self._parallel().score_batch(
                *([[symbols[number] for number in rows[line][side]] for line in batch] for side in (0, 1)),
                max_input_length=0,
                asynchronous=True,
            )
            for batch in batches
        ]
        for batch, results in zip(batches, running, strict=True):
            for line, result in zip(batch, results, strict=True):
                values = result.result().log_probs
                found[line] = sum(values) / len(values)
        return found

    def _translator(self, search: Search) -> Any:
        """Beam search keeps its translator. CTranslate2 seeds a thread's random numbers once, so that only a new
        translator begins them anew; and it has one thread for batches, which draws for them in their order."""
        if search.method == "beam":
            return self._parallel()
        self._kept = None  # two models would need twice the memory
        ctranslate2.set_random_seed(search.seed)
        return self._load(batches=1, gpus=1)

    def _parallel(self) -> Any:
        """The translator that is kept: on a CPU several batches at once are faster than several threads for one."""
        self._kept = self._kept or self._load(batches=self.settings.threads, gpus=self.settings.gpus)
        return self._kept

    def _load(self, *, batches: int, gpus: int) -> Any:
        cpu = self.device == "cpu"
        return ctranslate2.Translator(
            str(self.settings.model),
            device=self.device,
            device_index=0 if cpu else list(range(gpus)),
            compute_type=self.compute_type,
            inter_threads=batches if cpu else 1,
            intra_threads=1,
        )

    def _options(self, search: Search, longest: int) -> dict[str, Any]:
        """The search in CTranslate2's words, for a batch whose longest source has `longest` tokens."""
        sampling = search.method == "sampling"
        # As in fairseq: that many tokens, and the end of the sentence.
        most = min(int(search.max_len_a * longest + search.max_len_b), self._max_target - 1) + 1
        return {
            "beam_size": 1 if sampling else search.beam,
            "sampling_topk": search.top_k if sampling else 1,
            "sampling_temperature": search.temperature if sampling else 1.0,
            "num_hypotheses": search.n_best,
            "length_penalty": search.length_penalty,
            "max_decoding_length": most,
            "max_input_length": 0,
            "disable_unk": True,
            "suppress_sequences": self._never,
            "return_scores": True,
            "return_end_token": True,
        }

    def _hypotheses(self, result: Any) -> list[Hypothesis]:
        end, numbers = self.vocabulary.symbols[EOS], self.vocabulary.numbers
        return [
            Hypothesis(
                self.vocabulary.decode(numbers[token] for token in tokens), score, len(tokens), tokens[-1:] == [end]
            )
            for tokens, score in zip(result.hypotheses, result.scores, strict=True)
        ]


def _fits(row: Sequence[int], most: int) -> bool:
    return len(row) <= most


@lru_cache(maxsize=1)
def load_engine(settings: EngineSettings) -> CTranslate2Engine:
    """The engine, kept for the next shard of the same process."""
    return CTranslate2Engine(settings)


def choose_device(wanted: str) -> str:
    """`wanted`, or for auto cuda where there is a GPU."""
    return wanted if wanted != "auto" else "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def choose_compute_type(device: str, wanted: str) -> str:
    """A type that the device really computes in; CTranslate2 would silently take another."""
    try:
        known = ctranslate2.get_supported_compute_types(device)
    except (RuntimeError, ValueError) as error:
        raise UserError(f"Device {device} cannot be used: {error}.") from None
    if wanted == "auto":
        return next(name for name in COMPUTE_TYPES[device] if name in known)
    if wanted not in known:
        raise UserError(
            f"Compute type {wanted}: this {device} has {', '.join(sorted(known))}. Use auto, or one of them."
        )
    return wanted

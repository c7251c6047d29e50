"""Training text as an endless planned stream: what all of our tasks share.

A task says which texts it reads, and as what; plan, batches, records and steps are here. fairseq saves and restores the
place in the stream with the iterator.
"""

import logging
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from fairseq.data import Dictionary, FairseqDataset, iterators
from fairseq.dataclass import FairseqDataclass
from fairseq.logging import metrics
from fairseq.tasks import FairseqTask
from omegaconf import II

from fairseq_plugins.data.batching import BatchBudgets, BatchLimits, batches_of_one_pass, single_direction_batches
from fairseq_plugins.data.bitext import DrawnNoise, MultidirectionalDataset
from fairseq_plugins.data.block_iterator import BlockBatches, BlockBatchIterator, Mixture
from fairseq_plugins.data.folder import DataFolder
from fairseq_plugins.data.planning import phases_of, plan_phases
from vega.errors import UserError
from vega.languages import language
from vega.settings import TrainingPhase

logger = logging.getLogger(__name__)


@dataclass
class TextStreamsConfig(FairseqDataclass):
    data: str = field(default="", metadata={"help": "folder written by `vega binarize`"})
    sampling_temperature: float = field(
        default=5.0, metadata={"help": "sample texts with p ~ n^(1/T); 1 = by size, larger = more even"}
    )
    sampling_weights: str = field(default="", metadata={"help": "explicit weights instead, as JSON; others get 0"})
    phases: str = field(default="", metadata={"help": "phases of training, as a JSON list"})
    block_sentences: int = field(
        default=16384,
        metadata={"help": "sentences drawn, sorted by length and batched together; more = less padding"},
    )
    epoch_batches: int = field(
        default=0, metadata={"help": "batches of one epoch, all processes together; 0 = about one pass over the text"}
    )
    max_source_positions: int = field(default=1024, metadata={"help": "longest source in tokens, the tag counted"})
    max_target_positions: int = field(default=1024, metadata={"help": "longest target in tokens"})
    unchecked_data: bool = field(
        default=False,
        metadata={"help": "train even where no report of `vega leakage` covers the training text"},
    )
    train_subset: str = II("dataset.train_subset")
    seed: int = II("common.seed")


class TextStreamsTask(FairseqTask):
    """A task on folders of `vega binarize`; datasets are `MultidirectionalDataset`s."""

    cfg: TextStreamsConfig
    #: Over all processes; our trainer sets it. An epoch holds whole updates, however many processes share them.
    batches_per_update = 1
    #: Tokens of a training batch by length; `--fit-batches` sets them.
    batch_budgets: BatchBudgets = ()

    def __init__(self, cfg: TextStreamsConfig, dictionary: Dictionary) -> None:
        super().__init__(cfg)
        self.dictionary = dictionary
        self.folder = DataFolder(Path(cfg.data))
        #: Target tokens planned and consumed per stream; part of every checkpoint.
        self.mixture = Mixture()
        self._train_iterator: BlockBatchIterator | None = None
        self._update = 0  # the one in progress
        self._phase_said = -1

    @classmethod
    def setup_task(cls, cfg: TextStreamsConfig, **_: Any) -> Self:
        path = Path(cfg.data) / "dict.txt"
        if not path.exists():
            raise UserError(f"{path}: no such file. DATA must be a folder written by `vega binarize`.")
        dictionary = Dictionary.load(str(path))
        logger.info(f"dictionary: {len(dictionary)} symbols")
        return cls(cfg, dictionary)

    # What a task says

    @property
    def groups(self) -> Sequence[str]:
        """What validation is reported for: directions, or languages."""
        raise NotImplementedError

    def noise(self, dataset: MultidirectionalDataset, phases: list[TrainingPhase], seed: int) -> DrawnNoise | None:
        """What makes noised lines of training text; None where no phase has any."""
        raise NotImplementedError

    def first_symbol(self, sample: dict[str, Any]) -> int:
        """What decoding of a batch begins with."""
        raise NotImplementedError

    # Symbols

    def tag(self, code: str) -> int:
        """The dictionary entry of a language's tag."""
        index = self.dictionary.index(language(code).tag)
        if index == self.dictionary.unk():
            raise UserError(f"The vocabulary has no tag for '{code}': {self.cfg.data}/dict.txt was made without it.")
        return index

    def data_tag(self, name: str) -> int:
        """The dictionary entry of a reserved tag, as `bt`."""
        index = self.dictionary.index(f"__{name}__")
        if index == self.dictionary.unk():
            raise UserError(f"{self.cfg.data}/dict.txt has no symbol __{name}__. Run `vega vocab` and binarize again.")
        return int(index)

    @property
    def source_dictionary(self) -> Dictionary:
        return self.dictionary

    @property
    def target_dictionary(self) -> Dictionary:
        return self.dictionary

    def max_positions(self) -> tuple[int, int]:
        return self.cfg.max_source_positions, self.cfg.max_target_positions

    # Data

    def get_batch_iterator(
        self,
        dataset: FairseqDataset,
        max_tokens: int | None = None,
        max_sentences: int | None = None,
        max_positions: Any = None,
        ignore_invalid_inputs: bool = False,
        required_batch_size_multiple: int = 1,
        seed: int = 1,
        num_shards: int = 1,
        shard_id: int = 0,
        num_workers: int = 0,
        epoch: int = 1,
        data_buffer_size: int = 0,
        **options: Any,
    ) -> iterators.EpochBatchIterating:
        """The endless planned stream for training; every sentence once, in batches of one group, otherwise."""
        if not isinstance(dataset, MultidirectionalDataset):  # fairseq-interactive
            return super().get_batch_iterator(
                dataset, max_tokens, max_sentences, max_positions, ignore_invalid_inputs, 1, seed, num_shards,
                shard_id, num_workers, epoch, data_buffer_size, **options,
            )  # fmt: skip
        shards = {"num_shards": num_shards, "shard_id": shard_id, "num_workers": num_workers}
        limits = BatchLimits(max_tokens, max_sentences, required_batch_size_multiple)
        positions = max_positions[:2] if max_positions is not None else self.max_positions()
        if dataset is self.datasets.get(self.cfg.train_subset):
            if self._train_iterator is None:
                limits = replace(limits, budgets=self.batch_budgets)
                self._train_iterator = self._stream(dataset, limits, positions, seed, epoch, data_buffer_size, shards)
            return self._train_iterator
        batches = single_direction_batches(dataset, limits, positions, may_skip=ignore_invalid_inputs)
        return iterators.EpochBatchIterator(
            dataset=dataset,
            collate_fn=dataset.collater,
            batch_sampler=batches,
            seed=seed,
            epoch=epoch,
            buffer_size=data_buffer_size,
            disable_shuffling=True,
            **shards,
        )

    def _stream(
        self,
        dataset: MultidirectionalDataset,
        limits: BatchLimits,
        positions: tuple[int, int],
        seed: int,
        epoch: int,
        buffer_size: int,
        shards: dict[str, int],
    ) -> BlockBatchIterator:
        phases = phases_of(self.cfg)
        curriculum, self.mixture.plans = plan_phases(
            dataset, phases, self.cfg.block_sentences, seed, self.batches_per_update
        )
        dataset.noise = self.noise(dataset, phases, seed)
        epoch_batches = self.cfg.epoch_batches or batches_of_one_pass(dataset, limits)
        return BlockBatchIterator(
            BlockBatches(dataset, curriculum, limits, positions),
            -(-epoch_batches // self.batches_per_update) * self.batches_per_update,
            self.mixture,
            epoch=epoch,
            buffer_size=buffer_size,
            **shards,
        )

    def synthetic_batch(self, rows: int, source_length: int, target_length: int) -> dict[str, Any]:
        """A training batch of random symbols, all rows of these lengths (2 or more; tags counted).

        Only the last of several is a token shorter: a batch with padding takes memory for masks.
        """
        dataset = self.datasets[self.cfg.train_subset]
        symbols, eos = np.random.default_rng([rows, source_length, target_length]), self.dictionary.eos()

        def sentence(length: int) -> np.ndarray:
            return np.append(symbols.integers(self.dictionary.nspecial, len(self.dictionary), length - 1), eos)

        items = []
        for row in range(rows):
            less = int(row > 0 and row == rows - 1 and min(source_length, target_length) > 2)
            which = row % len(dataset.bitexts)
            tags = dataset.bitexts[which].source_tags[: max(1, source_length - 2)]
            source, target = sentence(source_length - len(tags) - less), sentence(target_length - less)
            items.append({"id": row, "bitext": which, "source": source, "target": target, "tags": tags})
        batch: dict[str, Any] = dataset.collater(items)
        return batch

    # Steps

    def train_step(
        self, sample: dict[str, Any], model: Any, criterion: Any, optimizer: Any, update_num: int, **kwargs: Any
    ) -> tuple[Any, Any, dict[str, Any]]:
        self._update = update_num + 1
        loss, sample_size, logged = super().train_step(sample, model, criterion, optimizer, update_num, **kwargs)
        bitexts = self.datasets[self.cfg.train_subset].bitexts
        for bitext, tokens in zip(bitexts, sample["stream_tokens"], strict=True):
            logged[f"tokens_{bitext.stream}"] = tokens
        return loss, sample_size, logged

    def valid_step(self, sample: dict[str, Any], model: Any, criterion: Any) -> tuple[Any, Any, dict[str, Any]]:
        loss, sample_size, logged = super().valid_step(sample, model, criterion)
        mine = sample["direction"]
        for name in self.groups:
            logged[f"nll_{name}"] = logged.get("nll_loss", logged["loss"]) if name == mine else 0.0
            logged[f"ntokens_{name}"] = logged["ntokens"] if name == mine else 0
        return loss, sample_size, logged

    # Records

    def inference_step(
        self, generator: Any, models: Any, sample: dict[str, Any], prefix_tokens: Any = None, constraints: Any = None
    ) -> Any:
        """Decoding begins with the target language's tag."""
        first = self.first_symbol(sample)
        with torch.no_grad():
            return generator.generate(
                models, sample, prefix_tokens=prefix_tokens, constraints=constraints, bos_token=first
            )

    def reduce_metrics(self, logging_outputs: list[dict[str, Any]], criterion: Any) -> None:
        """Adds the tokens really consumed, per stream, and the validation loss per direction or language."""
        super().reduce_metrics(logging_outputs, criterion)
        totals: Counter[str] = Counter()
        for logged in logging_outputs:
            for key, value in logged.items():
                if key.startswith(("tokens_", "nll_", "ntokens_")) and key != "nll_loss":
                    totals[key] += float(value)
        if any(key.startswith("tokens_") for key in totals):
            self._record_phase()
        for key, value in totals.items():
            if key.startswith("tokens_"):
                self.mixture.consumed[key.removeprefix("tokens_")] += int(value)
                metrics.log_scalar_sum(key, int(value), priority=900)
            elif key.startswith("nll_") and totals[f"ntokens_{key.removeprefix('nll_')}"]:
                tokens = totals[f"ntokens_{key.removeprefix('nll_')}"]
                metrics.log_scalar(key, value / tokens / math.log(2), tokens, priority=910, round=3)

    def _record_phase(self) -> None:
        """The phase of the last batch of an update: its number, from 1, in the records; a line when it is another."""
        if self._train_iterator is None or len(self._train_iterator.batches.curriculum.phases) == 1:
            return
        phases, place = self._train_iterator.batches.curriculum.phases, self._train_iterator.place_of_last
        metrics.log_scalar("phase", place.phase + 1, weight=0, priority=905)
        if place.phase != self._phase_said:
            self._phase_said = place.phase
            logger.info(
                f"update {self._update}: in phase {place.phase + 1} of {len(phases)}, {phases[place.phase].name}, "
                f"which began at block {place.begun[-1]}"
            )

    @staticmethod
    def logging_outputs_can_be_summed(criterion: Any) -> bool:
        return bool(criterion.__class__.logging_outputs_can_be_summed())

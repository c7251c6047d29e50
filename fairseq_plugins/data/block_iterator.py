"""The endless batch stream of training as fairseq's epoch iterator: seekable, the same for any number of processes.

An *epoch* is only a unit for reports: a fixed number of global batches, about one pass over the text. The position is
a `vega.curriculum.Place` (block, and where phases began) and a batch in that block; it is what a checkpoint stores, so
resuming plans one block and reads nothing else. Process r of W takes the global batches r, r + W, ...
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from fairseq.data.iterators import BufferedIterator, CountingIterator, EpochBatchIterating
from torch.utils.data import DataLoader

from fairseq_plugins.data.batching import BatchLimits
from fairseq_plugins.data.bitext import MultidirectionalDataset
from fairseq_plugins.data.mixing import added, shares
from vega.curriculum import Curriculum, Place
from vega.errors import UserError

logger = logging.getLogger(__name__)

#: Blocks without a single usable sentence before we say so.
_MAX_EMPTY_BLOCKS = 100


class BlockBatches:
    """The batches of each block, in training order; global, not yet divided among processes."""

    def __init__(
        self,
        dataset: MultidirectionalDataset,
        curriculum: Curriculum,
        limits: BatchLimits,
        max_positions: tuple[int, int],
    ) -> None:
        self.dataset, self.curriculum, self.limits, self.max_positions = dataset, curriculum, limits, max_positions
        self._warned: set[str] = set()

    def block(self, place: Place) -> list[np.ndarray]:
        """Plan one block: draw, leave out what is too long, sort by length, cut, shuffle the batches."""
        indices, sources, targets = [], [], []
        for which, bitext in enumerate(self.dataset.bitexts):
            drawn, source, target = self._draw(place, which)
            fits = self._fits(source, target)
            self._warn(bitext.stream, len(drawn) - int(fits.sum()), len(drawn))
            indices.append(drawn[fits])
            sources.append(source[fits])
            targets.append(target[fits])
        index, source, target = (np.concatenate(parts) for parts in (indices, sources, targets))
        order = np.lexsort((source, target))
        batches = self.limits.split(index[order], np.maximum(source, target)[order])
        rng = np.random.default_rng([self.curriculum.seed, place.block])
        return [batches[i] for i in rng.permutation(len(batches))]

    def _draw(self, place: Place, which: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What the block takes from a bitext: indices into the dataset, source and target lengths, or their bounds."""
        plan, noise = self.curriculum.plan(place), self.dataset.noise
        if noise is None or not noise.is_on(place.phase):
            rows = plan.rows(which, place.block)
            return self.dataset.starts[which] + rows, *self.dataset.lengths(which, rows)
        positions = plan.positions(which, place.block)
        rows, noised, source, target = noise.draw(place.phase, which, positions, self._fits)
        return np.where(noised < 0, self.dataset.starts[which] + rows, noised), source, target

    def _fits(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        short = (source <= self.max_positions[0]) & (target <= self.max_positions[1])
        return short & self.limits.admits(np.maximum(source, target))

    def _warn(self, stream: str, left_out: int, total: int) -> None:
        if left_out and stream not in self._warned:
            self._warned.add(stream)
            logger.warning(
                f"{stream}: {left_out} of {total} sentences of a block are too long for "
                f"{self.max_positions} positions or the token budget and are left out"
            )


@dataclass
class Mixture:
    """What training reads, by direction and source. Kept with the position in the text: fairseq saves a task's own
    state but does not restore it when training resumes."""

    #: Target tokens per sentence drawn, of each stream, phase after phase.
    plans: Sequence[dict[str, float]] = ()
    consumed: Counter[str] = field(default_factory=Counter)  # target tokens since the first update

    def planned(self, blocks: Sequence[int]) -> dict[str, float]:
        """Each stream's share of the target tokens, 0..1, after so many blocks of each phase."""
        return shares(added(self.plans[: len(blocks)], blocks[: len(self.plans)]))


class BlockBatchIterator(EpochBatchIterating):
    """fairseq's interface over `BlockBatches`, for one process."""

    def __init__(
        self,
        batches: BlockBatches,
        epoch_batches: int,
        mixture: Mixture,
        num_shards: int = 1,
        shard_id: int = 0,
        num_workers: int = 0,
        buffer_size: int = 0,
        epoch: int = 1,
    ) -> None:
        self.batches, self.mixture, self.num_shards, self.shard_id = batches, mixture, num_shards, shard_id
        self.num_workers, self.buffer_size = num_workers, min(buffer_size, 20)
        self.epoch = max(epoch, 1)
        #: Batches of this process in one epoch; global batches beyond the last full round do not exist.
        self.epoch_length = max(1, epoch_batches // num_shards)
        self._epoch_start = (Place(), 0)  # position of the epoch's first global batch
        self._resume_at = 0  # local batches of the epoch that are already done
        self._itr: CountingIterator | None = None
        self._upcoming = False  # _itr was made by load_state_dict, next_epoch_itr hands it out
        self._first: dict[str, Any] | None = None
        #: (global batches since the epoch's start, place) at block edges
        self._passed: list[tuple[int, Place]] = []

    def __len__(self) -> int:
        return self.epoch_length

    @property
    def first_batch(self) -> dict[str, Any]:
        """Any real batch: fairseq keeps it for processes that have none."""
        if self._first is None:
            _, indices = next(self._walk((Place(), 0), passed=[]))
            self._first = self.batches.dataset.collater(self.batches.dataset.__getitems__(indices.tolist()))
        return self._first

    @property
    def next_epoch_idx(self) -> int:
        return self.epoch + 1 if self._itr is not None and not self._upcoming and self.end_of_epoch() else self.epoch

    @property
    def iterations_in_epoch(self) -> int:
        return self._itr.n if self._itr is not None else self._resume_at

    @property
    def n(self) -> int:
        return self.iterations_in_epoch

    def end_of_epoch(self) -> bool:
        return self._itr is not None and not self._itr.has_next()

    def next_epoch_itr(
        self, shuffle: bool = True, fix_batches_to_gpus: bool = False, set_dataset_epoch: bool = True
    ) -> CountingIterator:
        """The batches of the next epoch; the order is the plan's, whatever `shuffle` says."""
        if self._upcoming and self._itr is not None:
            self._upcoming = False
            return self._itr
        if self._itr is not None and self.end_of_epoch():
            self._epoch_start = self._position()
            self.epoch += 1
        self._itr = self._make(self._epoch_start, done=0)
        return self._itr

    def _make(self, start: tuple[Place, int], done: int) -> CountingIterator:
        """Batches from global position `start` on; `done` local batches of the epoch lie before it."""
        self._passed = []
        remaining = self.epoch_length - done
        loader: Any = DataLoader(
            self.batches.dataset,
            collate_fn=self.batches.dataset.collater,
            batch_sampler=_Sized(self._local(start, done, remaining), remaining),
            num_workers=self.num_workers,
            pin_memory=torch.cuda.is_available(),
        )
        if self.buffer_size > 0:
            loader = BufferedIterator(self.buffer_size, loader)
        return CountingIterator(loader, start=done, total=self.epoch_length)

    def _local(self, start: tuple[Place, int], done: int, count: int) -> Iterator[list[int]]:
        walk = self._walk(start, self._passed, done * self.num_shards)
        for _ in range(count):
            group = [next(walk) for _ in range(self.num_shards)]
            yield group[self.shard_id][1].tolist()

    def _walk(
        self, start: tuple[Place, int], passed: list[tuple[int, Place]], number: int = 0
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Global batches with their number in the epoch, for ever; where blocks begin is noted in `passed`."""
        place, skip = start
        empty = 0
        while True:
            planned = self.batches.block(place)
            passed.append((number - skip, place))
            for batch in planned[skip:]:
                yield number, batch
                number += 1
            empty = 0 if planned else empty + 1
            if empty > _MAX_EMPTY_BLOCKS:
                raise UserError("No training sentence fits --max-tokens and --max-source/target-positions. Raise them.")
            place, skip = self.batches.curriculum.after(place, len(planned)), 0

    def _position(self, back: int = 0) -> tuple[Place, int]:
        """Block and batch in block of the first global batch that training has not consumed, or some before it."""
        wanted = self.iterations_in_epoch * self.num_shards - back
        for first, place in reversed(self._passed):
            if first <= wanted:
                return place, wanted - first
        return self._epoch_start

    @property
    def place_of_last(self) -> Place:
        """Where the last batch that was consumed came from."""
        return self._position(back=1)[0]

    def state_dict(self) -> dict[str, Any]:
        """Position of the next batch; independent of the number of processes."""
        ended = self.end_of_epoch()
        place, batch = self._position()
        done = 0 if ended else self.iterations_in_epoch
        return {
            "version": 2,
            "epoch": self.epoch + 1 if ended else self.epoch,
            "iterations_in_epoch": done,
            "shuffle": True,
            "global_batches_in_epoch": done * self.num_shards,
            "block": place.block,
            "batch_in_block": batch,
            "batches_in_phase": place.batches,
            "phases": self._phases(place),
            "planned_share": self.mixture.planned(place.blocks()),
            "consumed_target_tokens": dict(self.mixture.consumed),
        }

    def _phases(self, place: Place) -> dict[str, dict[str, Any]]:
        """The phases that have begun: their first blocks, and what each was to read."""
        return {
            phase.name: {
                "first_block": begin,
                "planned_share": self.mixture.planned([int(number == i) for i in range(number + 1)]),
            }
            for number, (phase, begin) in enumerate(zip(self.batches.curriculum.phases, place.begun, strict=False))
        }

    def _begun(self, state: dict[str, Any]) -> tuple[int, ...]:
        """Where the phases of a checkpoint began; UserError if it had others than ours."""
        ours = [phase.name for phase in self.batches.curriculum.phases]
        saved = state.get("phases", {"all": {"first_block": 0}})
        if list(saved) != ours[: len(saved)]:
            raise UserError(
                f"The checkpoint has had the phases {', '.join(saved)}, the curriculum is now {', '.join(ours)}. Give "
                "it as it was, or use --reset-dataloader to start the text from its beginning."
            )
        return tuple(phase["first_block"] for phase in saved.values())

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if "block" not in state_dict:
            raise UserError(
                "The checkpoint was written by another task and has no position in our batch order. "
                "Use --reset-dataloader to start the text from its beginning."
            )
        self.mixture.consumed = Counter(state_dict["consumed_target_tokens"])
        self.epoch = state_dict["epoch"]
        place = Place(state_dict["block"], self._begun(state_dict), state_dict.get("batches_in_phase", 0))
        position = (place, state_dict["batch_in_block"])
        self._resume_at = state_dict["global_batches_in_epoch"] // self.num_shards
        if self._resume_at >= self.epoch_length:  # more processes than before: the epoch is over
            self.epoch, self._resume_at = self.epoch + 1, 0
        if self._resume_at == 0:
            self._epoch_start, self._itr, self._upcoming = position, None, False
            return
        self._epoch_start = position
        self._itr, self._upcoming = self._make(position, self._resume_at), True


class _Sized:
    """An iterator with the length DataLoader wants to know."""

    def __init__(self, items: Iterator[list[int]], length: int) -> None:
        self._items, self._length = items, length

    def __iter__(self) -> Iterator[list[int]]:
        return self._items

    def __len__(self) -> int:
        return self._length

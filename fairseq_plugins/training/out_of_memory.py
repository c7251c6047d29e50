"""When a batch does not fit: all processes agree, it is split, the update is done again, training goes on.

The batches of an update are run as a whole before fairseq sees any result. A process that runs out of memory splits the
batch and, alone or where gradients are reduced at the end (`legacy_ddp`), starts its share of the update again. With
sharded parameters the others wait inside the very pass that has failed: the process finishes it with one sentence,
taking part only in the collectives that are still to come, and then all do the update again with equally many pieces.
A sentence that does not fit even alone is left out; its number is in the log. `pytorch_ddp` reduces during backward
and cannot be retried.
"""

from __future__ import annotations

import gc
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import torch

from fairseq_plugins.training.seeding import batch_seed, seed_everything
from vega.errors import UserError

logger = logging.getLogger(__name__)

#: Loss, sample size, what is logged: what a task's `train_step` gives.
Result = tuple[Any, Any, dict[str, Any]]
Batch = dict[str, Any]


def is_out_of_memory(error: BaseException) -> bool:
    """On a GPU, or on the host where the system refuses memory."""
    words = ("out of memory", "can't allocate memory")
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(word in str(error) for word in words)
    )


def split(dataset: Any, batch: Batch) -> list[Batch]:
    """Two batches of half the sentences each; none if it has only one. By the dataset, which knows how to collate."""
    ids = batch["id"].tolist()
    half = (len(ids) + 1) // 2
    return [] if len(ids) == 1 else [collate(dataset, part) for part in (ids[:half], ids[half:])]


def collate(dataset: Any, ids: Sequence[int]) -> Batch:
    """The batch of these sentences."""
    batch: Batch = dataset.collater([dataset[i] for i in ids])
    if sorted(batch["id"].tolist()) != sorted(ids):
        raise UserError(
            "This dataset numbers its sentences in its own way, so no batch can be split. Lower --max-tokens."
        )
    return batch


def merged(results: Sequence[Result]) -> Result:
    """The result of a batch from those of its pieces: everything that is logged is a sum."""
    if len(results) == 1:
        return results[0]
    totals: Counter[str] = Counter()
    for _, _, logged in results:
        for key, value in logged.items():
            totals[key] += value
    return sum(r[0] for r in results), sum(r[1] for r in results), dict(totals)


class UpdateRunner:
    """In the place of the task's `train_step` for one update: fairseq calls it once per batch, in their order."""

    def __init__(self, trainer: Any, step: Callable[..., Result], samples: Sequence[Any], wish: int) -> None:
        self._trainer, self._step, self._samples = trainer, step, samples
        #: The largest that any process wished, when the last batch has been run: a signal to stop.
        self.wish = wish
        backend, several = trainer.cfg.distributed_training.ddp_backend, trainer.data_parallel_world_size > 1
        self._may_retry = not (several and backend == "pytorch_ddp")
        #: Whether other processes wait inside the passes of this one.
        self._joint = trainer.sharded and several
        self._results: list[Result] = []
        self._taken = 0
        self._smallest: Batch | None = None
        self._pieces: list[list[Batch]] = [[sample] if sample else [] for sample in samples]
        self._counts = [1] * len(samples)
        #: What the batch being run was seeded with.
        self.seed = 0
        #: That the first passes took.
        self.seconds = 0.0
        self._began = time.perf_counter()

    def __call__(self, sample: Any, ignore_grad: bool = False, **given: Any) -> Result:
        """The result of the next batch. `given` is the same in all calls."""
        self._given = given
        if not self._may_retry:
            self._results.append(self._run_piece(self._taken, 0, sample or None))
        elif not self._results:
            self._results = self._run_all()
        self._taken += 1
        self.seconds = time.perf_counter() - self._began
        if self._taken == len(self._samples) and not self._may_retry:
            (self.wish,) = self._trainer.agreement.largest([self.wish])
        return self._results[self._taken - 1]

    def again(self) -> None:
        """Run all batches once more, as they were split and seeded; for their gradient alone."""
        if self._may_retry:
            self._run_all()
            return
        for index, sample in enumerate(self._samples):
            with self._trainer.model.no_sync() if index + 1 < len(self._samples) else nullcontext():
                self._run_piece(index, 0, sample or None)

    def run_groups(self, count: int, after: Callable[[], None]) -> None:
        """Run each batch as `count` groups of its sentences; `after` each, the gradient is that of the group alone."""
        for index, sample in enumerate(self._samples):
            ids = sample["id"].tolist() if sample else []
            for number in range(count):
                part = ids[number::count]
                self._trainer.zero_grad()
                self._run_piece(index, number, collate(self._trainer.training_set, part) if part else None)
                after()

    def _run_all(self) -> list[Result]:
        """One result per batch of the update, however often it takes."""
        while True:
            results, failed = self._attempt()
            for index, number in reversed(failed):
                self._pieces[index][number : number + 1] = self._halves(self._pieces[index][number])
            counts = self._counts = [max(1, len(parts)) for parts in self._pieces]
            if not failed or self._joint:
                *agreed, trouble, wish = self._trainer.agreement.largest([*counts, len(failed), self.wish])
                if not trouble:
                    self.wish = wish
                    return [merged(parts) for parts in results]
                self._counts = agreed
            self._trainer.zero_grad()
            self._free()

    def _attempt(self) -> tuple[list[list[Result]], list[tuple[int, int]]]:
        """Results per batch and piece, and the pieces that did not fit; alone, the first of them is the end."""
        results: list[list[Result]] = [[] for _ in self._pieces]
        failed = []
        for index, parts in enumerate(self._pieces):
            for number in range(self._counts[index]):
                result = self._run_piece(index, number, parts[number] if number < len(parts) else None)
                if result is not None:
                    results[index].append(result)
                else:
                    failed.append((index, number))
                    if not self._joint:
                        return results, failed
        return results, failed

    def _run_piece(self, index: int, number: int, piece: Batch | None) -> Result | None:
        """A forward and backward pass; None where memory did not suffice. Without a piece, one that counts nothing."""
        trainer = self._trainer
        batch = index * trainer.data_parallel_world_size + trainer.data_parallel_rank
        self.seed = batch_seed(trainer.cfg.common.seed, trainer.get_num_updates(), batch, number)
        seed_everything(self.seed)
        trainer.collectives.begin_pass()
        is_filler = piece is None and (number > 0 or bool(self._samples[index]))
        try:
            sample, is_dummy = trainer.to_device(self._filler() if is_filler else piece)
            result = self._step(sample=sample, ignore_grad=is_dummy or is_filler, **self._given)
            return _weightless(result) if is_filler else result
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self._report(error, piece)
        # Outside the handler: the error holds on to all tensors of the failed pass.
        self._recover()
        return None

    def fits(self, batch: Batch, smallest: Batch, **given: Any) -> bool:
        """Whether memory suffices for a pass over a batch, which need not be of the text, on this process.

        Where it does not, `smallest` finishes the pass for the others. With `pytorch_ddp` call it under `no_sync`.
        """
        trainer, self._given, self._smallest = self._trainer, given, smallest
        trainer.collectives.begin_pass()
        try:
            sample, _ = trainer.to_device(batch)
            self._step(sample=sample, ignore_grad=False, **given)
            return True
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        self._recover()
        return False

    def _recover(self) -> None:
        """What is left of a failed pass goes, but for what others wait for."""
        self._free()
        if self._joint:
            self._finish_pass()

    def _report(self, error: BaseException, piece: Batch | None) -> None:
        trainer = self._trainer
        obstacle = self._obstacle(piece)
        if obstacle:
            raise UserError(f"Out of memory, and {obstacle}. Or lower --max-tokens. ({error})") from None
        logger.warning(
            f"out of memory in update {trainer.get_num_updates() + 1} on process {trainer.data_parallel_rank}; "
            f"tried again in pieces: {piece['id'].tolist()}"
        )
        if trainer.cuda:
            logger.warning(torch.cuda.memory_summary(trainer.device, abbreviated=True))

    def _obstacle(self, piece: Batch | None) -> str:
        """Why the batch cannot be tried again in pieces."""
        if not self._may_retry:
            return "with pytorch_ddp the other processes cannot wait: use --ddp-backend legacy_ddp or vega_fsdp"
        if piece is None:
            return "that on a filler batch: shard the model, or recompute activations"
        if not self._trainer.task.logging_outputs_can_be_summed(self._trainer.get_criterion()):
            return "this criterion's records cannot be added up over pieces of a batch"
        return ""

    def _filler(self) -> Batch:
        """The smallest batch there is."""
        if self._smallest is not None:
            return self._smallest
        some = self._trainer.train_iterator.first_batch
        shortest = int(some["net_input"]["src_lengths"].argmin())
        return collate(self._trainer.training_set, [int(some["id"][shortest])])

    def _halves(self, piece: Batch) -> list[Batch]:
        halves = split(self._trainer.training_set, piece)
        if not halves:
            logger.error(f"sentence {piece['id'].tolist()} does not fit into memory even alone and is left out")
        return halves

    def _finish_pass(self) -> None:
        """Take part in what is left of the failed pass, for the others' sake; with the smallest batch."""
        trainer = self._trainer
        with trainer.collectives.only_those_to_come():
            sample, _ = trainer.to_device(self._filler())
            self._step(sample=sample, ignore_grad=True, **self._given)
        trainer.model.reset_iter_state()

    def _free(self) -> None:
        """Whatever the failed pass has left."""
        if self._trainer.sharded:
            self._trainer.model.zero_grad()  # gathered parameters keep gradients that nobody will scatter
            self._trainer.model.reset_iter_state()
        gc.collect()
        if self._trainer.cuda:
            torch.cuda.empty_cache()


def _weightless(result: Result) -> Result:
    """A filler where others have more pieces: nothing in the sums."""
    return result[0] * 0, 0, {key: value * 0 for key, value in result[2].items()}

"""What must hold of a training run that was killed again and again: pure functions over what its processes recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

#: Nats per token that rounding may move a loss: another number of processes adds in another order.
TOLERANCE = 2e-5

FINISHED, STOPPED, KILLED = "finished", "stopped", "killed"

#: A line of `tests.fairseq_plugins.recording`: update, loss, and the sentence ids of each batch.
Line = Mapping[str, Any]
#: The lines of an uninterrupted run on one process, by update.
Reference = Mapping[int, Line]


@dataclass(frozen=True)
class Start:
    """Training from its start to its end, however it came."""

    number: int
    lines: Sequence[Sequence[Line]]  #: of each process, in order
    before: int  #: update of the newest checkpoint when it started, 0 = none
    after: int  #: and when its last process had ended
    end: str  #: FINISHED, STOPPED or KILLED

    @property
    def processes(self) -> int:
        return len(self.lines)

    @property
    def last(self) -> int:
        """The last update that some process has done; the checkpoint's if there was none."""
        return max((line["update"] for lines in self.lines for line in lines), default=self.before)


def violations(reference: Reference, starts: Sequence[Start], most_lost: int) -> Iterator[str]:
    """One sentence for each law that the starts of one run break.

    `most_lost`: updates that a kill may undo. The run must have come to the reference's last update.
    """
    for start in starts:
        yield from _wrong_updates(start)
        yield from _wrong_batches(reference, start)
        yield from _lost_too_much(start, most_lost)
    for one, two in pairwise(starts):
        if one.after != two.before:
            yield f"start {two.number}: from update {two.before}, but start {one.number} left {one.after}"
    yield from _wrong_lineage(reference, starts)


def _wrong_updates(start: Start) -> Iterator[str]:
    """Each process goes on from the checkpoint, one update after the other; all together."""
    for rank, lines in enumerate(start.lines):
        done = [line["update"] for line in lines]
        if done != list(range(start.before + 1, start.before + 1 + len(done))):
            yield f"start {start.number}, process {rank}: from checkpoint {start.before}, updates {done}"
    counts = [len(lines) for lines in start.lines]
    allowed = 1 if start.end == KILLED else 0  # one process writes its line a moment before the other
    if max(counts) - min(counts) > allowed:
        yield f"start {start.number}, {start.end}: its processes have done {counts} updates"


def _wrong_batches(reference: Reference, start: Start) -> Iterator[str]:
    """Also an update that a kill has undone had the batches and the loss of the uninterrupted run."""
    for rank, lines in enumerate(start.lines):
        for line in lines:
            where = f"start {start.number}, process {rank}, update {line['update']}"
            expected = reference.get(line["update"])
            if expected is None:
                yield f"{where}: beyond the last"
            elif line["ids"] != expected["ids"][rank :: start.processes]:
                yield f"{where}: not the sentences of the uninterrupted run"
            elif not abs(line["loss"] - expected["loss"]) <= TOLERANCE:  # not a number is wrong too
                yield f"{where}: loss {line['loss']:.6f}, uninterrupted {expected['loss']:.6f}"


def _lost_too_much(start: Start, most_lost: int) -> Iterator[str]:
    lost = start.last - start.after
    if start.after < start.before:
        yield f"start {start.number}: the newest checkpoint went back from {start.before} to {start.after}"
    if lost < 0:
        yield f"start {start.number}: checkpoint of update {start.after}, but {start.last} was the last done"
    if lost > (most_lost if start.end == KILLED else 0):
        yield f"start {start.number}, {start.end}: {lost} updates lost ({start.after} of {start.last} kept)"


def surviving(start: Start) -> list[int]:
    """Updates that are in the model that training went on from. One process's line is enough: a process that is killed
    between an update and its line has taken part, as the loss shows, which is the sum over all processes."""
    return sorted({line["update"] for lines in start.lines for line in lines if line["update"] <= start.after})


def _wrong_lineage(reference: Reference, starts: Sequence[Start]) -> Iterator[str]:
    """Every update of the uninterrupted run, once, in order; what its batches were `_wrong_batches` has compared."""
    trained = [(update, start.number) for start in starts for update in surviving(start)]
    updates, expected = [update for update, _ in trained], sorted(reference)
    for update in sorted(set(expected) - set(updates)):
        yield f"update {update} is lost: no checkpoint has it"
    for update, times in Counter(updates).items():
        if times > 1:
            yield f"update {update} is in the model {times} times: starts {[n for u, n in trained if u == update]}"
    if len(updates) == len(set(updates)) and updates != sorted(updates):
        yield f"the updates are out of order: {updates}"


def figures(reference: Reference, starts: Sequence[Start]) -> dict[str, float]:
    """What happened, as numbers that add up over runs (`largest_loss_difference` is a maximum)."""
    done = [sorted({line["update"] for lines in start.lines for line in lines}) for start in starts]
    lines = [line for start in starts for process in start.lines for line in process if line["update"] in reference]
    return {
        "starts": len(starts),
        "updates_executed": sum(map(len, done)),
        "updates_in_lineage": sum(len(surviving(start)) for start in starts),
        "sentences_in_lineage": sum(
            len(batch) for start in starts for update in surviving(start) for batch in reference[update]["ids"]
        ),
        "most_updates_lost": max((start.last - start.after for start in starts), default=0),
        "largest_loss_difference": max(
            (abs(line["loss"] - reference[line["update"]]["loss"]) for line in lines), default=0.0
        ),
    }

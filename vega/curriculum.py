"""Training in phases, each with its own mixture: "clean text for two epochs, then all" (after OpusTrainer).

Only a block's border ends a phase. Streams go on in a new phase where they were, so no sentence comes twice before all
of its stream have come. Where a phase ends is a closed formula if it lasts so many epochs, and a count of batches,
which all processes share, if it lasts so many updates. What a checkpoint needs is a `Place`: a few numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vega.sampling import SamplingPlan, Stream


@dataclass(frozen=True)
class Phase:
    """A part of training. It lasts until `sentences` of the streams `of` (indices), or `batches`; or for ever."""

    name: str
    weights: tuple[float, ...]  # of each stream
    sentences: int | None = None
    of: tuple[int, ...] = ()
    batches: int | None = None


@dataclass(frozen=True)
class Place:
    """A block's beginning: the first block of each phase so far, and the batches of its phase that lie before it."""

    block: int = 0
    begun: tuple[int, ...] = (0,)
    batches: int = 0

    @property
    def phase(self) -> int:
        """Index of the phase that the block belongs to."""
        return len(self.begun) - 1

    def blocks(self) -> list[int]:
        """How many blocks each phase has had, this one counted."""
        ends = [*self.begun[1:], self.block + 1]
        return [end - begin for begin, end in zip(self.begun, ends, strict=True)]


class Curriculum:
    """The sampling plans of all phases, one after another."""

    def __init__(self, streams: Sequence[Stream], phases: Sequence[Phase], block_sentences: int, seed: int) -> None:
        """The streams' own weights do not matter. ValueError where a phase can never end."""
        self.streams, self.phases = list(streams), list(phases)
        self.block_sentences, self.seed = block_sentences, seed
        self._plans: dict[tuple[int, ...], SamplingPlan] = {}
        for phase in phases:
            plan = SamplingPlan(self._weighted(phase), block_sentences, seed)
            if phase.sentences is not None and plan.block_after(phase.of, 1) is None:
                raise ValueError(f"phase {phase.name} draws nothing of what it waits for")

    def plan(self, place: Place) -> SamplingPlan:
        """The plan of the phase at `place`."""
        begun = place.begun
        if begun not in self._plans:
            drawn = None
            if len(begun) > 1:
                before = self.plan(Place(begun[-2], begun[:-1]))
                drawn = [before.start(stream, begun[-1]) for stream in range(len(self.streams))]
            streams = self._weighted(self.phases[place.phase])
            self._plans[begun] = SamplingPlan(streams, self.block_sentences, self.seed, begun[-1], drawn)
        return self._plans[begun]

    def _weighted(self, phase: Phase) -> list[Stream]:
        return [replace(stream, weight=weight) for stream, weight in zip(self.streams, phase.weights, strict=True)]

    def end(self, place: Place) -> int | None:
        """The block at which the phase at `place` ends; None if it does not, or batches decide."""
        phase = self.phases[place.phase]
        return None if phase.sentences is None else self.plan(place).block_after(phase.of, phase.sentences)

    def after(self, place: Place, batches: int) -> Place:
        """The next block's place, if the block at `place` had so many batches."""
        block, done = place.block + 1, place.batches + batches
        wanted = self.phases[place.phase].batches
        end = self.end(place)
        if (end is not None and block >= end) or (wanted is not None and done >= wanted):
            return Place(block, (*place.begun, block))
        return Place(block, place.begun, done)


def one_phase(streams: Sequence[Stream], block_sentences: int, seed: int) -> Curriculum:
    """No curriculum: the streams by their own weights, for ever."""
    return Curriculum(streams, [Phase("all", tuple(stream.weight for stream in streams))], block_sentences, seed)

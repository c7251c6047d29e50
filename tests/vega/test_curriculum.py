"""Phases of training: where they end, and that nothing but a small `Place` is needed to go on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vega.curriculum import Curriculum, Phase, Place, one_phase
from vega.sampling import SamplingPlan, Stream, drawn_rows

SIZES = st.lists(st.integers(1, 60), min_size=2, max_size=3)


@st.composite
def curricula(draw: st.DrawFn) -> Curriculum:
    """Up to four phases over a few short streams; each ends after sentences or after batches."""
    sizes = draw(SIZES)
    weights = st.tuples(*[st.sampled_from([0.0, 0.2, 1.0, 3.0]) for _ in sizes]).filter(any)
    phases = []
    for number in range(draw(st.integers(1, 4))):
        mine = draw(weights)
        of = tuple(i for i, weight in enumerate(mine) if weight)
        if draw(st.booleans()):
            phases.append(Phase(f"p{number}", mine, sentences=draw(st.integers(1, 200)), of=of))
        else:
            phases.append(Phase(f"p{number}", mine, batches=draw(st.integers(1, 20))))
    phases.append(Phase("end", draw(weights)))
    streams = [Stream(f"s{i}", size, 0.0) for i, size in enumerate(sizes)]
    return Curriculum(streams, phases, draw(st.integers(1, 40)), seed=4)


def batches_of(block: int) -> int:
    """Something uneven, as real blocks are."""
    return block * 7 % 5


def walk(curriculum: Curriculum, blocks: int) -> list[Place]:
    places = [Place()]
    while len(places) < blocks:
        places.append(curriculum.after(places[-1], batches_of(places[-1].block)))
    return places


@settings(deadline=None, max_examples=30)
@given(curriculum=curricula())
def test_a_phase_ends_at_the_first_border_where_its_count_is_full(curriculum: Curriculum) -> None:
    places = walk(curriculum, 25)
    for place, following in pairwise(places):
        phase, plan, begin = curriculum.phases[place.phase], curriculum.plan(place), place.begun[-1]
        blocks = range(begin, following.block)
        drawn = sum(len(plan.rows(stream, block)) for stream in phase.of for block in blocks)
        full = (phase.sentences is not None and drawn >= phase.sentences) or (
            phase.batches is not None and sum(map(batches_of, blocks)) >= phase.batches
        )
        assert (following.phase == place.phase + 1) is full
        assert following.block == place.block + 1
        assert following.begun == ((*place.begun, following.block) if full else place.begun)


@settings(deadline=None, max_examples=30)
@given(curriculum=curricula())
def test_streams_go_on_across_phases_without_a_gap_or_a_repeat(curriculum: Curriculum) -> None:
    places = walk(curriculum, 25)
    for i, stream in enumerate(curriculum.streams):
        rows = np.concatenate([curriculum.plan(place).rows(i, place.block) for place in places])
        expected = drawn_rows(stream.name, stream.size, 4, np.arange(len(rows)))
        assert rows.tolist() == expected.tolist()
        for start in range(0, len(rows) - stream.size + 1, stream.size):
            assert len(set(rows[start : start + stream.size])) == stream.size


@settings(deadline=None, max_examples=30)
@given(curriculum=curricula(), at=st.integers(0, 24))
def test_a_place_alone_is_enough_to_go_on(curriculum: Curriculum, at: int) -> None:
    """As after a restart: nothing that came before is computed again."""
    places = walk(curriculum, 25)
    fresh = Curriculum(curriculum.streams, curriculum.phases, curriculum.block_sentences, curriculum.seed)
    place = places[at]
    for expected in places[at:]:
        assert place == expected
        for i in range(len(curriculum.streams)):
            assert (
                fresh.plan(place).rows(i, place.block).tolist() == curriculum.plan(place).rows(i, place.block).tolist()
            )
        place = fresh.after(place, batches_of(place.block))


@given(size=st.integers(10**9, 10**12), weight=st.floats(1e-6, 1), epochs=st.integers(1, 1000))
def test_the_end_of_a_phase_over_a_huge_corpus_is_exact_at_once(size: int, weight: float, epochs: int) -> None:
    streams = [Stream("huge", size, 0.0), Stream("other", 10, 0.0)]
    phases = [Phase("first", (weight, 1.0), sentences=epochs * size, of=(0,)), Phase("end", (1.0, 0.0))]
    curriculum = Curriculum(streams, phases, 16384, seed=1)
    end = curriculum.end(Place())
    assert end is not None
    plan = curriculum.plan(Place())
    assert plan.start(0, end - 1) < epochs * size <= plan.start(0, end)
    later = Place(end + 10**6, (0, end))
    assert curriculum.plan(later).start(0, end) == plan.start(0, end)


@given(sizes=SIZES, block=st.integers(1, 80), number=st.integers(0, 10**6))
def test_without_a_curriculum_the_stream_is_that_of_a_plan(sizes: list[int], block: int, number: int) -> None:
    streams = [Stream(f"s{i}", size, 0.1 + i) for i, size in enumerate(sizes)]
    place = Place(number, (0,), 17)
    plan, same = SamplingPlan(streams, block, 3), one_phase(streams, block, 3).plan(place)
    assert all(plan.rows(i, number).tolist() == same.rows(i, number).tolist() for i in range(len(sizes)))


def test_blocks_are_counted_per_phase() -> None:
    assert Place().blocks() == [1]
    assert Place(9, (0, 4, 5), 2).blocks() == [4, 1, 5]


@pytest.mark.parametrize("weight", [0.0, 1e-14])  # the second vanishes in the fixed-point weights
def test_a_phase_that_never_ends_is_refused(weight: float) -> None:
    streams = [Stream("a", 5, 0.0), Stream("b", 5, 0.0)]
    with pytest.raises(ValueError, match="phase first draws nothing of what it waits for"):
        Curriculum(streams, [Phase("first", (weight, 1.0), 5, (0,)), Phase("end", (1.0, 1.0))], 10, 1)

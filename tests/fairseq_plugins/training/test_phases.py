"""A stopwatch that is always in one phase."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairseq_plugins.training import phases
from fairseq_plugins.training.phases import PHASES, Phases


@given(st.lists(st.tuples(st.sampled_from(PHASES), st.floats(0, 100)), max_size=20))
def test_the_parts_sum_to_the_whole(steps: list[tuple[str, float]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = [50.0]
        patch.setattr(phases.time, "monotonic", lambda: clock[0])
        watch = Phases()
        expected = dict.fromkeys(PHASES, 0.0)
        for phase, seconds in steps:
            watch.enter(phase)
            clock[0] += seconds
            expected[phase] += seconds
        assert watch.take() == pytest.approx(expected)
        assert sum(watch.take().values()) == 0


def test_a_block_gives_the_phase_back_whatever_happens() -> None:
    watch = Phases()
    watch.enter("compute")
    with pytest.raises(ValueError), watch.within("communication"):
        assert watch.current == "communication"
        raise ValueError
    assert watch.current == "compute"

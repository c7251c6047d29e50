"""Sums are those of the lines that sacreBLEU draws and swaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vega import resampling
from vega.resampling import resampled_sums, swapped_sums


@given(lines=st.integers(1, 30), seed=st.integers(0, 2**32), data=st.data())
@settings(max_examples=25, deadline=None)
def test_the_sums_are_those_of_sacrebleus_draws_however_they_are_cut_into_chunks(
    lines: int, seed: int, data: st.DataObject
) -> None:
    statistics = np.array(data.draw(st.lists(st.tuples(*[st.integers(0, 50)] * 3), min_size=lines, max_size=lines)))
    drawn = np.random.default_rng(seed).choice(lines, size=(99, lines), replace=True)
    coins = np.random.default_rng(seed).integers(2, size=(99, lines), dtype=bool)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resampling, "DRAWS_AT_ONCE", data.draw(st.integers(1, 99 * lines)))
        sums = resampled_sums(statistics.astype(np.float64), resamples=99, seed=seed)
        swapped = swapped_sums(statistics.astype(np.float64), trials=99, seed=seed)
    assert sums.tolist() == statistics[drawn].sum(axis=1).tolist()
    assert swapped.tolist() == (coins @ statistics).tolist()

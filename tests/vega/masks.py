"""Batches as property tests draw them."""

from __future__ import annotations

import torch
from hypothesis import strategies as st

#: Rows of True and False, at least one True in each.
masks = (
    st.tuples(st.integers(1, 5), st.integers(1, 6))
    .flatmap(lambda shape: st.lists(st.lists(st.booleans(), min_size=shape[1], max_size=shape[1]).filter(any),
                                    min_size=shape[0], max_size=shape[0]))
    .map(torch.tensor)
)  # fmt: skip

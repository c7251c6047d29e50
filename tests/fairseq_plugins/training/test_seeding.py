"""One seed per batch."""

from __future__ import annotations

import random

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from fairseq_plugins.training.seeding import batch_seed, seed_everything


def test_no_two_batches_share_a_seed() -> None:
    seeds = {batch_seed(seed, update, batch) for seed in range(4) for update in range(40) for batch in range(40)}
    assert len(seeds) == 4 * 40 * 40


@given(st.integers(0, 2**31), st.integers(0, 10**7), st.integers(0, 10**5))
def test_every_generator_takes_it(seed: int, update: int, batch: int) -> None:
    draws = []
    for _ in range(2):
        seed_everything(batch_seed(seed, update, batch))
        draws.append((torch.rand(1).item(), np.random.rand(), random.random()))
    assert draws[0] == draws[1]

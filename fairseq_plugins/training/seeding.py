"""Random numbers of training by batch, not by process.

fairseq seeds every process alike once per update, so dropout masks depend on how many processes share the work. Here
each batch has its own seed, made of the run's seed, the update and the batch's place in the update: the same masks on
1, 2 or 64 processes, and nothing random to save in a checkpoint.
"""

from __future__ import annotations

import hashlib
import random

import numpy as np
import torch


def batch_seed(seed: int, update: int, batch: int, piece: int = 0) -> int:
    """A 63-bit seed for the `batch`-th global batch (0, 1, ...) of an update, and its pieces where it was split."""
    name = f"{seed}/{update}/{batch}" + (f"/{piece}" if piece else "")
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def seed_everything(seed: int) -> None:
    """Seed torch (all devices), numpy and Python."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)

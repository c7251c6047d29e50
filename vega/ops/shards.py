"""What a computation over tensors needs to know when each process holds only a part of them."""

from __future__ import annotations

import torch
from torch import Tensor


class Shards:
    """All is here: one process, or processes that hold the same. Sharded training has a subclass."""

    def sum(self, values: Tensor) -> Tensor:
        """The sum of `values` (any shape) over all parts; the same on every process."""
        return values

    def before(self, values: Tensor) -> Tensor:
        """The sum of `values` over the parts of lower-numbered processes."""
        return torch.zeros_like(values)


WHOLE = Shards()

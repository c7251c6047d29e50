"""A `--user-dir` for tests: `dying`, and the mistake that resuming must not make: one batch is passed over."""

from __future__ import annotations

from typing import Any

import tests.chaos.dying  # noqa: F401
from fairseq_plugins.data.block_iterator import BlockBatchIterator

_state = BlockBatchIterator.state_dict


def _state_dict(self: BlockBatchIterator) -> dict[str, Any]:
    state = _state(self)
    return {**state, "batch_in_block": state["batch_in_block"] + 1}


BlockBatchIterator.state_dict = _state_dict

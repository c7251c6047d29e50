"""torchao's AdamW with moments in fewer bits. Importing this imports torchao.

Its step is compiled by torch (on a CPU that needs a C++ compiler), once for every shape of parameter.
"""

from __future__ import annotations

import logging
from typing import Any

import torch
from torch import Tensor, nn

logging.getLogger("torchao").setLevel(logging.ERROR)  # it warns of GPU kernels for inference, not of anything here

from torchao.optim import AdamW8bit  # noqa: E402
from torchao.optim.adam import _AdamBase  # noqa: E402


class Bf16States(_AdamBase):  # type: ignore[misc]
    """Moments rounded to the nearest bf16 number after every update, which changes them by 0.4 % at most."""

    def _new_buffer(self, p: Tensor, signed: bool) -> Tensor:
        return torch.zeros_like(p, dtype=torch.bfloat16, requires_grad=False)


class EightBitStates(AdamW8bit):  # type: ignore[misc]
    """torchao's, but the lowest code of the second moment does not stand for 0.

    It did where a gradient was less than 1/2500 of its block's largest. If the next gradient is 0, as for a word that
    is not in the batch, the first moment is then divided by eps alone: updates of thousands of learning rates. Half of
    the next code instead keeps the quotient near 1, and moves no weight whose first moment is 0.
    """

    @staticmethod
    def _subclass_zeros(p: Tensor, signed: bool, block_size: int) -> Tensor:
        state: Any = AdamW8bit._subclass_zeros(p, signed, block_size)
        if not signed:
            state.qmap[0] = state.qmap[1] / 2
        moment: Tensor = state
        return moment


def adamw_bf16(params: list[nn.Parameter], **options: Any) -> Bf16States:
    """With torch.optim.AdamW's `lr`, `betas`, `eps` and `weight_decay`."""
    return Bf16States(params, **options, amsgrad=False, block_size=1, bf16_stochastic_round=False, is_adamw=True)


def adamw_8bit(params: list[nn.Parameter], **options: Any) -> EightBitStates:
    """With torch.optim.AdamW's `lr`, `betas`, `eps` and `weight_decay`."""
    return EightBitStates(params, **options)

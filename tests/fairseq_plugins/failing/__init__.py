"""A `--user-dir` for tests: `recording`, and a layer that runs out of memory when it gets too many tokens, or that
spoils its gradient.

$FAILURE is JSON: {"rank", "layer", "pass": "forward" or "backward", "tokens": so many fit, "updates": [those it fails
in]}, or {"layer", "factor": of the gradient, null = not a number, "updates"}. The pass "hang" never ends.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

import torch
from torch import Tensor

import tests.fairseq_plugins.recording  # noqa: F401
from fairseq_plugins.training.trainer import VegaTrainer

FAILURE = json.loads(os.environ.get("FAILURE", "null"))
_made = VegaTrainer.__init__


class _FailInBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory (injected)")


class _Spoil(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        factor = FAILURE["factor"]
        return grad * (float("nan") if factor is None else factor)


def _on_output(function: Any, out: Any) -> Any:
    return (function.apply(out[0]), *out[1:]) if isinstance(out, tuple) else function.apply(out)


def _init(self: Any, cfg: Any, task: Any, model: Any, *args: Any) -> None:
    layer = model.get_submodule(FAILURE["layer"])
    forward = layer.forward

    def failing(x: Tensor, *rest: Any, **named: Any) -> Any:
        now = self.get_num_updates() + 1 in FAILURE["updates"]
        if "factor" in FAILURE:
            out = forward(x, *rest, **named)
            return _on_output(_Spoil, out) if now and layer.training else out
        fits = x.numel() // x.shape[-1] <= FAILURE["tokens"]
        if fits or not now or self.data_parallel_rank != FAILURE["rank"] or not layer.training:
            return forward(x, *rest, **named)
        if FAILURE["pass"] == "hang":
            time.sleep(1e6)
        if FAILURE["pass"] == "forward":
            raise torch.OutOfMemoryError("CUDA out of memory (injected)")
        return _on_output(_FailInBackward, forward(x, *rest, **named))

    layer.forward = failing
    _made(self, cfg, task, model, *args)


if FAILURE:
    VegaTrainer.__init__ = _init

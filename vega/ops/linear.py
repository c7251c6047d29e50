"""Linear layers by oneDNN on CPU, where torch's own fp32 product goes to MKL.

oneDNN adds the bias and applies ReLU inside the product, where torch writes the bias first and passes over the result
again; on an AMD EPYC its products are also a tenth faster. The operator is the one that torch.compile calls. Eager
torch has no public way to it, so `has_onednn` looks for it, and without it everything is `F.linear`.

Shapes: N rows, D inputs, E outputs.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def has_onednn() -> bool:
    """Whether this build of torch has the operator."""
    built: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return built and hasattr(torch.ops.mkldnn, "_linear_pointwise")


#: Entries of the smallest weight worth it: oneDNN prepares, and keeps, a program for every new number of rows, which
#: takes a millisecond or two and half a megabyte. That of `vega_base` (512 x 512) is.
LEAST_ENTRIES = 1 << 18


def _runs(x: Tensor, weight: Tensor) -> bool:
    """Whether the operator is there, takes these (fp32, on CPU, not empty), and pays."""
    plain = all(t.device.type == "cpu" and t.dtype == torch.float32 for t in (x, weight))
    return plain and x.shape[0] > 0 and weight.numel() >= LEAST_ENTRIES and has_onednn()


def _onednn(x: Tensor, weight: Tensor, bias: Tensor | None = None, after: str = "none") -> Tensor:
    """x (N, D) times weight (E, D) transposed, with `after` "relu" or "none" applied: (N, E)."""
    result: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, after, [], "")
    return result


def product(x: Tensor, weight: Tensor) -> Tensor:
    """x (N, D) times `weight` (E, D) transposed, for code that makes its gradients itself: (N, E)."""
    return _onednn(x, weight) if _runs(x, weight) else x @ weight.t()


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, relu: bool) -> Tensor:
        out = _onednn(x, weight, bias, "relu" if relu else "none")
        ctx.relu = relu
        ctx.save_for_backward(x, weight, *([out] if relu else []))
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        x, weight, *out = ctx.saved_tensors
        if ctx.relu:
            grad = torch.ops.aten.threshold_backward(grad, out[0], 0)
        wants_x, wants_weight, wants_bias, _ = ctx.needs_input_grad
        return (
            _onednn(grad, weight.t()) if wants_x else None,
            grad.t() @ x if wants_weight else None,
            grad.sum(0) if wants_bias else None,
            None,
        )


def linear(x: Tensor, weight: Tensor, bias: Tensor, *, relu: bool = False) -> Tensor:
    """x (N, D) times `weight` (E, D) transposed, plus `bias` (E,), then ReLU where wished: (N, E)."""
    if _runs(x, weight):
        result: Tensor = _Linear.apply(x, weight, bias, relu)  # type: ignore[no-untyped-call]
        return result
    out = F.linear(x, weight, bias)
    return F.relu_(out) if relu else out

"""Activation checkpointing: layers keep less for backward and compute it again.

`full` keeps a layer's input only (Chen et al. 2016, arXiv 1604.06174). `selective` also keeps the results of matrix
products and attention, which cost the most to redo, and recomputes norms, dropout and activations (Korthikanti et al.
2022, arXiv 2205.05198, section 5).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import CheckpointPolicy, checkpoint, create_selective_checkpoint_contexts

_aten = torch.ops.aten
_KEPT = {
    _aten.mm.default,
    _aten.addmm.default,
    _aten.bmm.default,
    _aten.baddbmm.default,
    _aten._scaled_dot_product_flash_attention.default,
    _aten._scaled_dot_product_efficient_attention.default,
    _aten._scaled_dot_product_cudnn_attention.default,
    _aten._scaled_dot_product_flash_attention_for_cpu.default,
}


def _policy(_: Any, operation: Any, *args: Any, **kwargs: Any) -> CheckpointPolicy:
    return CheckpointPolicy.MUST_SAVE if operation in _KEPT else CheckpointPolicy.PREFER_RECOMPUTE


class _CopyOfKept(TorchDispatchMode):
    """Hands out copies of kept results: layers may change them in place (fairseq scales its queries so)."""

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = operation(*args, **(kwargs or {}))
        if operation not in _KEPT:
            return result
        return result.clone() if torch.is_tensor(result) else type(result)(_copied(part) for part in result)


def _copied(part: Any) -> Any:
    return part.clone() if torch.is_tensor(part) else part


def _selective_contexts() -> tuple[Any, Any]:
    """What `checkpoint` enters for the forward pass and for the recomputation."""
    return tuple(_with_copies(context) for context in create_selective_checkpoint_contexts(_policy))


@contextmanager
def _with_copies(context: Any) -> Iterator[None]:
    with context, _CopyOfKept():
        yield


def recompute_layers(layers: Iterable[nn.Module], how: str) -> None:
    """Make `layers` recompute in backward: `how` is "none", "selective" or "full". Random numbers are the same."""
    if how == "none":
        return
    options: dict[str, Any] = {"use_reentrant": False}
    if how == "selective":
        options["context_fn"] = _selective_contexts
    for layer in layers:
        layer.forward = _recomputing(layer.forward, options)  # type: ignore[method-assign]


def _recomputing(forward: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    @functools.wraps(forward)
    def recomputing(*args: Any, **kwargs: Any) -> Any:
        if not torch.is_grad_enabled():
            return forward(*args, **kwargs)
        return checkpoint(forward, *args, **options, **kwargs)

    return recomputing

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from vega.ops.attention import attend

SENTENCES, HEADS, QUERIES, KEYS, CHANNELS = 3, 2, 7, 9, 8


def heads(length: int, dtype: torch.dtype) -> Tensor:
    return torch.randn(SENTENCES, HEADS, length, CHANNELS, dtype=dtype)


@pytest.mark.parametrize("kind", ["causal", "masked", "open"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_is_softmax_of_scaled_scores_times_values(dtype: torch.dtype, kind: str) -> None:
    torch.manual_seed(0)
    keys = QUERIES if kind == "causal" else KEYS
    query, key, value = heads(QUERIES, dtype), heads(keys, dtype), heads(keys, dtype)
    mask = torch.zeros(SENTENCES, 1, 1, keys, dtype=dtype) if kind == "masked" else None
    if mask is not None:
        mask[0, ..., 4:], mask[1, ..., :3] = float("-inf"), float("-inf")
    scores = query.double() @ key.double().transpose(-1, -2) / CHANNELS**0.5
    if kind == "causal":
        scores = scores.masked_fill(torch.ones(keys, keys).triu(1).bool(), float("-inf"))
    scores = scores if mask is None else scores + mask.double()
    out = attend(query, key, value, mask, causal=kind == "causal")
    assert out.dtype == dtype
    expected = (scores.softmax(-1) @ value.double()).to(dtype)
    tolerance = 2e-2 if dtype == torch.bfloat16 else 1e-5
    torch.testing.assert_close(out, expected, rtol=tolerance, atol=tolerance)


def test_bf16_on_cpu_avoids_the_fused_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[torch.dtype] = []
    fused = F.scaled_dot_product_attention
    monkeypatch.setattr(
        F, "scaled_dot_product_attention", lambda q, *a, **k: called.append(q.dtype) or fused(q, *a, **k)
    )
    for dtype in (torch.float32, torch.bfloat16):
        x = heads(QUERIES, dtype)
        attend(x, x, x, None, causal=True)
    assert called == [torch.float32]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dropout_zeroes_weights(dtype: torch.dtype) -> None:
    """With values of one in one channel, the result is the sum of kept weights: 1 on average, not each."""
    torch.manual_seed(0)
    query, key = heads(50, dtype), heads(50, dtype)
    out = attend(query, key, torch.ones_like(key), None, dropout=0.4)
    assert out.float().mean().item() == pytest.approx(1, abs=0.05) and out.float().std().item() > 0.02

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from vega.ops import linear as module
from vega.ops.linear import has_onednn, linear, product


def outcome(function: object, tensors: list[Tensor], relu: bool, spread: bool) -> list[Tensor]:
    """The result and all gradients; `spread`: the gradient from above is one number in all places, as of a sum."""
    leaves = [t.clone().requires_grad_() for t in tensors]
    out = linear(*leaves, relu=relu) if function is linear else F.linear(*leaves)
    out = torch.relu(out) if relu and function is not linear else out
    torch.manual_seed(1)
    above = torch.ones(()).to(out.dtype).expand_as(out) if spread else torch.randn_like(out)
    return [out.detach(), *torch.autograd.grad(out, leaves, above)]


@pytest.fixture(params=[0, 1 << 18], ids=["onednn", "torch"], autouse=True)
def least_entries(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Every law holds on both ways."""
    monkeypatch.setattr(module, "LEAST_ENTRIES", request.param)
    return int(request.param)


@pytest.mark.parametrize("spread", [False, True])
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("rows", [0, 1, 37])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_equals_torchs(dtype: torch.dtype, rows: int, relu: bool, spread: bool) -> None:
    torch.manual_seed(rows)
    tensors = [torch.randn(*shape, dtype=dtype) for shape in ((rows, 24), (40, 24), (40,))]
    ours, theirs = (outcome(f, tensors, relu, spread) for f in (linear, F.linear))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("rows", [0, 5])
def test_the_bare_product(rows: int) -> None:
    x, weight = torch.randn(rows, 8), torch.randn(8, 6).t()  # not contiguous, as in a backward pass
    torch.testing.assert_close(product(x, weight), x @ weight.t())


def test_large_fp32_products_on_cpu_go_to_onednn_where_torch_has_it(
    least_entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when a new torch has dropped or renamed the operator."""
    if not torch.backends.mkldnn.is_available():
        pytest.skip("torch is built without oneDNN")
    x, weight, bias = torch.randn(5, 4, requires_grad=True), torch.randn(6, 4), torch.randn(6)

    def goes_there(*tensors: Tensor) -> bool:
        return "_Linear" in type(linear(*tensors).grad_fn).__name__

    assert has_onednn()
    assert goes_there(x, weight, bias) == (least_entries == 0)
    assert not goes_there(x.double(), weight.double(), bias.double())
    monkeypatch.setattr(module, "has_onednn", lambda: False)
    assert not goes_there(x, weight, bias)


def test_gradients_that_nobody_wants_are_not_computed() -> None:
    x, weight, bias = torch.randn(5, 4), torch.randn(6, 4, requires_grad=True), torch.randn(6)
    linear(x, weight, bias).sum().backward()
    assert weight.grad is not None and x.grad is None and bias.grad is None

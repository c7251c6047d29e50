import pytest
import torch
from fairseq.criterions.label_smoothed_cross_entropy import label_smoothed_nll_loss
from hypothesis import given, settings
from hypothesis import strategies as st

from vega.ops import cross_entropy
from vega.ops.cross_entropy import fused_label_smoothed_cross_entropy


def reference(
    hidden: torch.Tensor, weight: torch.Tensor, target: torch.Tensor, epsilon: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Project, then fairseq's own function."""
    log_probs = torch.log_softmax(hidden @ weight.t(), dim=-1)
    loss, nll = label_smoothed_nll_loss(log_probs, target, epsilon)
    return loss, nll


@given(
    tokens=st.integers(0, 70),
    vocabulary=st.integers(2, 40),
    epsilon=st.sampled_from([0.0, 0.1, 0.5]),
    chunk=st.sampled_from([1, 1 << 22]),
)
@settings(deadline=None, max_examples=60)
def test_loss_and_gradients_equal_fairseqs(tokens: int, vocabulary: int, epsilon: float, chunk: int) -> None:
    torch.manual_seed(tokens * 100 + vocabulary)
    # doubles: the two formulas then agree to rounding, and a wrong term cannot hide
    hidden = torch.randn(tokens, 8, dtype=torch.float64)
    weight = torch.randn(vocabulary, 8, dtype=torch.float64)
    target = torch.randint(vocabulary, (tokens,))
    results = []
    original = cross_entropy.CHUNK_ENTRIES
    cross_entropy.CHUNK_ENTRIES = chunk  # 1 entry: many chunks of 16 rows
    try:
        for function in (fused_label_smoothed_cross_entropy, reference):
            h, w = hidden.clone().requires_grad_(), weight.clone().requires_grad_()
            loss, nll = function(h, w, target, epsilon)
            (3.0 * loss).backward()
            results.append((loss.detach().double(), nll.detach().double(), h.grad, w.grad))
    finally:
        cross_entropy.CHUNK_ENTRIES = original
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours.double(), theirs.double(), rtol=1e-5, atol=1e-4)


def test_half_precision_gradients_keep_their_type_and_come_close() -> None:
    torch.manual_seed(0)
    hidden, weight = torch.randn(50, 16), torch.randn(30, 16)
    target = torch.randint(30, (50,))
    h, w = hidden.bfloat16().requires_grad_(), weight.bfloat16().requires_grad_()
    loss, _ = fused_label_smoothed_cross_entropy(h, w, target, 0.1)
    loss.backward()
    exact, _ = reference(hidden, weight, target, 0.1)
    assert h.grad is not None and h.grad.dtype == torch.bfloat16
    assert loss.item() == pytest.approx(exact.item(), rel=0.02)


def test_no_gradient_is_computed_where_none_is_wanted() -> None:
    hidden, weight = torch.randn(5, 4), torch.randn(7, 4)
    loss, nll = fused_label_smoothed_cross_entropy(hidden, weight, torch.zeros(5, dtype=torch.long), 0.1)
    assert not loss.requires_grad and not nll.requires_grad

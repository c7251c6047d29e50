"""Packed layers compute what fairseq's padded ones do: same loss, same gradients."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from fairseq.criterions.label_smoothed_cross_entropy import LabelSmoothedCrossEntropyCriterion
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fairseq_plugins.criterions.label_smoothed_cross_entropy import FusedLabelSmoothedCrossEntropy
from fairseq_plugins.models.packed import PackedDecoderLayer, PackedEncoderLayer
from fairseq_plugins.training.recompute import recompute_layers
from tests.fairseq_plugins.models.batches import SYMBOLS, batch, pair
from tests.vega.test_model_sizes import TaskWith
from vega.ops import linear

VARIANTS: dict[str, dict[str, Any]] = {
    "pre-norm": {},
    "post-norm": {"encoder_normalize_before": False, "decoder_normalize_before": False},
    "learned positions": {"encoder_learned_pos": True, "decoder_learned_pos": True},
    "no positions, norm of embeddings": {"no_token_positional_embeddings": True, "layernorm_embedding": True},
    "gelu, own embeddings": {"activation_fn": "gelu", "share_all_embeddings": False},
}
BATCHES = {
    "right": batch([3, 5, 2], [4, 2, 6]),
    "source left": batch([3, 5, 2], [4, 2, 6], left=True),
    "full": batch([4, 4], [3, 3]),
    "length one": batch([1, 3, 1], [1, 1, 5]),
    "one sentence": batch([4], [6]),
    "all of length one": batch([1, 1], [1, 1]),
}


def losses_and_gradients(
    model: Any, sample: dict[str, Any], criterion: type = FusedLabelSmoothedCrossEntropy
) -> tuple[Tensor, dict[str, Tensor]]:
    model.zero_grad()
    loss, _, _ = criterion(TaskWith(SYMBOLS), sentence_avg=False, label_smoothing=0.1)(model, sample)
    loss.backward()
    return loss.detach(), {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def assert_equal(ours: Any, stock: Any, sample: dict[str, Any], tolerance: float) -> None:
    """Our criterion on our model against fairseq's criterion on fairseq's model."""
    loss, gradients = losses_and_gradients(ours, sample)
    expected, their_gradients = losses_and_gradients(stock, sample, LabelSmoothedCrossEntropyCriterion)
    torch.testing.assert_close(loss.double(), expected.double(), rtol=tolerance, atol=tolerance)
    assert gradients.keys() == their_gradients.keys()
    for name, theirs in their_gradients.items():
        torch.testing.assert_close(gradients[name], theirs, rtol=10 * tolerance, atol=10 * tolerance, msg=name)


@pytest.fixture(autouse=True)
def small_products_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of these models no weight is large enough for oneDNN otherwise."""
    monkeypatch.setattr(linear, "LEAST_ENTRIES", 0)


@pytest.fixture
def packed_calls(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each layer call was on packed tokens."""
    calls: list[bool] = []
    for layer in (PackedEncoderLayer, PackedDecoderLayer):
        forward = layer.forward

        def noting(self: Any, x: Tensor, *args: Any, _forward: Any = forward, **kw: Any) -> Any:
            calls.append(x.dim() == 2)
            return _forward(self, x, *args, **kw)

        monkeypatch.setattr(layer, "forward", noting)
    return calls


@pytest.mark.parametrize("kind", BATCHES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_loss_and_gradients_are_fairseqs(variant: str, kind: str, packed_calls: list[bool]) -> None:
    ours, stock = pair(**VARIANTS[variant])
    assert ours.can_pack
    assert_equal(ours, stock, BATCHES[kind], 1e-5)
    assert packed_calls == [True] * 4
    assert_equal(ours.double(), stock.double(), BATCHES[kind], 1e-6)  # the loss itself is summed in fp32


@given(st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), min_size=1, max_size=5), st.booleans())
@settings(deadline=None, max_examples=25)
def test_for_all_lengths(lengths: list[tuple[int, int]], left: bool) -> None:
    ours, stock = pair()
    assert_equal(ours, stock, batch(*zip(*lengths, strict=True), left=left), 1e-5)


def test_in_bf16_it_is_as_far_from_fp32_as_fairseq_is() -> None:
    ours, stock = pair()
    exact, gradients = losses_and_gradients(stock, BATCHES["right"], LabelSmoothedCrossEntropyCriterion)
    half_ours, half_stock = ours.bfloat16(), copy.deepcopy(stock).bfloat16()
    _, their_gradients = losses_and_gradients(half_stock, BATCHES["right"], LabelSmoothedCrossEntropyCriterion)
    loss, our_gradients = losses_and_gradients(half_ours, BATCHES["right"])
    assert loss.item() == pytest.approx(exact.item(), rel=0.01)

    def error(found: dict[str, Tensor]) -> float:
        squares = [(found[name].float() - gradients[name]).square().sum() for name in gradients]
        return torch.stack(squares).sum().sqrt().item()

    assert all(g.dtype == torch.bfloat16 for g in our_gradients.values())
    assert error(our_gradients) < 1.5 * error(their_gradients)


@pytest.mark.parametrize(
    "options",
    [
        {"decoder_layerdrop": 1e-9},
        {"encoder_layerdrop": 1e-9},
        {"quant_noise_pq": 1e-9},
        {"quant_noise_scalar": 1e-9},
        {"checkpoint_activations": True},
        {"cross_self_attention": True},
        {"no_cross_attention": True},
        {"decoder_output_dim": 8, "share_all_embeddings": False},
    ],
    ids=lambda options: next(iter(options)),
)
def test_other_models_run_padded(options: dict[str, Any], packed_calls: list[bool]) -> None:
    ours, stock = pair(**options)
    assert not ours.can_pack
    assert_equal(ours, stock, BATCHES["right"], 1e-5)
    assert not any(packed_calls)


def test_padding_before_the_target_runs_padded(packed_calls: list[bool]) -> None:
    """Packed causal attention relies on padding that comes last."""
    ours, stock = pair()
    assert_equal(ours, stock, batch([3, 5], [4, 2], left_target=True), 1e-5)
    assert packed_calls == [False] * 4


@pytest.mark.parametrize("how", ["full", "selective"])
@pytest.mark.parametrize("half", [False, True])
def test_recomputed_layers_draw_the_same_masks(how: str, half: bool) -> None:
    results = []
    for kind in ("none", how):
        ours, _ = pair(dropout=0.3, activation_dropout=0.2, attention_dropout=0.1)
        ours = ours.bfloat16() if half else ours
        recompute_layers([*ours.encoder.layers, *ours.decoder.layers], kind)
        torch.manual_seed(5)
        results.append(losses_and_gradients(ours, BATCHES["right"]))
    (loss, gradients), (again, recomputed) = results
    assert torch.equal(loss, again)
    for name, gradient in gradients.items():
        torch.testing.assert_close(recomputed[name], gradient, msg=name)


def test_dropout_depends_on_torchs_seed_and_is_off_in_evaluation() -> None:
    ours, stock = pair(dropout=0.3)

    def loss(seed: int) -> float:
        torch.manual_seed(seed)
        return losses_and_gradients(ours, BATCHES["right"])[0].item()

    assert loss(1) == loss(1) != loss(2)
    ours.eval(), stock.eval()
    assert_equal(ours, stock, BATCHES["right"], 1e-5)


def test_over_many_masks_the_loss_is_spread_as_fairseqs() -> None:
    """Mean and spread over masks are those of fairseq's own dropout; that of embeddings is off, it would hide ours."""
    ours, stock = pair(dropout=0.2)
    for side in (ours.encoder, ours.decoder, stock.encoder, stock.decoder):
        side.dropout_module.p = 0.0

    def losses(model: Any, criterion: type) -> Tensor:
        torch.manual_seed(0)
        with torch.no_grad():
            chosen = criterion(TaskWith(SYMBOLS), sentence_avg=False, label_smoothing=0.1)
            return torch.stack([chosen(model, BATCHES["right"])[0] for _ in range(300)])

    mine, theirs = losses(ours, FusedLabelSmoothedCrossEntropy), losses(stock, LabelSmoothedCrossEntropyCriterion)
    error = (mine.var() / 300 + theirs.var() / 300).sqrt()
    assert abs(mine.mean() - theirs.mean()) < 4 * error
    assert 0.75 < mine.std() / theirs.std() < 1.33


def test_the_encoders_states_come_with_the_decoders_when_asked_for() -> None:
    ours, stock = pair()
    inputs = batch([3, 5, 2], [4, 2, 6], left=True)["net_input"]
    output = ours(**inputs, packed_output="with_encoder")
    assert torch.equal(output.states, ours(**inputs, packed_output=True))
    expected = stock.encoder(inputs["src_tokens"], inputs["src_lengths"])["encoder_out"][0].transpose(0, 1)
    torch.testing.assert_close(output.encoded, expected[inputs["src_tokens"].ne(1)])
    assert torch.equal(output.source.pack(output.source.pad(output.encoded)), output.encoded)

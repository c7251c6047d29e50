from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.vega.masks import masks
from vega.methods.e2s2 import (
    TokenClassifier,
    Weights,
    contrastive_loss,
    packed_means,
    sentence_keys,
    sentence_means,
    token_accuracy_counts,
    token_loss,
)
from vega.ops.contrastive import nt_xent
from vega.ops.packing import Packing
from vega.ops.token_noise import IGNORED, ORIGINAL, REPLACED, SHUFFLED

PAD, WIDTH = 1, 4


def test_the_weights_are_the_release_s() -> None:
    assert Weights() == Weights(noised=0.5, clean=0.5, denoising=0.05, contrastive=0.05)


@given(masks, st.integers(0, 99))
@settings(deadline=None)
def test_token_loss_is_the_sum_over_labelled_tokens(labelled: Tensor, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, labelled.shape, generator=generator).masked_fill(~labelled, IGNORED)
    logits = torch.randn(*labelled.shape, 3, generator=generator).requires_grad_()
    loss = token_loss(logits, labels)
    one_by_one = [-row.log_softmax(0)[label] for row, label in zip(logits[labelled], labels[labelled], strict=True)]
    assert torch.allclose(loss, torch.stack(one_by_one).sum())
    loss.backward()
    assert logits.grad is not None and bool((logits.grad[~labelled] == 0).all())
    packing = Packing(labelled)
    assert torch.allclose(token_loss(packing.pack(logits), packing.pack(labels[..., None])[:, 0]), loss)


def test_shuffled_tokens_are_trained_and_padding_is_not() -> None:
    """The release fills labels with 0 and ignores fairseq's padding symbol, 1: it drops "shuffled", learns padding."""
    logits = torch.zeros(2, 3, 3, requires_grad=True)
    labels = torch.tensor([[ORIGINAL, SHUFFLED, REPLACED], [SHUFFLED, IGNORED, IGNORED]])
    loss = token_loss(logits, labels)
    assert float(loss.detach()) == pytest.approx(4 * torch.log(torch.tensor(3.0)).item())
    loss.backward()
    assert logits.grad is not None
    assert (logits.grad.abs().sum(-1) > 0).tolist() == [[True, True, True], [True, False, False]]
    released = F.cross_entropy(
        logits.reshape(-1, 3), labels.clamp(min=0).reshape(-1), ignore_index=PAD, reduction="sum"
    )
    (wrong,) = torch.autograd.grad(released, logits)
    assert (wrong.abs().sum(-1) > 0).tolist() == [[True, False, True], [False, True, True]]


def test_a_batch_without_labels_has_no_loss() -> None:
    logits = torch.randn(2, 3, 3, requires_grad=True)
    loss = token_loss(logits, torch.full((2, 3), IGNORED))
    loss.backward()
    assert float(loss.detach()) == 0.0 and logits.grad is not None and float(logits.grad.abs().sum()) == 0.0


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_halves_are_summed_in_float32(kind: torch.dtype) -> None:
    """A sum of 100,000 tokens is above what a float16 holds."""
    logits = torch.zeros(100_000, 3, dtype=kind)
    loss = token_loss(logits, torch.zeros(100_000, dtype=torch.int64))
    assert loss.dtype == torch.float32 and float(loss) == pytest.approx(100_000 * 1.0986, rel=1e-3)
    means = sentence_means(torch.full((1, 5000, 2), 100.0, dtype=kind), torch.ones(1, 5000, dtype=torch.bool))
    assert means.dtype == torch.float32 and means.tolist() == [[100.0, 100.0]]
    packed = packed_means(torch.full((5000, 2), 100.0, dtype=kind), torch.zeros(5000, dtype=torch.int64), 1)
    assert packed.dtype == torch.float32 and packed.tolist() == [[100.0, 100.0]]


def test_accuracy_is_counted_per_label() -> None:
    found = torch.tensor([[ORIGINAL, SHUFFLED, REPLACED, REPLACED], [ORIGINAL, ORIGINAL, SHUFFLED, SHUFFLED]])
    labels = torch.tensor([[ORIGINAL, SHUFFLED, SHUFFLED, REPLACED], [ORIGINAL, IGNORED, ORIGINAL, IGNORED]])
    correct, total = token_accuracy_counts(F.one_hot(found, 3).float(), labels)
    assert correct.tolist() == [2, 1, 1] and total.tolist() == [3, 2, 1]
    flat = token_accuracy_counts(F.one_hot(found, 3).float().view(-1, 3), labels.view(-1))
    assert torch.equal(flat[0], correct) and torch.equal(flat[1], total)


def test_the_classifier_is_dropout_and_one_layer() -> None:
    classifier = TokenClassifier(WIDTH, dropout=1.0)
    states = torch.randn(2, 3, WIDTH)
    assert {name: tuple(parameter.shape) for name, parameter in classifier.named_parameters()} == {
        "output.weight": (3, WIDTH),
        "output.bias": (3,),
    }
    assert torch.equal(classifier(states), classifier.output.bias.expand(2, 3, 3))
    classifier.eval()
    assert torch.allclose(classifier(states), states @ classifier.output.weight.t() + classifier.output.bias)


@given(masks, st.integers(0, 99), st.sampled_from([0.0, 1e4, float("nan"), float("inf")]))
@settings(deadline=None)
def test_means_are_of_real_states_only(real: Tensor, seed: int, filler: float) -> None:
    """The release pools over padding too. Padded and packed rows give one result, and one gradient."""
    states = torch.randn(*real.shape, WIDTH, generator=torch.Generator().manual_seed(seed))
    states = states.masked_fill(~real[..., None], filler).requires_grad_()
    means = sentence_means(states, real)
    expected = torch.stack([row[kept].mean(0) for row, kept in zip(states, real, strict=True)])
    assert torch.allclose(means, expected, atol=1e-6)
    (grad,) = torch.autograd.grad(means.square().sum(), states)
    assert bool(grad.isfinite().all()) and bool((grad[~real] == 0).all())

    packing = Packing(real)
    sentence_of_row = packing.positions // packing.length
    rows = states.detach()[real].requires_grad_()
    packed = packed_means(rows, sentence_of_row, packing.batch)
    assert torch.allclose(packed, means, atol=1e-6)
    (packed_grad,) = torch.autograd.grad(packed.square().sum(), rows)
    assert torch.allclose(packed_grad, grad[real], atol=1e-6)


def test_a_sentence_of_nothing_has_the_mean_zero() -> None:
    states, real = torch.randn(2, 3, WIDTH), torch.tensor([[True, True, True], [False, False, False]])
    assert sentence_means(states, real)[1].tolist() == [0.0] * WIDTH
    packed = packed_means(states[0], torch.zeros(3, dtype=torch.int64), 2)
    assert torch.equal(packed[1], torch.zeros(WIDTH))


def test_the_contrastive_loss_is_on_the_scale_of_tokens() -> None:
    """Not cut to an integer, as in the release: 7 tokens of 2 sentences are 3.5 each."""
    a, b = torch.randn(2, 2, WIDTH, generator=torch.Generator().manual_seed(1)).unbind()
    loss = contrastive_loss(a, b, temperature=0.5, target_tokens=7)
    assert torch.allclose(loss, nt_xent(a, b, 0.5) * 3.5)
    same = torch.ones(2, 2, dtype=torch.bool)
    assert abs(float(contrastive_loss(a, b, temperature=0.5, target_tokens=7, same=same))) < 1e-5
    assert float(contrastive_loss(a[:0], b[:0], temperature=0.5, target_tokens=0)) == 0.0


rows = st.lists(st.integers(2, 6), max_size=5)


@given(rows, rows, st.integers(0, 3), st.booleans(), st.booleans())
@settings(deadline=None)
def test_sentences_have_equal_keys_if_and_only_if_they_are_equal(
    first: list[int], second: list[int], extra: int, left: bool, other_left: bool
) -> None:
    def key(row: list[int], padding: int, left: bool) -> int:
        tokens = torch.tensor([[PAD] * (padding * left) + row + [PAD] * (padding * (not left))], dtype=torch.int64)
        return int(sentence_keys(tokens, tokens != PAD))

    assert (key(first, extra, left) == key(second, 2, other_left)) == (first == second)


def test_nothing_waits_for_the_device() -> None:
    """Tensors without data stop whoever asks for a value."""
    with torch.device("meta"):
        states, tokens = torch.zeros(4, 9, WIDTH), torch.zeros(4, 9, dtype=torch.int64)
        assert sentence_keys(tokens, tokens != PAD).shape == (4,)
        assert sentence_means(states, tokens != PAD).shape == (4, WIDTH)
        assert packed_means(states.view(36, WIDTH), tokens.view(36), 4).shape == (4, WIDTH)
        logits = TokenClassifier(WIDTH)(states)
        assert token_loss(logits, tokens).shape == ()
        assert [counts.shape for counts in token_accuracy_counts(logits, tokens)] == [(3,), (3,)]

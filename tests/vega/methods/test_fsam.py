"""Density 1 is SAM, rho 0 changes nothing, weights come back to the bit, and the released code's bugs are not ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.vega.parts import cut, in_parts
from vega.methods.fsam import ETA, Fsam, FsamOptions
from vega.ops.shards import WHOLE, Shards

SHAPES = ((6, 5), (3,), (4, 4), (5,))


def tensors(seed: int, scale: float = 1.0) -> list[Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=rng) * scale for shape in SHAPES]


def fsam(ranked: Sequence[bool] = (True,) * len(SHAPES), shards: Shards = WHOLE, **options: Any) -> Fsam:
    return Fsam(FsamOptions(**options), ranked, shards)


def norm(values: Sequence[Tensor]) -> Tensor:
    return torch.cat([v.reshape(-1) for v in values]).double().norm()


def moves(ascent: Fsam, weights: list[Tensor], gradients: list[Tensor], update: int = 0) -> list[Tensor]:
    """w + e - w for every tensor."""
    before = [w.clone() for w in weights]
    if ascent.needs_mask(update):
        ascent.choose(gradients, update)
    with ascent.moved(weights, gradients, update):
        found = [w - b for w, b in zip(weights, before, strict=True)]
    assert all(torch.equal(w, b) for w, b in zip(weights, before, strict=True))
    return found


def same(some: Sequence[Tensor], others: Sequence[Tensor], tolerance: float = 1e-6) -> bool:
    return all(torch.allclose(a, b, atol=tolerance, rtol=0) for a, b in zip(some, others, strict=True))


@given(seed=st.integers(0, 50), rho=st.floats(0.01, 2))
def test_density_1_is_sam(seed: int, rho: float) -> None:
    """The formula of davda54/sam: e = rho g / (||g|| + 1e-12), over all parameters."""
    gradients = tensors(seed, 0.3)
    expected = [rho * g / float(norm(gradients) + 1e-12) for g in gradients]
    assert same(moves(fsam(density=1, rho=rho), tensors(seed + 100), gradients), expected)


@given(seed=st.integers(0, 50), density=st.floats(0.02, 0.98))
def test_fewer_entries_move_as_they_would_in_sam(seed: int, density: float) -> None:
    """The largest gradients, as many as said; the others stay, and the norm is that of the whole gradient."""
    gradients = tensors(seed)
    sam = moves(fsam(density=1), tensors(1), gradients)
    found = moves(fsam(density=density), tensors(1), gradients)
    flat, all_moves, sizes = (torch.cat([t.reshape(-1) for t in ts]) for ts in (found, sam, gradients))
    moved = flat != 0
    assert int(moved.sum()) == round(density * len(flat))
    assert torch.equal(flat[moved], all_moves[moved])
    if moved.any():
        assert sizes[moved].abs().min() >= sizes[~moved].abs().max()


def test_rho_0_moves_nothing() -> None:
    assert all(not m.any() for m in moves(fsam(rho=0.0), tensors(1), tensors(2)))


@pytest.mark.parametrize("density", [0.3, 1.0])
def test_weights_come_back_whatever_happens_in_between(density: float) -> None:
    weights, ascent = tensors(1, 1e3), fsam(density=density, rho=0.1)
    before = [w.clone() for w in weights]
    if density < 1:
        ascent.choose(tensors(2), 0)
    with pytest.raises(RuntimeError, match="lost"), ascent.moved(weights, tensors(2), 0):
        assert not same(weights, before)
        raise RuntimeError("lost")
    assert all(torch.equal(w, b) for w, b in zip(weights, before, strict=True))
    assert ascent.ascended_at == -1  # it did not come to pass


@pytest.mark.parametrize(("density", "period"), [(0.3, 1), (1.0, 1), (0.3, 2)])
def test_weights_come_back_where_memory_ends_while_they_are_moved(
    density: float, period: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, ascent, put = tensors(1), fsam(density=density, period=period), Fsam._put
    before = [w.clone() for w in weights]
    if density < 1:
        ascent.choose(tensors(2), 0)
    calls = iter([True, False])

    def failing(self: Fsam, *given: Any) -> None:
        if not next(calls, True):
            raise MemoryError
        put(self, *given)

    monkeypatch.setattr(Fsam, "_put", failing)
    with pytest.raises(MemoryError), ascent.moved(weights, tensors(2), 0):
        pass
    assert all(torch.equal(w, b) for w, b in zip(weights, before, strict=True))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_gradient_that_is_no_number_moves_nothing(bad: float) -> None:
    gradients = tensors(2)
    gradients[1][0] = bad
    assert all(not m.any() for m in moves(fsam(density=1), tensors(1), gradients))


def test_an_update_that_chooses_a_mask_is_moved_by_its_own_gradient() -> None:
    """Released code clears the gradient when it makes the mask: every hundredth update is plain Adam's."""
    ascent = fsam(refresh=2, density=0.2)
    for update in range(5):
        gradients = tensors(update)
        assert ascent.needs_mask(update) is (update % 2 == 0)
        assert float(norm(moves(ascent, tensors(9), gradients, update))) > 0.01


def test_a_mask_holds_until_it_is_refreshed() -> None:
    ascent = fsam(refresh=3, density=0.2)
    masks = [[m != 0 for m in moves(ascent, tensors(9), tensors(update), update)] for update in range(6)]
    assert all(torch.equal(a, b) for a, b in zip(masks[0], masks[2], strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(masks[2], masks[3], strict=True))


@pytest.mark.parametrize("density", [0.4, 1.0])
def test_what_is_not_ranked_stays(density: float) -> None:
    """Released code moves it fully. Its gradient counts in the norm."""
    ranked = (True, False, True, False)
    found = moves(fsam(ranked, density=density), tensors(1), tensors(2))
    assert all(bool(m.any()) is r for m, r in zip(found, ranked, strict=True))
    kept = sum(int((m != 0).sum()) for m in found)
    assert kept == round(density * sum(t.numel() for t, r in zip(found, ranked, strict=True) if r))
    full = moves(fsam(density=1), tensors(1), tensors(2))
    assert all(torch.equal(m[m != 0], f[m != 0]) for m, f in zip(found, full, strict=True))


def test_adaptive_scales_by_the_weights() -> None:
    weights, gradients = tensors(1), tensors(2)
    sizes = [w.abs() + ETA for w in weights]
    length = norm([g * s for g, s in zip(gradients, sizes, strict=True)])
    expected = [0.5 * s * s * g / float(length) for g, s in zip(gradients, sizes, strict=True)]
    assert same(moves(fsam(density=1, rho=0.5, adaptive=True), weights, gradients), expected)
    some = moves(fsam(density=0.5, rho=0.5, adaptive=True), weights, gradients)
    assert all(same([s[s != 0]], [e[s != 0]]) for s, e in zip(some, expected, strict=True))


def test_period_with_density_1_is_looksam() -> None:
    """Liu et al. 2022, algorithm 1: g_v = g_s - g (g.g_s / g.g); later g + alpha ||g|| / ||g_v|| g_v."""
    ascent = fsam(density=1, period=3, reuse_weight=0.7)
    first, second, later = (torch.cat([t.reshape(-1) for t in tensors(seed)]) for seed in (1, 2, 3))
    assert ascent.ascends(0)
    moves(ascent, tensors(9), tensors(1), 0)
    ascent.learn(tensors(2))
    assert [ascent.ascends(update) for update in (1, 2, 3, 4)] == [False, False, True, True]
    direction = second - first * (first @ second) / (first @ first)
    expected = later + 0.7 * later.norm() / direction.norm() * direction
    gradients = tensors(3)
    ascent.follow(gradients)
    assert torch.allclose(torch.cat([g.reshape(-1) for g in gradients]), expected, atol=1e-5)


def test_without_a_weight_the_direction_counts_as_much_as_it_did() -> None:
    """Added to the first gradient it gives the second one's direction again, whatever either was scaled by."""
    ascent = fsam(density=1, period=3)
    moves(ascent, tensors(9), tensors(1), 0)
    second = [f + 0.1 * t for f, t in zip(tensors(1), tensors(2), strict=True)]
    ascent.learn([5 * s for s in second])
    gradients = tensors(1, 0.3)
    ascent.follow(gradients)
    ours, theirs = (torch.cat([g.reshape(-1) for g in values]) for values in (gradients, second))
    assert float(torch.cosine_similarity(ours, theirs, 0)) == pytest.approx(1.0, abs=1e-6)
    assert not same(gradients, tensors(1, 0.3), 1e-3)


def test_period_follows_at_the_moved_entries_only() -> None:
    ascent, gradients = fsam(density=0.3, period=4), tensors(3)
    mask = [m != 0 for m in moves(ascent, tensors(9), tensors(1), 0)]
    ascent.learn(tensors(2))
    before = [g.clone() for g in gradients]
    ascent.follow(gradients)
    assert all(torch.equal((g != b), m) for g, b, m in zip(gradients, before, mask, strict=True))


def test_a_common_factor_of_the_gradients_changes_nothing() -> None:
    """So clipping and loss scaling before the ascent do not matter."""
    some, others = (moves(fsam(density=0.5), tensors(1), tensors(2, scale)) for scale in (1.0, 512.0))
    assert same(some, others, 1e-7)


@pytest.mark.parametrize(("density", "period"), [(1.0, 1), (0.3, 1), (0.3, 2), (1.0, 2)])
def test_in_parts_as_in_one_piece(density: float, period: int) -> None:
    def work(number: int, shards: Shards) -> tuple[list[Tensor], list[Tensor]]:
        ascent = fsam(shards=shards, density=density, period=period)
        moved = moves(ascent, cut(tensors(1), 2, number), cut(tensors(2), 2, number))
        if period > 1:
            ascent.learn(cut(tensors(3), 2, number))
            gradients = cut(tensors(4), 2, number)
            ascent.follow(gradients)
            return moved, gradients
        return moved, []

    parts = in_parts(2, work)
    ascent, gradients = fsam(density=density, period=period), tensors(4)
    assert same([torch.cat(pair) for pair in zip(*(p[0] for p in parts), strict=True)],
                moves(ascent, tensors(1), tensors(2)))  # fmt: skip
    if period > 1:
        ascent.learn(tensors(3))
        ascent.follow(gradients)
        assert same([torch.cat(pair) for pair in zip(*(p[1] for p in parts), strict=True)], gradients, 1e-5)


def test_memory_is_as_stated() -> None:
    weights, gradients = [torch.randn(200, 500)], [torch.randn(200, 500)]
    ascent = fsam((True,), density=0.1, period=5)
    ascent.choose(gradients, 0)
    with ascent.moved(weights, gradients, 0):
        pass
    ascent.learn([torch.randn(200, 500)])
    assert ascent.places is not None
    assert ascent.direction is not None
    kept = sum(t.numel() * t.element_size() for t in (*ascent.places, *ascent.direction))
    assert kept == (8 + 4) * weights[0].numel() // 10


@pytest.mark.parametrize("wrong", [{"rho": -1}, {"density": 0}, {"density": 1.1}, {"refresh": 0}, {"period": 0}])
def test_options_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        FsamOptions(**wrong)

"""Exactly as many entries as asked for, the largest, whatever their shapes, ties and shards."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.vega.parts import cut, in_parts
from vega.ops.top_share import top_share


def flags(values: list[Tensor], places: list[Tensor]) -> list[Tensor]:
    found = [torch.zeros(v.numel(), dtype=torch.bool) for v in values]
    for mask, place in zip(found, places, strict=True):
        assert torch.equal(place, place.sort().values)
        mask[place] = True
    return [mask.view(v.shape) for mask, v in zip(found, values, strict=True)]


@given(
    sizes=st.lists(st.integers(0, 40), min_size=1, max_size=4),
    share=st.floats(0, 1),
    levels=st.sampled_from([1, 2, 5, 10_000]),
    seed=st.integers(0, 1000),
)
def test_the_largest_and_exactly_as_many(sizes: list[int], share: float, levels: int, seed: int) -> None:
    """Few levels make many ties."""
    rng = torch.Generator().manual_seed(seed)
    values = [torch.randint(-levels, levels + 1, (n,), generator=rng) * 1.37e-3 for n in sizes]
    masks = flags(values, top_share(values, share))
    everything, kept = torch.cat(values).abs(), torch.cat(masks)
    assert int(kept.sum()) == round(share * len(everything))
    if kept.any() and not kept.all():
        assert everything[kept].min() >= everything[~kept].max()


@given(share=st.floats(0, 1), levels=st.sampled_from([1, 3, 10_000]), parts=st.integers(2, 3), seed=st.integers(0, 99))
def test_in_parts_as_in_one_piece(share: float, levels: int, parts: int, seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    values = [torch.randint(-levels, levels + 1, shape, generator=rng) / 7 for shape in ((5, 3), (2, 2), (7,))]
    found = in_parts(parts, lambda number, shards: top_share(cut(values, parts, number), share, shards))
    masks = [flags(cut(values, parts, number), places) for number, places in enumerate(found)]
    joined = [torch.cat([masks[number][i] for number in range(parts)]) for i in range(len(values))]
    whole = flags(values, top_share(values, share))
    assert sum(int(m.sum()) for m in joined) == sum(int(m.sum()) for m in whole)
    assert torch.equal(
        torch.cat([v[m].abs() for v, m in zip(values, joined, strict=True)]).sort().values,
        torch.cat([v[m].abs() for v, m in zip(values, whole, strict=True)]).sort().values,
    )


def test_views_that_are_not_contiguous() -> None:
    values = torch.arange(12.0).view(3, 4).t()
    assert flags([values], top_share([values], 0.25))[0][values >= 9].all()


def test_no_share() -> None:
    assert top_share([], 0.5) == []
    with pytest.raises(ValueError, match="share"):
        top_share([torch.ones(2)], 1.5)

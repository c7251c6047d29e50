"""The largest entries of several tensors together, exactly as many as asked for, however the tensors are sharded."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vega.ops.shards import WHOLE, Shards

#: A float's bits without the sign, read as an integer, rank as its magnitude does. 15 of them, then 16, are counted.
_HIGH, _LOW = 1 << 15, 1 << 16


def top_share(values: Sequence[Tensor], share: float, shards: Shards = WHOLE) -> list[Tensor]:
    """Where the entries of largest magnitude are: ascending flat indices into each of `values`, int64.

    `share` (0..1) of all entries of all `values` are taken, rounded to the nearest whole number, ranked together; of
    equal ones those of earlier tensors and places (with `shards`: of earlier processes). `values` are finite floats of
    any shapes; fp32, or converted to it. Takes memory for the largest tensor, not for all.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share is from 0 to 1, not {share}")
    if not values:
        return []
    device = values[0].device
    total = shards.sum(torch.tensor(sum(v.numel() for v in values), device=device))
    wanted = round(share * int(total))
    threshold, above = _threshold(values, wanted, shards)
    ties = [(_bits(v) == threshold).nonzero().squeeze(1) for v in values]
    here = torch.tensor(sum(len(t) for t in ties), device=device)
    left = max(0, wanted - above - int(shards.before(here)))
    chosen = []
    for value, equal in zip(values, ties, strict=True):
        kept = _bits(value) > threshold
        kept[equal[:left]] = True
        left = max(0, left - len(equal))
        chosen.append(kept.nonzero().squeeze(1))
    return chosen


def _threshold(values: Sequence[Tensor], wanted: int, shards: Shards) -> tuple[int, int]:
    """The bits of the smallest magnitude to be kept, and how many entries are larger. Two counts, coarse and fine."""
    coarse = shards.sum(_counted([_bits(v) >> 16 for v in values], _HIGH))
    high, above = _crossing(coarse, wanted, 0)
    fine = shards.sum(_counted([_low_bits(v, high) for v in values], _LOW))
    low, above = _crossing(fine, wanted, above)
    return (high << 16) | low, above


def _crossing(counts: Tensor, wanted: int, above: int) -> tuple[int, int]:
    """The highest bin down to which there are `wanted` entries, `above` of them in bins not counted here; and how many
    entries lie above it."""
    if wanted == 0:
        return len(counts) - 1, 0
    from_top = counts.flip(0).cumsum(0) + above
    place = int((from_top >= wanted).int().argmax())
    number = len(counts) - 1 - place
    return number, int(from_top[place] - counts[number])


def _counted(bins: Sequence[Tensor], size: int) -> Tensor:
    total = torch.zeros(size, dtype=torch.int64, device=bins[0].device)
    for each in bins:
        total += torch.bincount(each, minlength=size)
    return total


def _bits(value: Tensor) -> Tensor:
    return value.detach().reshape(-1).float().view(torch.int32) & 0x7FFFFFFF


def _low_bits(value: Tensor, high: int) -> Tensor:
    bits = _bits(value)
    return bits[(bits >> 16) == high] & 0xFFFF

"""Random numbers that are a function of what they are for: no state, so the same for any batch, process or restart.

A number is splitmix64's n-th output (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014,
with the finaliser "Mix13" of D. Stafford) from a start that hashes seed, purpose and key. Integers wrap alike on every
device, so a CPU and a GPU agree bit for bit, which generators of torch do not.

Shapes: B keys (rows), S numbers of one row.
"""

from __future__ import annotations

import torch
from torch import Tensor

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_WORD = (1 << 64) - 1


def _signed(number: int) -> int:
    """The lowest 64 bits as torch's int64 holds them."""
    number &= _WORD
    return number - (1 << 64) if number >> 63 else number


def _mixed_number(number: int) -> int:
    """`_mixed` of one Python number."""
    number &= _WORD
    number = (number ^ (number >> 30)) * _FIRST & _WORD
    number = (number ^ (number >> 27)) * _SECOND & _WORD
    return _signed(number ^ (number >> 31))


def _shifted(numbers: Tensor, bits: int) -> Tensor:
    """Shifted right with zeros from the left; torch's own shift repeats the sign."""
    return (numbers >> bits).bitwise_and_((1 << (64 - bits)) - 1)


def _mixed(numbers: Tensor) -> Tensor:
    """Splitmix64's finaliser, a bijection of int64."""
    numbers = (numbers ^ _shifted(numbers, 30)).mul_(_signed(_FIRST))
    numbers = numbers.bitwise_xor_(_shifted(numbers, 27)).mul_(_signed(_SECOND))
    return numbers.bitwise_xor_(_shifted(numbers, 31))


def hashes_at(seed: int, keys: Tensor, places: Tensor, purpose: int) -> Tensor:
    """What `hashes` has in columns `places` (B, S) of the rows of `keys` (B,): (B, S) int64."""
    start = _mixed(_mixed(keys) + _mixed_number(_mixed_number(seed) + purpose * _GOLDEN))  # (B,)
    return _mixed((places + 1) * _signed(_GOLDEN) + start[:, None])


def hashes(seed: int, keys: Tensor, count: int, purpose: int) -> Tensor:
    """`count` numbers for each of `keys` (B,) int64, even over all of int64: (B, `count`) int64, on the keys' device.

    A number depends on seed, key, column and purpose alone. `purpose` tells apart what one caller draws for one key.
    """
    return hashes_at(seed, keys, torch.arange(count, device=keys.device)[None], purpose)


def as_uniform(numbers: Tensor) -> Tensor:
    """Hashes as float32 in [0, 1), from their highest 24 bits, which a float32 holds exactly."""
    return _shifted(numbers, 40).float() * 2.0**-24


def uniform(seed: int, keys: Tensor, count: int, purpose: int) -> Tensor:
    """`hashes` as float32 in [0, 1): (B, `count`)."""
    return as_uniform(hashes(seed, keys, count, purpose))


def below(numbers: Tensor, limit: int | Tensor) -> Tensor:
    """Hashes as integers in [0, `limit`), `limit` > 0; uneven by `limit` in 2**63, which nobody can see."""
    return _shifted(numbers, 1) % limit


def with_number(keys: Tensor, number: int) -> Tensor:
    """Other keys (B,) for every `number`: those of a sample at this update."""
    return _mixed(_mixed(keys) + _mixed_number(number + _GOLDEN))


def row_hashes(values: Tensor, real: Tensor) -> Tensor:
    """One hash of each row's `real` values, in their order, wherever the others are: (B, S) int64 and bool to (B,)."""
    places = real.cumsum(1)
    spread = _mixed(_mixed(values + _signed(_GOLDEN)) + places * _signed(_GOLDEN))
    return _mixed(spread.masked_fill_(~real, 0).sum(1) + real.sum(1))

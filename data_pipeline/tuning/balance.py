"""How many lines of each domain: even, or by a temperature, as far as there are lines."""

from __future__ import annotations

from collections.abc import Mapping

from vega.directions import temperature_weights


def quotas(available: Mapping[str, int], total: int, temperature: float, repeat: int = 1) -> dict[str, int]:
    """Domain -> lines, of at most `total`; each has n * `repeat` at most, its share is ~ n^(1/T) where it has enough.

    Domains that have less than their share give all, and the others share what is left in the same proportions. The sum
    is `total`, or all there is. Equal input gives equal output, in whatever order the domains come.
    """
    names = sorted(name for name, count in available.items() if count)
    caps = {name: available[name] * repeat for name in names}
    weights = temperature_weights({name: available[name] for name in names}, temperature)
    given: dict[str, int] = {}
    while open_ := [name for name in names if name not in given]:
        left = total - sum(given.values())
        scale = left / sum(weights[name] for name in open_)
        full = [name for name in open_ if caps[name] <= weights[name] * scale]
        if not full:
            return {**dict.fromkeys(available, 0), **given, **_rounded({n: weights[n] * scale for n in open_}, left)}
        given |= {name: caps[name] for name in full}
    return {**dict.fromkeys(available, 0), **given}


def _rounded(shares: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers that sum to `total`: what is left after rounding down goes to the largest rests."""
    whole = {name: int(share) for name, share in shares.items()}
    rests = sorted(shares, key=lambda name: (whole[name] - shares[name], name))
    for name in rests[: total - sum(whole.values())]:
        whole[name] += 1
    return whole

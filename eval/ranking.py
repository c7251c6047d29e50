"""Which systems share a rank: clusters as WMT draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def clusters(ordered: Sequence[str], better: Callable[[str, str], bool]) -> list[list[str]]:
    """Systems, best score first, -> clusters, best first.

    The rule is WMT's: between two neighbours in the order a line is drawn where every system above is significantly
    better than every system below; `better(a, b)` says so of a pair, a the one with the better score. So two systems in
    different clusters always differ significantly. Two in one cluster need not: both may be equal to a third.
    """
    found: list[list[str]] = []
    for place, system in enumerate(ordered):
        above, below = ordered[:place], ordered[place:]
        if all(better(high, low) for high in above for low in below):
            found.append([])
        found[-1].append(system)
    return found


def ranks(grouped: Sequence[Sequence[str]]) -> dict[str, str]:
    """System -> its rank, `2` or, in a cluster of several, `2-4`."""
    found, before = {}, 0
    for cluster in grouped:
        first, last = before + 1, before + len(cluster)
        before = last
        found.update(dict.fromkeys(cluster, str(first) if first == last else f"{first}-{last}"))
    return found

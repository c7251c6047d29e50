"""Even choice from many."""

from __future__ import annotations


def spread(total: int, count: int) -> list[int]:
    """`count` different numbers from 0, evenly over `total`; all of them if there are fewer."""
    count = min(count, total)
    return [(2 * position + 1) * total // (2 * count) for position in range(count)]

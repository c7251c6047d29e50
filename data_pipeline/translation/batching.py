"""Lines of like length together, under a token budget: little padding, and a bound on memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def length_sorted_batches(lengths: Sequence[int], max_tokens: int) -> Iterator[list[int]]:
    """Yield the indices of `lengths` in batches: rows times the longest row is at most `max_tokens`, padding counted.

    The longest come first, so that too little memory shows at once; equal lengths stay in order. A row longer than
    `max_tokens` is a batch of its own. The batches depend on the arguments alone.
    """
    batch: list[int] = []
    longest = 0
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and (len(batch) + 1) * longest > max_tokens:
            yield batch
            batch = []
        if not batch:
            longest = lengths[index]
        batch.append(index)
    if batch:
        yield batch

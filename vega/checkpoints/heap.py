"""Memory of freed tensors, given back to the system.

glibc before 2.38 cannot use the hole of a freed aligned block, as torch's tensors are, for the next one of its size
once something small lies behind it. Reading a model tensor by tensor then takes as much memory as reading it at once
(measured: 592 MiB for a file of 605 MiB, and 127 MiB, its largest tensor, with this). `malloc_trim` gives the pages of
all holes back.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

#: Tensors between two times.
EVERY = 8


def give_back() -> None:
    """Does nothing where the C library has no such function."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def giving_back(items: Iterable[T], every: int = EVERY) -> Iterator[T]:
    """Yield `items`, for each of which a tensor is read and dropped."""
    for number, item in enumerate(items, start=1):
        yield item
        if number % every == 0:
            give_back()
    give_back()

"""Tensors in parts on several threads, each the process of one part."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from vega.ops.shards import Shards

T = TypeVar("T")


class _Table:
    """Where threads lay down values for each other."""

    def __init__(self, parts: int) -> None:
        self.barrier, self.slots = threading.Barrier(parts), [torch.zeros(0)] * parts

    def exchange(self, number: int, value: Tensor) -> list[Tensor]:
        self.slots[number] = value
        self.barrier.wait(30)
        everyone = list(self.slots)
        self.barrier.wait(30)
        return everyone


class ThreadShards(Shards):
    def __init__(self, table: _Table, number: int) -> None:
        self._table, self._number = table, number

    def sum(self, values: Tensor) -> Tensor:
        return torch.stack(self._table.exchange(self._number, values)).sum(0)

    def before(self, values: Tensor) -> Tensor:
        everyone = self._table.exchange(self._number, values)
        return torch.stack([torch.zeros_like(values), *everyone])[: self._number + 1].sum(0)


def in_parts(parts: int, work: Callable[[int, Shards], T]) -> list[T]:
    """`work` for each part at the same time; their results in order."""
    table = _Table(parts)
    with ThreadPoolExecutor(parts) as pool:
        return list(pool.map(lambda number: work(number, ThreadShards(table, number)), range(parts)))


def cut(tensors: Sequence[Tensor], parts: int, number: int) -> list[Tensor]:
    """One part of each, along the first dimension; contiguous, and possibly empty."""
    return [list(t.tensor_split(parts))[number].contiguous() for t in tensors]

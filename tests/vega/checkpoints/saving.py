"""Small checkpoints, saved by one process or by two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import fully_shard

from vega.checkpoints.retention import Retention
from vega.checkpoints.store import CheckpointStore


def tensors(value: float = 1.0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(round(value * 1000))
    return {
        "model.a.weight": torch.randn(7, 5, generator=generator),
        "model.b": torch.randn(3, generator=generator).bfloat16(),
        "optimizer.a.weight.exp_avg": torch.randn(7, 5, generator=generator),
        "model.count": torch.tensor([3]),
    }


def save(store: CheckpointStore, update: int, **changes: Any) -> float:
    options: dict[str, Any] = {"is_best": False, "asynchronous": False, **changes}
    aliases = {"model.c.weight": "model.a.weight"}
    state = {"cfg": {"model": {"arch": "none"}}, "optimizer_history": [{"num_updates": update}], "extra_state": {}}
    return store.save(update, tensors(update), state, {"aliases": aliases}, **options)


def store(folder: Path, last: int = 3, hourly: int = 0) -> CheckpointStore:
    return CheckpointStore(folder, Retention(last, hourly))


class Net(nn.Module):
    """Rows that two processes cannot share evenly."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.first, self.second = nn.Linear(5, 7), nn.Linear(7, 3)


def sharded_net(seed: int) -> Net:
    net = Net(seed)
    fully_shard(net.first)
    fully_shard(net)
    return net

"""Let several processes train on CPU, however they are started.

Stock fairseq counts CUDA devices where it should count processes: started by torchrun it divides by their number (0),
on its own it asserts, and with a tcp:// address it starts none, trains nothing and exits with 0. Its default backend
is NCCL, its DistributedDataParallel wants a device id. These are all our patches for CPU, in one place;
tests/fairseq_plugins/distributed/test_cpu_launch.py notices when fairseq changes under them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch
from fairseq.distributed import utils
from fairseq.models import distributed_fairseq_model
from omegaconf import open_dict
from torch import nn
from torch.nn.parallel import DistributedDataParallel

_stock_torchrun = utils._infer_torch_distributed_launch_init
_stock_single_node = utils._infer_single_node_init
_stock_all_gather_list = utils.all_gather_list
_stock_call_main = utils.call_main


def _torchrun_init(cfg: Any) -> None:
    if torch.cuda.is_available():
        _stock_torchrun(cfg)
        return
    with open_dict(cfg):
        cfg.distributed_init_method = "env://"
        cfg.distributed_world_size = int(os.environ["WORLD_SIZE"])
        cfg.distributed_rank = int(os.environ["RANK"])
        cfg.device_id = 0
        cfg.distributed_no_spawn = True  # torchrun has started the processes


def _single_node_init(cfg: Any) -> None:
    if torch.cuda.is_available():
        _stock_single_node(cfg)
        return
    if cfg.distributed_port <= 0:
        import socket

        with socket.socket() as probe:
            probe.bind(("localhost", 0))
            cfg.distributed_port = probe.getsockname()[1]
    cfg.distributed_init_method = f"tcp://localhost:{cfg.distributed_port}"


def _call_main(cfg: Any, main: Callable[..., Any], **kwargs: Any) -> Any:
    """fairseq's entry; on CPU with gloo, and with as many processes as were asked for."""
    training = cfg.distributed_training
    if torch.cuda.is_available():
        if training.cpu_offload and training.distributed_backend == "nccl":
            training.distributed_backend = "cpu:gloo,cuda:nccl"  # gradients are reduced on the GPU, norms on the CPU
        return _stock_call_main(cfg, main, **kwargs)
    training.distributed_backend = "gloo"
    if training.distributed_init_method is None:
        utils.infer_init_method(training)
    if training.distributed_init_method is None or training.distributed_no_spawn:
        result = _stock_call_main(cfg, main, **kwargs)
        if training.distributed_no_spawn and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()  # else gloo's threads now and then abort the ending process
        return result
    first, training.distributed_rank = training.distributed_rank, None  # as fairseq does: rank = first + number
    spawned = (main, cfg, {**kwargs, "start_rank": first})
    torch.multiprocessing.spawn(utils.distributed_main, args=spawned, nprocs=training.distributed_world_size)
    return None


def _data_parallel(module: nn.Module, device_ids: Any = None, output_device: Any = None, **options: Any) -> nn.Module:
    if all(parameter.device.type == "cpu" for parameter in module.parameters()):
        device_ids = output_device = None
    return DistributedDataParallel(module, device_ids=device_ids, output_device=output_device, **options)


def _all_gather_list(data: Any, group: Any = None, max_size: int = 16384) -> list[Any]:
    if torch.cuda.is_available():
        return list(_stock_all_gather_list(data, group, max_size))
    group = group or utils.get_global_group()
    gathered: list[Any] = [None] * utils.get_world_size(group)
    torch.distributed.all_gather_object(gathered, data, group=group)
    return gathered


def allow_processes_on_cpu() -> None:
    """Put the patches in place."""
    utils._infer_torch_distributed_launch_init = _torchrun_init
    utils._infer_single_node_init = _single_node_init
    utils.all_gather_list = _all_gather_list
    utils.call_main = _call_main
    distributed_fairseq_model.DistributedDataParallel = _data_parallel

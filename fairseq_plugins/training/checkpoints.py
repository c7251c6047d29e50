"""fairseq's saving and loading, for sharded checkpoints too.

fairseq's files hold everything on the first process. A folder of `vega.checkpoints` is written and read by all. Which
of the two is written, `--checkpoint-format` says; both are read, on any number of processes. Installed at the two
functions that fairseq's loop calls, `checkpoint_utils.save_checkpoint` and `load_checkpoint`, and at the one by which
fairseq makes further names of a file.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from fairseq import checkpoint_utils
from fairseq.logging import meters, metrics
from omegaconf import OmegaConf
from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor

from fairseq_plugins.optimizers.state_tensors import empty_state, put_state, state_tensors
from fairseq_plugins.training.ema import taken_out
from vega.checkpoints.layout import read_trainer_state, resolve
from vega.checkpoints.newest import LAST_FILE, newest
from vega.checkpoints.saved import best_file, keep_best_files
from vega.checkpoints.sources import EMA
from vega.checkpoints.tensor_files import load_tensors, stored_tensors
from vega.errors import UserError

logger = logging.getLogger(__name__)

_stock_save = checkpoint_utils.save_checkpoint
_stock_load = checkpoint_utils.load_checkpoint

#: Shapes and types by name, and a function that fills tensors of those names.
Stored = tuple[dict[str, tuple[tuple[int, ...], torch.dtype]], Callable[[dict[str, Tensor]], None]]


def save_checkpoint(cfg: Any, trainer: Any, epoch_itr: Any, val_loss: float | None) -> str | None:
    """In place of fairseq's; `save_checkpoint.best` is the best validation loss, as there."""
    with trainer.phases.within("checkpoint"):
        trainer.release_parameters()
        if trainer.checkpoint_store is None:
            saved: str | None = _stock_save(cfg, trainer, epoch_itr, val_loss)
            if saved is not None and val_loss is not None and (count := trainer.cfg.vega.keep_best):
                copy(saved, str(Path(cfg.save_dir) / best_file(trainer.get_num_updates())))
                keep_best_files(Path(cfg.save_dir), count)
            return saved
        return _save_folder(cfg, trainer, epoch_itr, val_loss)


def _save_folder(cfg: Any, trainer: Any, epoch_itr: Any, val_loss: float | None) -> str | None:
    is_best = False
    if val_loss is not None:
        before = getattr(save_checkpoint, "best", None)
        better = max if cfg.maximize_best_checkpoint_metric else min
        best = val_loss if before is None else better(val_loss, before)
        is_best = best == val_loss
        save_checkpoint.best = best  # type: ignore[attr-defined]
    if cfg.no_save:
        return None
    extra = {"train_iterator": epoch_itr.state_dict(), "val_loss": val_loss}
    if hasattr(save_checkpoint, "best"):
        extra["best"] = save_checkpoint.best
    tensors, state, aliases = collect(trainer, extra)
    update = trainer.get_num_updates()
    summary = {
        "epoch": epoch_itr.epoch,
        "validation_loss": val_loss,
        "processes": trainer.data_parallel_world_size,
        "arch": getattr(trainer.cfg.model, "arch", None) or trainer.cfg.model._name,
        "parameters": sum(p.numel() for p in trainer.get_model().parameters()),
        "training_seconds": round(float(trainer.cumulative_training_time()), 1),
        "torch": torch.__version__,
        "aliases": aliases,
    }
    blocked = trainer.checkpoint_store.save(
        update, tensors, state, summary, is_best=is_best, asynchronous=not trainer.cfg.vega.save_synchronously
    )
    logger.info(f"checkpoint of update {update}: training was held up for {blocked:.2f} s")
    metrics.log_scalar("save_blocked", blocked, weight=0, priority=1700, round=2)
    return str(trainer.checkpoint_store.root)


def collect(trainer: Any, extra_state: dict[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any], dict[str, str]]:
    """All tensors by stored name, all other state, and the second names of tied weights."""
    trainer.consolidate_optimizer()
    state = trainer.state_dict()
    state["extra_state"].update(extra_state)
    model, criterion = state.pop("model"), state.pop("criterion")
    state.pop("last_optimizer_state", None)
    taken_out(state["extra_state"])
    aliases = tied_names(trainer.get_model())
    tensors = {f"model.{name}": value for name, value in model.items() if name not in aliases}
    tensors |= {f"criterion.{name}": value for name, value in (criterion or {}).items()}
    if trainer.average is not None:
        tensors |= {f"{EMA}{name}": value for name, value in trainer.average.tensors.items()}
    if not trainer.cfg.checkpoint.no_save_optimizer_state:
        with getattr(trainer.optimizer, "stored", nullcontext)():
            optimizer = trainer.optimizer.optimizer
            moments, state["optimizer_numbers"] = state_tensors(optimizer, trainer.named_trained_parameters())
            tensors |= {f"optimizer.{name}": value for name, value in moments.items()}
            state["optimizer_groups"] = [
                {key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups
            ]
    return tensors, state, {f"model.{name}": f"model.{first}" for name, first in aliases.items()}


def tied_names(model: torch.nn.Module) -> dict[str, str]:
    """Second name -> first name of every parameter that has several."""
    first: dict[int, str] = {}
    aliases = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        if first.setdefault(id(parameter), name) != name:
            aliases[name] = first[id(parameter)]
    return aliases


def load_checkpoint(cfg: Any, trainer: Any, **options: Any) -> Any:
    """In place of fairseq's; where fairseq looks for `checkpoint_last.pt`, a folder of a later update counts too."""
    found = newest(Path(cfg.save_dir)) if cfg.restore_file == LAST_FILE else None
    if found is not None and found.is_dir():
        cfg = OmegaConf.merge(cfg, {"restore_file": str(found), "finetune_from_model": None})
    return _stock_load(cfg, trainer, **options)


def load_into(
    trainer: Any, path: Path, *, reset_optimizer: bool, reset_lr_scheduler: bool, overrides: Any, reset_meters: bool
) -> dict[str, Any]:
    """Load a folder, or a fairseq file into sharded parameters; every process reads its own part. The extra state."""
    state, stored = _open(trainer, path)
    history = state["optimizer_history"]
    trainer._optim_history = history
    trainer.model.set_num_updates(history[-1]["num_updates"])  # and sharded, where it is to be
    _load_module(trainer.get_model(), "model", stored)
    if any(True for _ in trainer.criterion.parameters()):
        _load_criterion(trainer.get_criterion(), stored)
    if not reset_optimizer and "optimizer_groups" in state:
        _load_optimizer(trainer, path, state, stored, reset_lr_scheduler, overrides or {})
    if not reset_optimizer and trainer.average is not None:
        trainer.average.load(*stored)
    extra: dict[str, Any] = state["extra_state"]
    _restore_clock_and_meters(trainer, extra, reset_meters)
    logger.info(f"loaded {path} (epoch {extra['train_iterator']['epoch']}, update {trainer.get_num_updates()})")
    return extra


def _open(trainer: Any, path: Path) -> tuple[dict[str, Any], Stored]:
    if path.is_dir():
        folder = resolve(path)
        known = {name: (info.shape, info.dtype) for name, info in stored_tensors(folder).items()}
        return read_trainer_state(folder), (known, lambda tensors: load_tensors(folder, tensors))
    state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    trainer.get_model().upgrade_state_dict(state["model"])
    return state, _from_file(trainer, path, state)


def _from_file(trainer: Any, path: Path, state: dict[str, Any]) -> Stored:
    """A fairseq file's tensors under our names; its optimizer state where it is kept by parameter."""
    whole: dict[str, Tensor] = {f"model.{name}": value for name, value in state["model"].items()}
    whole |= {f"criterion.{name}": value for name, value in (state.get("criterion") or {}).items()}
    whole |= {f"{EMA}{name}": value for name, value in taken_out(state["extra_state"]).items()}
    saved = state.get("last_optimizer_state") or {}
    names = [name for name, _ in trainer.named_trained_parameters()]
    if saved and sorted(saved.get("state", {})) == list(range(len(names))):
        numbers: dict[str, dict[str, Any]] = {}
        for index, name in enumerate(names):
            for key, value in saved["state"][index].items():
                if torch.is_tensor(value) and value.dim() > 0:
                    whole[f"optimizer.{name}.{key}"] = value
                else:
                    numbers.setdefault(name, {})[key] = value
        state["optimizer_numbers"] = numbers
        state["optimizer_groups"] = [{k: v for k, v in g.items() if k != "params"} for g in saved["param_groups"]]

    def fill(tensors: dict[str, Tensor]) -> None:
        for name, tensor in tensors.items():
            if name not in whole or whole[name].shape != tensor.shape:
                raise UserError(f"{path}: '{name}' is missing or of another shape: another architecture or vocabulary.")
            source = whole[name].to(tensor.dtype)
            if isinstance(tensor, DTensor):  # this process's part only; nothing is sent
                source = distribute_tensor(
                    source.to(tensor.device), tensor.device_mesh, tensor.placements, src_data_rank=None
                )
            tensor.copy_(source)

    return {name: (tuple(value.shape), value.dtype) for name, value in whole.items()}, fill


@torch.no_grad()
def _load_module(module: torch.nn.Module, prefix: str, stored: Stored) -> None:
    aliases = tied_names(module)
    state = {name: value for name, value in module.state_dict().items() if name not in aliases}
    stored[1]({f"{prefix}.{name}": value for name, value in state.items()})  # state_dict shares the memory


def _load_criterion(criterion: torch.nn.Module, stored: Stored) -> None:
    """A checkpoint of a criterion without weights leaves those of ours as they are, if it knows of such (vega_e2s2)."""
    if any(name.startswith("criterion.") for name in stored[0]):
        _load_module(criterion, "criterion", stored)
    else:
        criterion.load_state_dict({})


@torch.no_grad()
def _load_optimizer(
    trainer: Any, path: Path, state: dict[str, Any], stored: Stored, reset_lr_scheduler: bool, overrides: dict[str, Any]
) -> None:
    last = state["optimizer_history"][-1]
    trainer._build_optimizer()
    for kind, ours in (("criterion", trainer.get_criterion()), ("optimizer", trainer.optimizer)):
        if last[f"{kind}_name"] != type(ours).__name__:
            raise UserError(
                f"{path} was trained with {kind} {last[f'{kind}_name']}, not {type(ours).__name__}. "
                "Use the same, or --reset-optimizer."
            )
    if not reset_lr_scheduler:
        trainer.lr_scheduler.load_state_dict(last["lr_scheduler_state"])
    optimizer, named = trainer.optimizer.optimizer, trainer.named_trained_parameters()
    prefix = "optimizer."
    known = {name.removeprefix(prefix): info for name, info in stored[0].items() if name.startswith(prefix)}
    room = empty_state(optimizer, named, known)
    stored[1]({f"{prefix}{name}": tensor for name, tensor in room.items()})
    put_state(optimizer, named, room, state["optimizer_numbers"])
    for group, saved in zip(optimizer.param_groups, state["optimizer_groups"], strict=True):
        group.update({**saved, **overrides})
    trainer.set_num_updates(last["num_updates"])


def _restore_clock_and_meters(trainer: Any, extra: dict[str, Any], reset_meters: bool) -> None:
    iterator = extra["train_iterator"]
    trainer.continue_clock(extra.get("previous_training_time", 0))
    trainer.lr_step(iterator["epoch"])
    if reset_meters or iterator["iterations_in_epoch"] == 0 or "metrics" not in extra:
        return
    metrics.load_state_dict(extra["metrics"])
    for meter in metrics.get_meters("default"):
        if isinstance(meter, meters.TimeMeter):  # their start times mean nothing now
            meter.reset()


def copy(src_path: str, dst_path: str, overwrite: bool = False) -> bool:
    """In place of fairseq's PathManager.copy: checkpoint_last.pt and _best.pt appear in one step, and cost no writing.

    fairseq copies onto them; a kill then leaves half a file, with which training cannot start again.
    """
    partial = Path(f"{dst_path}.tmp")
    partial.unlink(missing_ok=True)
    try:
        os.link(src_path, partial)  # fairseq never changes a file that it has written
    except OSError:  # a file system without hard links
        shutil.copyfile(src_path, partial)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
    partial.replace(dst_path)
    return True


def use_our_checkpoints() -> None:
    """Put the functions in place; the best loss so far is an attribute, as fairseq keeps it."""
    checkpoint_utils.save_checkpoint = save_checkpoint
    checkpoint_utils.load_checkpoint = load_checkpoint
    checkpoint_utils.PathManager.copy = staticmethod(copy)

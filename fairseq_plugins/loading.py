"""Any checkpoint as a model that computes: a fairseq file, a sharded folder, an average of several, a fusion."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any, NamedTuple

from fairseq import tasks
from fairseq.models import build_model
from omegaconf import OmegaConf

import fairseq_plugins  # noqa: F401 (registers tasks and architectures, allows fairseq's classes in checkpoints)
from vega.checkpoints.sources import Weights, all_names, open_weights, options_of
from vega.errors import UserError

PAD, EOS = 1, 2
TRANSLATION = "vega_multidirectional"


class Loaded(NamedTuple):
    """A model in fp32 and in evaluation mode, and its task on a data folder."""

    model: Any
    task: Any


def open_checkpoint(path: Path) -> Weights:
    """The weights; UserError where there is nothing."""
    if not path.exists():
        raise UserError(f"{path}: no such checkpoint. Train first, or name another one.")
    return open_weights(path)


def load(weights: Weights, data: Path, directions: str = "", *, trained: bool = True) -> Loaded:
    """The model with its task on `data`, a folder of `vega binarize`, in `directions` or in those of training.

    Without `trained`, fresh random weights, by torch's seed. UserError where the vocabulary is another one.
    """
    options = {**options_of(weights, "task"), "data": str(data)}
    if directions and options.get("_name") != TRANSLATION:  # a model of pre-training, as a translator
        options = {"_name": TRANSLATION, "data": str(data)}
    if directions:
        options["directions"] = directions
    task = tasks.setup_task(OmegaConf.create(options) if "_name" in options else Namespace(**options))
    rows = weights.tensors()["encoder.embed_tokens.weight"].shape[0]
    if rows != len(task.dictionary):
        raise UserError(
            f"{weights.path} was trained with {rows:,} symbols, {data}/dict.txt has {len(task.dictionary):,}. "
            "Give the data folder it was trained with."
        )
    return Loaded(fairseq_model(weights, task, trained=trained), task)


def fairseq_model(weights: Weights, task: Any = None, *, trained: bool = True) -> Any:
    """The checkpoint's model, built by fairseq, in fp32 and in evaluation mode; without a `task` also of stock ones."""
    options = weights.trainer_state()["cfg"]["model"]
    vocabulary = weights.tensors()["encoder.embed_tokens.weight"].shape[0]
    described = options if isinstance(options, Namespace) else OmegaConf.create(options)
    model = build_model(described, task or _Task(vocabulary))
    if trained:
        model.load_state_dict({name: weights.tensor(stored) for name, stored in all_names(weights)}, strict=True)
    return model.float().eval()


class _Symbols:
    """A dictionary as far as a model needs one."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def pad(self) -> int:
        return PAD

    def eos(self) -> int:
        return EOS

    def unk(self) -> int:
        return 3


class _Task:
    def __init__(self, vocabulary: int) -> None:
        self.source_dictionary = self.target_dictionary = _Symbols(vocabulary)

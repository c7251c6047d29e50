"""Two checkpoints as one, fused tensor by tensor: what is in memory does not grow with the number of layers."""

from __future__ import annotations

import importlib.util
import json
import math
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.distributed.checkpoint.state_dict_saver import save

from vega.atomic import atomic_path
from vega.checkpoints.export import export_fairseq
from vega.checkpoints.heap import give_back, giving_back
from vega.checkpoints.layout import FORMAT, SUMMARY, SUMS, TRAINER
from vega.checkpoints.reshard import OneByOne
from vega.checkpoints.sources import MODEL, Weights, options_of
from vega.checkpoints.tensor_files import HashingWriter, TensorInfo, sha256
from vega.errors import UserError
from vega.methods.ot_fusion import ActivationCosts, Alignment, WeightCosts, interpolated
from vega.ops.symmetry import Symmetry, transformer_symmetry

#: fairseq's options that change what a model of the same names and shapes computes, and their defaults.
_SAME = {
    "encoder_attention_heads": None, "decoder_attention_heads": None, "encoder_normalize_before": False,
    "decoder_normalize_before": False, "encoder_learned_pos": False, "decoder_learned_pos": False,
    "no_token_positional_embeddings": False, "no_scale_embedding": False, "activation_fn": "relu",
    "share_all_embeddings": False, "no_cross_attention": False, "cross_self_attention": False,
}  # fmt: skip
_EMBEDDINGS = ("embed_tokens.weight", "embed_positions.weight")
#: Features of an order's neurons, for the first and for the second model: (n, tokens).
Features = tuple[Callable[[str], Tensor], Callable[[str], Tensor]]


def model_options(weights: Weights) -> dict[str, Any]:
    """What fairseq was told about the model."""
    model = options_of(weights, "model")
    if not model:
        raise UserError(f"{weights.path}: has no cfg.model, so nobody knows its number of heads. Save it with fairseq.")
    return model


def check_same_model(first: Weights, second: Weights) -> None:
    """UserError unless both have one vocabulary, one architecture and one size."""
    ours, theirs = first.tensors(), second.tensors()
    for side in ("encoder", "decoder"):
        rows = [t[name].shape[0] for t in (ours, theirs) if (name := f"{side}.embed_tokens.weight") in t]
        if len(set(rows)) > 1:
            raise UserError(
                f"{first.path} has {rows[0]:,} symbols and {second.path} {rows[1]:,}: models are fused that have one "
                "vocabulary. Train the second with the first's dict.txt."
            )
    for name in sorted({*ours, *first.aliases()} ^ {*theirs, *second.aliases()}):
        raise UserError(f"'{name}' is in only one of {first.path} and {second.path}: not one architecture.")
    for name in sorted(ours.keys() ^ theirs.keys()):
        raise UserError(f"'{name}' is tied in only one of {first.path} and {second.path}: not one architecture.")
    for name, info in ours.items():
        if info.shape != theirs[name].shape:
            raise UserError(
                f"'{name}' is {info.shape} in {first.path} and {theirs[name].shape} in {second.path}: not one size."
            )
    options = model_options(first), model_options(second)
    for key, default in _SAME.items():
        a, b = (each.get(key, default) for each in options)
        if a != b:
            raise UserError(f"{key} is {a} in {first.path} and {b} in {second.path}: not one architecture.")
    _check_dictionaries(first, second)


def _check_dictionaries(first: Weights, second: Weights) -> None:
    """As far as the folders they were trained on are still there."""
    found = [path for weights in (first, second) if (path := _dictionary(weights)) is not None]
    if len(found) == 2 and found[0].read_bytes() != found[1].read_bytes():
        raise UserError(f"{found[0]} and {found[1]} differ: models are fused that have one vocabulary.")


def _dictionary(weights: Weights) -> Path | None:
    data = options_of(weights, "task").get("data")
    path = Path(str(data)) / "dict.txt"
    return path if data and path.is_file() else None


def symmetry_of(weights: Weights) -> Symmetry:
    """UserError for a model whose symmetries are not known."""
    shapes = {name: info.shape for name, info in weights.tensors().items()}
    options = model_options(weights)
    heads = {side: int(options.get(f"{side}_attention_heads") or 0) for side in ("encoder", "decoder")}
    if not all(heads.values()):
        raise UserError(f"{weights.path}: cfg.model does not say how many attention heads there are.")
    try:
        return transformer_symmetry(shapes, weights.aliases(), heads, shared=bool(options.get("share_all_embeddings")))
    except ValueError as error:
        raise UserError(f"{weights.path}: {error}. Only `align: none` and `align: paper` fuse such a model.") from None


class Aligned:
    """`Weights`: those of a model whose neurons another's order is given to. With exact plans it computes the same."""

    def __init__(self, first: Weights, alignment: Alignment) -> None:
        self._first, self.alignment, self.path = first, alignment, first.path

    def tensors(self) -> dict[str, TensorInfo]:
        return self._first.tensors()

    def tensor(self, name: str) -> Tensor:
        try:
            return self.alignment.aligned(name, self._first.tensor(name))
        except ValueError as error:  # from the solvers, which work while tensors are read
            raise UserError(f"{self.path}: {error}.") from None

    def aliases(self) -> dict[str, str]:
        return self._first.aliases()

    def trainer_state(self) -> dict[str, Any]:
        return self._first.trainer_state()


class Fused:
    """`Weights`: p0 x first + (1 - p0) x second; everything but weights, and embeddings of symbols and positions if
    `keep_embeddings`, is the second's."""

    def __init__(self, first: Weights, second: Weights, p0: float, keep_embeddings: bool = True) -> None:
        self.first, self.second, self.p0 = first, second, p0
        self.path, self.keep_embeddings = second.path, keep_embeddings

    def tensors(self) -> dict[str, TensorInfo]:
        return self.second.tensors()

    def tensor(self, name: str) -> Tensor:
        second = self.second.tensor(name)
        if (self.keep_embeddings and name.endswith(_EMBEDDINGS)) or not second.is_floating_point():
            return second
        return interpolated(self.first.tensor(name), second, self.p0)

    def aliases(self) -> dict[str, str]:
        return self.second.aliases()

    def trainer_state(self) -> dict[str, Any]:
        return self.second.trainer_state()


def align(first: Weights, second: Weights, features: Features | None = None, regularisation: float = 0.0) -> Aligned:
    """The first model's neurons in the second's order, by weights, or by `features` where they are given."""
    if regularisation and importlib.util.find_spec("ot") is None:
        raise UserError("regularisation, Sinkhorn's plans, needs POT: pip install POT")
    symmetry = symmetry_of(first)
    costs = ActivationCosts(*features) if features else WeightCosts(symmetry, first.tensor, second.tensor)
    try:
        return Aligned(first, Alignment(symmetry, costs, regularisation))
    except ValueError as error:
        raise UserError(f"{first.path} and {second.path}: {error}.") from None


def squared_distance(first: Weights, second: Weights) -> float:
    """||first - second||^2 over all weights, tied ones once. UserError where one is no finite number."""
    names = [name for name, info in second.tensors().items() if info.dtype.is_floating_point]
    pairs = ((first.tensor(name).float(), second.tensor(name).float()) for name in giving_back(names))
    found = sum(float((ours - theirs).square().sum(dtype=torch.float64)) for ours, theirs in pairs)
    if not math.isfinite(found):
        raise UserError(f"{first.path} or {second.path} has weights that are not finite: training has diverged.")
    return found


def write_fused(weights: Weights, output: Path, to: str) -> None:
    """As one fairseq file, or as a folder of sharded training (`sharded`); it appears when it is whole."""
    if output.exists():
        raise UserError(f"{output} is already there. Delete it, or choose another name.")
    if to == "sharded":
        _write_folder(weights, output)
    else:
        export_fairseq(weights, output)


def _write_folder(weights: Weights, output: Path) -> None:
    infos = weights.tensors()
    stand_ins = {MODEL + name: torch.empty(i.shape, dtype=i.dtype, device="meta") for name, i in infos.items()}
    state = weights.trainer_state()
    update = int((state.get("optimizer_history") or [{}])[-1].get("num_updates") or 0)
    aliases = {MODEL + name: MODEL + stored for name, stored in weights.aliases().items()}
    summary = {"format": FORMAT, "update": update, "time": time.time(), "aliases": aliases}
    with atomic_path(output) as folder:
        folder.mkdir()

        def publish(hashes: dict[str, str]) -> None:
            torch.save(_without_optimizer(state), folder / TRAINER)
            (folder / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
            hashes |= {name: sha256(folder / name) for name in (TRAINER, SUMMARY)}
            lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
            (folder / SUMS).write_text(lines, encoding="utf-8")

        def read(name: str) -> Tensor:
            give_back()
            return weights.tensor(name.removeprefix(MODEL))

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it runs in a single process, which is meant
            save(stand_ins, storage_writer=HashingWriter(folder, publish), planner=OneByOne(read), no_dist=True)


def _without_optimizer(state: dict[str, Any]) -> dict[str, Any]:
    internal = ("optimizer_numbers", "optimizer_groups", "last_optimizer_state", "model")
    return {key: value for key, value in state.items() if key not in internal}

"""What neurons answer, for the stage `fuse`: two models run on the same dev sentences.

Features of an order of neurons (`vega.ops.symmetry`) are those of several places, each scaled to mean square 1, side by
side: of a stream the inputs of all layers and the outputs of the last, of a feed-forward layer what its first matrix
writes and its second reads, of an attention block queries and keys, and values and what the output projection reads.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from fairseq.modules import MultiheadAttention
from torch import Tensor, nn

from fairseq_plugins.loading import fairseq_model
from fairseq_plugins.tasks.multidirectional import MultidirectionalConfig, MultidirectionalTask
from vega.checkpoints.fuse import symmetry_of
from vega.checkpoints.sources import Weights
from vega.errors import UserError
from vega.ops.transport import assignment, squared_distances

#: Put on the cost of changing places in the paper's release.
PAPER_TIE = 1e-5
_TINY = 1e-12


class Batch(NamedTuple):
    """Source (B, S) and decoder input (B, T), and which of their tokens are no padding."""

    source: Tensor
    previous: Tensor
    real_source: Tensor
    real_target: Tensor


def dev_batches(
    weights: Weights, data: Path, directions: Sequence[str], tokens: int, seed: int, max_tokens: int = 4096
) -> list[Batch]:
    """Dev batches in an order drawn by `seed`, until they have `tokens` target tokens; the last may exceed that."""
    task = MultidirectionalTask.setup_task(MultidirectionalConfig(data=str(data), directions=",".join(directions)))
    rows = weights.tensors()["encoder.embed_tokens.weight"].shape[0]
    if rows != len(task.dictionary):
        raise UserError(
            f"{weights.path} has {rows:,} symbols, {data}/dict.txt has {len(task.dictionary):,}. Give the data folder "
            "it was trained with."
        )
    task.load_dataset("valid")
    iterator = task.get_batch_iterator(
        task.dataset("valid"), max_tokens=max_tokens, max_positions=task.max_positions(), ignore_invalid_inputs=True
    )
    every = [each["net_input"] for each in iterator.next_epoch_itr(shuffle=False) if each]
    chosen: list[Batch] = []
    for index in np.random.default_rng(seed).permutation(len(every)):
        pad = task.dictionary.pad()
        source, previous = every[index]["src_tokens"], every[index]["prev_output_tokens"]
        chosen.append(Batch(source, previous, source != pad, previous != pad))
        if sum(int(batch.real_target.sum()) for batch in chosen) >= tokens:
            break
    if not chosen:
        raise UserError(f"{data} has no dev sentences in {', '.join(directions)}.")
    return chosen


def record(weights: Weights, batches: list[Batch], folder: Path) -> Callable[[str], Tensor]:
    """Run the model; a function that gives the features (n, tokens) of an order. They lie in files in `folder`."""
    symmetry = symmetry_of(weights)
    places: dict[str, list[_Tap]] = {
        order: [] for group in (*symmetry.streams, *symmetry.inner) for order in group.axes
    }
    model = _model(weights)
    folder.mkdir(parents=True)
    taps: list[tuple[nn.Module, bool, _Tap]] = []
    streams = {order for group in symmetry.streams for order in group.axes}
    for order, module, reads_input, of_source in _places(model, streams):
        if order in places:
            size = symmetry.group(order).size
            tokens = sum(int((b.real_source if of_source else b.real_target).sum()) for b in batches)
            tap = _Tap(folder / f"{order}.{len(places[order])}", tokens, size, of_source)
            places[order].append(tap)
            taps.append((module, reads_input, tap))
    with torch.no_grad(), _tapped(taps):
        for batch in batches:
            for _, _, tap in taps:
                tap.real = batch.real_source if tap.of_source else batch.real_target
            _run(model, batch)
    return lambda order: torch.cat([tap.features() for tap in places[order]], dim=1)


class _Tap:
    """Answers of one place, (tokens, n) in a mapped file."""

    def __init__(self, path: Path, tokens: int, size: int, of_source: bool) -> None:
        self._rows = torch.from_file(str(path), shared=True, size=tokens * size).view(tokens, size)
        self._filled, self.of_source = 0, of_source
        self.real = torch.empty(0)

    def __call__(self, x: Tensor) -> None:
        """x: (T, B, n), as inside fairseq's layers."""
        rows = x.transpose(0, 1)[self.real]
        self._rows[self._filled : self._filled + len(rows)] = rows
        self._filled += len(rows)

    def features(self) -> Tensor:
        """(n, tokens), mean square 1."""
        return (self._rows / (self._rows.square().mean().sqrt() + _TINY)).T


def _places(model: Any, streams: set[str]) -> Iterator[tuple[str, nn.Module, bool, bool]]:
    """Order, module, whether its input counts (or its output), whether its tokens are the source's."""
    for side, part in (("encoder", model.encoder), ("decoder", model.decoder)):
        encodes = side == "encoder"
        stream = "stream" if "stream" in streams else f"{side}.stream"
        for number, layer in enumerate(part.layers):
            name = f"{side}.layers.{number}"
            yield stream, layer, True, encodes
            yield f"{name}.ffn", layer.fc1, False, encodes  # those that ReLU silences are told apart by this
            yield f"{name}.ffn", layer.fc2, True, encodes
            for block in ("self_attn", "encoder_attn"):
                attention = getattr(layer, block, None)
                if attention is not None:
                    keys = encodes or block == "encoder_attn"
                    yield f"{name}.{block}.qk", attention.q_proj, False, encodes
                    yield f"{name}.{block}.qk", attention.k_proj, False, keys
                    yield f"{name}.{block}.vo", attention.v_proj, False, keys
                    yield f"{name}.{block}.vo", attention.out_proj, True, encodes
        yield stream, part.layers[-1], False, encodes


@contextmanager
def _tapped(taps: list[tuple[nn.Module, bool, _Tap]]) -> Iterator[None]:
    handles = []
    for module, reads_input, tap in taps:
        if reads_input:
            handles.append(module.register_forward_pre_hook(lambda _, inputs, tap=tap: tap(inputs[0])))
        else:
            handles.append(module.register_forward_hook(lambda _, __, out, tap=tap: tap(_first(out))))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _first(out: Any) -> Tensor:
    """Layers of a decoder also give attention weights."""
    found: Tensor = out[0] if isinstance(out, tuple) else out
    return found


def _model(weights: Weights) -> Any:
    """In evaluation mode, with attention that calls its projections as modules."""
    model = fairseq_model(weights)
    for module in model.modules():
        if isinstance(module, MultiheadAttention):
            module.prepare_for_onnx_export_()  # fairseq's own way around F.multi_head_attention_forward
    return model


def _run(model: Any, batch: Batch) -> None:
    model(batch.source, batch.real_source.sum(1), batch.previous)


# As the paper's release has it


def align_by_matrix(first: Weights, second: Weights, batches: list[Batch], output: Path) -> None:
    """Write the first model, each tensor aligned on its own by its module's activations, as a fairseq file.

    As the release of arXiv 2209.03316 does: T_out from the outputs of the model as aligned so far and the second's,
    T_in from its inputs before and after, W <- T_out' W T_in, embeddings not at all, then the next tensor with the
    model so changed. Query and key are not aligned alike, heads are not kept, and residual branches may differ: the
    model computes something else afterwards. A pass of three models per tensor.
    """
    original, theirs = _model(first), _model(second)
    current = copy.deepcopy(original)
    for name, parameter in current.named_parameters():
        module, _, _ = name.rpartition(".")
        if "embed_tokens" in name or "embed_positions" in name:
            continue
        inputs, outputs = _seen(current, module, batches)
        with torch.no_grad():
            if "output_projection" not in name:
                parameter.copy_(parameter[_order(outputs, _seen(theirs, module, batches)[1])])
            if parameter.dim() == 2:
                parameter.copy_(parameter[:, _order(_seen(original, module, batches)[0], inputs)])
    torch.save({**first.trainer_state(), "model": current.state_dict(), "last_optimizer_state": None}, output)


def _order(first: Tensor, second: Tensor) -> Tensor:
    """Which of the first's neurons goes where, by Euclidean distance over tokens (n, tokens)."""
    cost = np.sqrt(squared_distances([(first, second)], len(first))) + PAPER_TIE
    np.fill_diagonal(cost, cost.diagonal() - PAPER_TIE)
    return torch.from_numpy(assignment(cost))


def _seen(model: Any, module: str, batches: list[Batch]) -> tuple[Tensor, Tensor]:
    """Inputs and outputs of a module, (n, tokens) each, padding left out."""
    of_source = module.startswith("encoder.") or bool(re.search(r"encoder_attn\.[kv]_proj$", module))
    turned = not module.endswith(("layernorm_embedding", "output_projection"))  # all others see (T, B, n)
    seen: tuple[list[Tensor], list[Tensor]] = ([], [])
    real = torch.empty(0)

    def tap(_: nn.Module, inputs: tuple[Tensor, ...], out: Tensor) -> None:
        for found, x in zip(seen, (inputs[0], out), strict=True):
            found.append((x.transpose(0, 1) if turned else x)[real])

    handle = model.get_submodule(module).register_forward_hook(tap)
    with torch.no_grad():
        for batch in batches:
            real = batch.real_source if of_source else batch.real_target
            _run(model, batch)
    handle.remove()
    return torch.cat(seen[0]).T, torch.cat(seen[1]).T

"""Which axes of a Transformer's tensors may be permuted together without changing what it computes.

From fairseq's names and shapes alone. Axes that carry one order of neurons form a group:

- the residual stream: one for encoder and decoder where they share embeddings, else one for each. It can only be
  permuted where positions are learned: sinusoidal ones are computed, not stored, and stay in their order.
- the neurons inside a feed-forward layer;
- of an attention block what query and key share and what value and output projection share; heads move as wholes, both
  alike, and neurons only inside their head: softmax is taken per head.

Symbols, positions in the sentence, and everything else keep their order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Shapes = Mapping[str, tuple[int, ...]]

_EMBEDDING, _POSITIONS = "embed_tokens.weight", "embed_positions.weight"
#: Kinds of axis, before it is known which layer or which stream.
_STREAM, _OTHER_STREAM, _FFN, _QK, _VO, _FIXED = "stream", "other stream", "ffn", "qk", "vo", ""

_NORMS = "self_attn_layer_norm|encoder_attn_layer_norm|final_layer_norm|attn_ln"
#: Name below `encoder.` or `decoder.` -> kinds of its axes.
_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"embed_tokens\.weight|embed_positions\.weight|output_projection\.weight", (_FIXED, _STREAM)),
    (r"(layernorm_embedding|layer_norm)\.(weight|bias)", (_STREAM,)),
    (rf"layers\.\d+\.({_NORMS})\.(weight|bias)", (_STREAM,)),
    (r"layers\.\d+\.w_resid", (_STREAM,)),
    (r"layers\.\d+\.fc1\.weight", (_FFN, _STREAM)),
    (r"layers\.\d+\.(fc1|ffn_layernorm)\.(weight|bias)", (_FFN,)),
    (r"layers\.\d+\.fc2\.weight", (_STREAM, _FFN)),
    (r"layers\.\d+\.fc2\.bias", (_STREAM,)),
    (r"layers\.\d+\.(self_attn\.[qk]|encoder_attn\.q)_proj\.weight", (_QK, _STREAM)),
    (r"layers\.\d+\.encoder_attn\.k_proj\.weight", (_QK, _OTHER_STREAM)),
    (r"layers\.\d+\.self_attn\.v_proj\.weight", (_VO, _STREAM)),
    (r"layers\.\d+\.encoder_attn\.v_proj\.weight", (_VO, _OTHER_STREAM)),
    (r"layers\.\d+\.\w+_attn\.[qk]_proj\.bias", (_QK,)),
    (r"layers\.\d+\.\w+_attn\.v_proj\.bias", (_VO,)),
    (r"layers\.\d+\.\w+_attn\.out_proj\.weight", (_STREAM, _VO)),
    (r"layers\.\d+\.\w+_attn\.out_proj\.bias", (_STREAM,)),
)
#: fairseq's markers, no weights.
_MARKERS = re.compile(r"(encoder|decoder)\.(version|embed_positions\._float_tensor)")


@dataclass(frozen=True)
class Group:
    """Axes of one module, or of a stream, that are matched together: two for an attention block, whose order of heads
    they share, else one."""

    axes: tuple[str, ...]
    size: int
    heads: int = 1


@dataclass(frozen=True)
class Symmetry:
    """`axes`: of each tensor, for each axis the name of the order it is in, None where that is fixed. `streams`: those
    that may be permuted. `inner`: all other groups; none shares a tensor with another. `fixed`: streams that stay, for
    their positions are not stored."""

    axes: dict[str, tuple[str | None, ...]]
    streams: tuple[Group, ...]
    inner: tuple[Group, ...]
    fixed: tuple[str, ...]

    def group(self, axis: str) -> Group:
        """The one that an axis belongs to."""
        return next(group for group in (*self.streams, *self.inner) if axis in group.axes)

    def tensors(self, axis: str) -> list[tuple[str, int]]:
        """All tensors with this axis, and where they have it."""
        return [(name, axes.index(axis)) for name, axes in self.axes.items() if axis in axes]


def transformer_symmetry(
    shapes: Shapes, aliases: Mapping[str, str], heads: Mapping[str, int], *, shared: bool = False
) -> Symmetry:
    """The groups of an encoder-decoder Transformer of fairseq, pre- or post-norm.

    `aliases`: further names of tied tensors -> the name in `shapes`. `heads`: of "encoder" and "decoder". `shared`:
    encoder and decoder share embeddings although these are stored twice. Raises ValueError for a tensor of unknown
    meaning, and where sizes do not fit together.
    """
    every = {**{name: name for name in shapes}, **aliases}
    tied = [every.get(f"{side}.{_EMBEDDING}", side) for side in ("encoder", "decoder")]
    shared = shared or tied[0] == tied[1]
    streams = {side: "stream" if shared else f"{side}.stream" for side in ("encoder", "decoder")}
    fixed = {streams[side] for side in streams if f"{side}.{_POSITIONS}" not in every}
    axes: dict[str, tuple[str | None, ...]] = {}
    for name, stored in every.items():
        found = tuple(None if a in fixed else a for a in _axes(name, len(shapes[stored]), streams))
        if axes.setdefault(stored, found) != found:
            raise ValueError(f"'{name}' and '{stored}' are one tensor but belong to different neurons")
    sizes = _sizes(shapes, axes)
    free = tuple(Group((name,), sizes[name]) for name in dict.fromkeys(streams.values()) if name not in fixed)
    return Symmetry(axes, free, tuple(_inner(sizes, heads)), tuple(sorted(fixed)))


def _axes(name: str, dimensions: int, streams: Mapping[str, str]) -> list[str | None]:
    """The orders of a tensor's axes by its name."""
    if _MARKERS.fullmatch(name):
        return [None] * dimensions
    side, _, rest = name.partition(".")
    kinds = next((kinds for pattern, kinds in _RULES if re.fullmatch(pattern, rest)), None)
    if side not in streams or kinds is None or len(kinds) != dimensions:
        raise ValueError(f"'{name}' is of no kind of tensor whose symmetries are known")
    layer = ".".join(name.split(".")[:3])
    block = ".".join(name.split(".")[:4])
    meaning: dict[str, str | None] = {
        _FIXED: None, _STREAM: streams[side], _OTHER_STREAM: streams["encoder"],
        _FFN: f"{layer}.ffn", _QK: f"{block}.qk", _VO: f"{block}.vo",
    }  # fmt: skip
    return [meaning[kind] for kind in kinds]


def _sizes(shapes: Shapes, axes: Mapping[str, tuple[str | None, ...]]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for name, orders in axes.items():
        for order, size in zip(orders, shapes[name], strict=True):
            if order is not None and sizes.setdefault(order, size) != size:
                raise ValueError(f"'{name}' has {size:,} neurons where other tensors have {sizes[order]:,}")
    return sizes


def _inner(sizes: Mapping[str, int], heads: Mapping[str, int]) -> list[Group]:
    groups = []
    for order, size in sizes.items():
        if order.endswith(".ffn"):
            groups.append(Group((order,), size))
        elif order.endswith(".qk"):
            number = heads[order.split(".")[0]]
            values = f"{order.removesuffix('.qk')}.vo"
            if size % number or sizes.get(values) != size:
                raise ValueError(f"{number} heads do not fit the sizes of '{order.removesuffix('.qk')}'")
            groups.append(Group((order, values), size, number))
    return groups

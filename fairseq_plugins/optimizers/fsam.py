"""`--optimizer vega_fsam`: SAM and FSAM (`vega.methods.fsam`) around the AdamW of `vega_adamw`.

The optimizer steps as `vega_adamw` does. That the gradient it is given is one of moved weights is the trainer's work
(`fairseq_plugins.training.second_pass`), because it takes a second pass over the update's text: any task and criterion.

What lasts is here: the options, and mask and direction, which checkpoints hold as tensors shaped like the weights.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Optional

import torch
from fairseq.dataclass import ChoiceEnum
from fairseq.optim import register_optimizer
from torch import Tensor, nn

from fairseq_plugins.distributed.shards import local, shards_of
from fairseq_plugins.optimizers.adamw import VegaAdamW, VegaAdamWConfig
from vega.errors import UserError
from vega.methods.fsam import Fsam, FsamOptions

#: Keys of a parameter's state in checkpoints: whether an entry is moved (bool), and the direction to follow (fp32).
MASK, DIRECTION = "fsam_mask", "fsam_direction"
#: The updates of the last mask and of the last second gradient, in the options of the first group of parameters.
MASKED_AT, ASCENDED_AT = "fsam_masked_at", "fsam_ascended_at"


@dataclass
class VegaFsamConfig(VegaAdamWConfig):
    fsam_rho: float = field(default=0.05, metadata={"help": "radius: how far weights are moved, as a norm"})
    fsam_density: float = field(
        default=0.1, metadata={"help": "share of the weights moved, those of largest squared gradient; 1 = all: SAM"}
    )
    fsam_refresh: int = field(
        default=100, metadata={"help": "updates between two choices of the weights that are moved"}
    )
    fsam_period: int = field(
        default=1,
        metadata={
            "help": "make the second gradient every so many updates only, and follow its direction between (LookSAM): "
            "an update costs 1 + 1/period passes"
        },
    )
    fsam_reuse_weight: Optional[float] = field(
        default=None,
        metadata={
            "help": "with a period: weight of the direction that is followed (LookSAM's alpha, there 0.7); without, "
            "what it was in the last second gradient"
        },
    )
    fsam_scope: ChoiceEnum(["all", "weights"]) = field(  # type: ignore[valid-type]
        default="all",
        metadata={"help": "what may be moved: all, or no embeddings, biases and norms; the rest stays where it is"},
    )
    fsam_fisher_groups: int = field(
        default=1,
        metadata={
            "help": "1 = choose by the square of the update's gradient; more = by the sum of the squares of the "
            "gradients of so many groups of sentences of each batch, one more pass per --fsam-refresh"
        },
    )
    fsam_per_batch: bool = field(
        default=False,
        metadata={"help": "move the weights for each batch of the update by its own gradient, not once for all"},
    )
    fsam_adaptive: bool = field(default=False, metadata={"help": "move a weight in proportion to its size (ASAM)"})
    fsam_decay: ChoiceEnum(["decoupled", "coupled"]) = field(  # type: ignore[valid-type]
        default="decoupled", metadata={"help": "--weight-decay as AdamW has it, or added to the gradient (Adam)"}
    )


@register_optimizer("vega_fsam", dataclass=VegaFsamConfig)
class VegaFsam(VegaAdamW):
    """Parameters as for `vega_adamw`, but not one flat tensor: a mask is chosen tensor by tensor."""

    cfg: VegaFsamConfig

    def __init__(self, cfg: VegaFsamConfig, params: Iterable[nn.Parameter]) -> None:
        super().__init__(cfg, params)
        self.ascent: Fsam | None = None

    def _make(self, params: list[nn.Parameter]) -> torch.optim.Optimizer:
        if self.cfg.fsam_decay == "decoupled" or not self.cfg.weight_decay:
            return super()._make(params)
        if self.cfg.adam_states != "fp32":
            raise UserError("--fsam-decay coupled needs --adam-states fp32.")
        return torch.optim.Adam(params, fused=True, **self.optimizer_config)

    @property
    def supports_flat_params(self) -> bool:
        return False

    # The ascent

    def prepare(self, names: Sequence[str]) -> Fsam:
        """The ascent, with what a checkpoint gave; `names` of the parameters in their order."""
        if self.ascent is None:
            self.ascent = self._new_ascent(names)
        if MASKED_AT in self.param_groups[0]:
            self._take_stored(self.ascent)
        return self.ascent

    def _new_ascent(self, names: Sequence[str]) -> Fsam:
        cfg, params = self.cfg, list(self.params)
        ranked = [cfg.fsam_scope == "all" or is_weight(name, p) for name, p in zip(names, params, strict=True)]
        try:
            options = FsamOptions(
                cfg.fsam_rho,
                cfg.fsam_density,
                cfg.fsam_refresh,
                cfg.fsam_period,
                cfg.fsam_reuse_weight,
                cfg.fsam_adaptive,
            )
        except ValueError as error:
            raise UserError(f"--optimizer vega_fsam: {error}.") from None
        return Fsam(options, ranked, shards_of(params))

    # Checkpoints

    def state_dict(self) -> dict[str, Any]:
        with self.stored():
            return super().state_dict()

    @contextmanager
    def stored(self) -> Iterator[None]:
        """Inside, mask and direction are in the torch optimizer's state, shaped and sharded like their parameter."""
        if self.ascent is None:
            yield
            return
        group, added = self.param_groups[0], self._dense_state(self.ascent)
        group |= {MASKED_AT: self.ascent.masked_at, ASCENDED_AT: self.ascent.ascended_at}
        for parameter, values in added.items():
            self.optimizer.state[parameter].update(values)
        try:
            yield
        finally:
            for parameter, values in added.items():
                for key in values:
                    del self.optimizer.state[parameter][key]
            del group[MASKED_AT], group[ASCENDED_AT]

    def _dense_state(self, ascent: Fsam) -> dict[nn.Parameter, dict[str, Tensor]]:
        found: dict[nn.Parameter, dict[str, Tensor]] = {}
        for index, parameter in enumerate(self.params):
            values, place = {}, None if ascent.places is None else ascent.places[index]
            if place is not None:
                values[MASK] = _like(parameter, place, torch.ones_like(place, dtype=torch.bool))
            if ascent.direction is not None and (place is not None or ascent.ranked[index]):
                values[DIRECTION] = _like(parameter, place, ascent.direction[index])
            found[parameter] = values
        return found

    def _take_stored(self, ascent: Fsam) -> None:
        """Undo `stored`, after loading. A mask of another density holds until it is due; SAM has no use for one, nor
        for the direction made with it."""
        group, params, dense = self.param_groups[0], list(self.params), ascent.is_dense
        masks = [self.optimizer.state[p].pop(MASK, None) for p in params]
        directions = [self.optimizer.state[p].pop(DIRECTION, None) for p in params]
        ascent.masked_at, ascent.ascended_at = group.pop(MASKED_AT), group.pop(ASCENDED_AT)
        ascent.places = ascent.direction = None
        if dense is not any(mask is not None for mask in masks):
            places = None if dense else [local(mask).reshape(-1).nonzero().squeeze(1) for mask in masks]
            ascent.places = places
            if ascent.options.period > 1 and any(d is not None for d in directions):
                ascent.direction = [_entries(d, p, None if places is None else places[i])
                                    for i, (d, p) in enumerate(zip(directions, params, strict=True))]  # fmt: skip


def fsam_inside(optimizer: Any) -> VegaFsam | None:
    """The `vega_fsam` that fairseq's optimizer is, or that its 16-bit wrapper holds."""
    inner = getattr(optimizer, "fp32_optimizer", optimizer)
    return inner if isinstance(inner, VegaFsam) else None


def is_weight(name: str, parameter: nn.Parameter) -> bool:
    """A matrix that is no embedding: what the paper's release calls maskable."""
    return parameter.dim() > 1 and "embed" not in name


def _like(parameter: nn.Parameter, place: Tensor | None, values: Tensor) -> Tensor:
    """`values` at those places of a tensor of zeros like the parameter; without places they are all of it."""
    whole = torch.zeros_like(parameter, dtype=values.dtype, requires_grad=False)
    flat = local(whole).view(-1)
    if place is None:
        flat.copy_(values)
    else:
        flat[place] = values
    return whole


def _entries(direction: Tensor | None, parameter: nn.Parameter, place: Tensor | None) -> Tensor:
    if direction is None:
        return local(parameter).new_zeros(0, dtype=torch.float32)
    flat = local(direction).reshape(-1).float()
    return flat if place is None else flat[place]

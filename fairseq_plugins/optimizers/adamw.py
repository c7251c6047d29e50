"""`--optimizer vega_adamw`: AdamW (Loshchilov and Hutter, arXiv 1711.05101) in one pass over memory, or in less of it.

`--adam-states` says what the two moments are kept in; the arithmetic is fp32 always:

| states | bytes per parameter | computed by |
|---|---|---|
| fp32 | 8 | torch's fused AdamW, on CPU, CUDA and DTensors alike |
| bf16 | 4 | torchao's Adam, compiled once for every shape of parameter |
| 8bit | 2 | the same; blocks of 256 numbers with one scale each (arXiv 2110.02861), small tensors in fp32 |

fairseq's `adam` decays weights in the same way. It adds eps before it corrects the second moment's bias, torch after:
where a gradient is far above eps, the two give the same weights. NVIDIA Apex is not used.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, List  # noqa: UP035 (fairseq reads the annotations below: no strings, no list[float])

import torch
from fairseq.dataclass import ChoiceEnum, FairseqDataclass
from fairseq.optim import FairseqOptimizer, register_optimizer
from omegaconf import II
from torch import nn

from fairseq_plugins.optimizers.state_tensors import in_kept_format, stored_plainly
from vega.errors import UserError

#: The largest beta2 with which a bf16 second moment still shrinks: above it, rounding undoes the decay of one update.
LARGEST_BF16_BETA2 = 1 - 2**-8


@dataclass
class VegaAdamWConfig(FairseqDataclass):
    adam_betas: Any = field(default=(0.9, 0.98), metadata={"help": "decay rates of the two moments"})
    adam_eps: float = field(default=1e-8, metadata={"help": "term added to the denominator"})
    weight_decay: float = field(default=0.0, metadata={"help": "decoupled weight decay, per unit of learning rate"})
    adam_states: ChoiceEnum(["fp32", "bf16", "8bit"]) = field(  # type: ignore[valid-type]
        default="fp32", metadata={"help": "number format in which the two moments are kept"}
    )
    lr: List[float] = field(default=II("optimization.lr"))  # type: ignore[assignment]  # noqa: UP006


@register_optimizer("vega_adamw", dataclass=VegaAdamWConfig)
class VegaAdamW(FairseqOptimizer):
    """Parameters must be fp32: plain, FP16Optimizer's copies (flat or not), or shards. Raises UserError if not."""

    def __init__(self, cfg: VegaAdamWConfig, params: Iterable[nn.Parameter]) -> None:
        super().__init__(cfg)
        self._optimizer = self._make(list(params))
        # fairseq's memory-efficient wrapper would replace what `load_state_dict` made of the stored state.
        self._optimizer.disable_mem_eff_fp16_loading_hack = True

    def _make(self, params: list[nn.Parameter]) -> torch.optim.Optimizer:
        return _make(self.cfg.adam_states, params, self.optimizer_config)

    @property
    def optimizer_config(self) -> dict[str, Any]:
        """Keyword arguments of the optimizer inside."""
        rates, betas = self.cfg.lr, self.cfg.adam_betas
        return {
            "lr": float(rates if isinstance(rates, (int, float)) else rates[0]),
            "betas": tuple(float(beta) for beta in (ast.literal_eval(betas) if isinstance(betas, str) else betas)),
            "eps": self.cfg.adam_eps,
            "weight_decay": self.cfg.weight_decay,
        }

    @property
    def supports_flat_params(self) -> bool:
        """One flat tensor is not a whole number of 8-bit blocks, so its state would silently be fp32."""
        return bool(self.cfg.adam_states != "8bit")

    @property
    def _keeps_rate_in_tensor(self) -> bool:
        """A compiled step takes a tensor's value anew, but is compiled anew for every other number."""
        return self.cfg.adam_states != "fp32"

    def get_lr(self) -> float:
        return float(self.param_groups[0]["lr"])

    def set_lr(self, lr: float) -> None:
        for group in self.param_groups:
            group["lr"] = torch.tensor(lr, dtype=torch.float32) if self._keeps_rate_in_tensor else lr

    def state_dict(self) -> dict[str, Any]:
        """torch's, with plain tensors and numbers: whoever reads the file needs no torchao.

        DTensors stay as they are; checkpoints of sharded training take them from `state_tensors`.
        """
        state: dict[str, Any] = super().state_dict()
        kept = {
            index: {key: stored_plainly(value) for key, value in values.items()}
            for index, values in state["state"].items()
        }
        groups = [{**group, "lr": float(group["lr"])} for group in state["param_groups"]]
        return {**state, "state": kept, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any], optimizer_overrides: dict[str, Any] | None = None) -> None:
        """Take over what `state_dict` of this or another `--adam-states` gave."""
        own = [{key: value for key, value in group.items() if key != "params"} for group in self.param_groups]
        groups = [{**ours, **saved} for ours, saved in zip(own, state_dict["param_groups"], strict=True)]
        super().load_state_dict({**state_dict, "param_groups": groups}, optimizer_overrides)
        for parameter, values in self.optimizer.state.items():
            for key, value in values.items():
                values[key] = in_kept_format(self.optimizer, parameter, key, value)
        self.set_lr(self.get_lr())


def _make(states: str, params: list[nn.Parameter], options: dict[str, Any]) -> torch.optim.Optimizer:
    if any(parameter.dtype != torch.float32 for parameter in params):
        raise UserError(
            "--optimizer vega_adamw and vega_fsam need fp32 weights to update. Leave out --memory-efficient-fp16 and "
            "--memory-efficient-bf16 (--adam-states 8bit saves more), or use --optimizer adam."
        )
    if states == "fp32":
        return torch.optim.AdamW(params, fused=True, **options)
    beta2 = options["betas"][1]
    if states == "bf16" and beta2 > LARGEST_BF16_BETA2:
        raise UserError(
            f"--adam-states bf16 cannot follow --adam-betas with {beta2}: its second moment would never shrink. "
            f"Use {LARGEST_BF16_BETA2:.3f} or less, or --adam-states 8bit."
        )
    from fairseq_plugins.optimizers.small_states import adamw_8bit, adamw_bf16  # torchao, three seconds to import

    return (adamw_bf16 if states == "bf16" else adamw_8bit)(params, **options)

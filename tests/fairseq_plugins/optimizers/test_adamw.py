"""vega_adamw updates as fairseq's adam does, in the promised memory, and goes on from storage bit for bit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from fairseq import optim
from fairseq.optim.adam import FairseqAdam, FairseqAdamConfig
from omegaconf import OmegaConf
from torch import Tensor, nn
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

from fairseq_plugins.distributed.fsdp import data_parallel_mesh
from fairseq_plugins.optimizers.adamw import VegaAdamW, VegaAdamWConfig
from fairseq_plugins.optimizers.state_tensors import empty_state, put_state, state_tensors
from vega.errors import UserError

STATES = ("fp32", "bf16", "8bit")
#: The second is no whole number of blocks, the third too small to be worth it: fp32 in all formats.
SHAPES = ((64, 256), (67, 67), (32,))

pytestmark = pytest.mark.usefixtures("uncompiled")


def vega_adamw(parameters: list[nn.Parameter], states: str = "fp32", **changes: Any) -> VegaAdamW:
    config = OmegaConf.structured(VegaAdamWConfig(adam_states=states, lr=[1e-3]))
    return VegaAdamW(OmegaConf.merge(config, changes), parameters)


def parameters(shapes: tuple[tuple[int, ...], ...] = SHAPES) -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(1)
    return [nn.Parameter(torch.randn(shape, generator=generator) * 0.02) for shape in shapes]


def gradient(parameter: Tensor, seed: int) -> Tensor:
    """Normal, but nowhere near eps, where the order of bias correction shows. The same for a DTensor of one process."""
    normal = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed))
    return torch.where(normal >= 0, normal + 0.01, normal - 0.01) * 0.01


def take_steps(optimizer: Any, numbers: range) -> None:
    for number in numbers:
        for index, parameter in enumerate(optimizer.params):
            values = gradient(parameter, 100 * number + index)
            if isinstance(parameter, DTensor):
                values = DTensor.from_local(values, parameter.device_mesh, parameter.placements)
            parameter.grad = values
        optimizer.set_lr(1e-3 / (1 + number))
        optimizer.step()


def largest_difference(some: list[nn.Parameter], others: list[nn.Parameter]) -> float:
    return max(float((a - b).abs().max()) for a, b in zip(some, others, strict=True))


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_fp32_updates_are_those_of_fairseqs_adam(weight_decay: float) -> None:
    ours, theirs = parameters(), parameters()
    config = FairseqAdamConfig(adam_betas="(0.9, 0.98)", weight_decay=weight_decay, lr=[1e-3], tpu=False)
    take_steps(vega_adamw(ours, weight_decay=weight_decay), range(12))
    take_steps(FairseqAdam(OmegaConf.structured(config), theirs), range(12))
    assert largest_difference(ours, theirs) < 1e-6
    assert largest_difference(ours, parameters()) > 2e-3  # they moved


@pytest.mark.parametrize(("states", "share"), [("bf16", 0.002), ("8bit", 0.015)])
def test_fewer_bits_go_the_same_way(states: str, share: float) -> None:
    """`share`: mean distance to where fp32 states lead, in mean lengths of the way."""
    exact, coarse = parameters(), parameters()
    take_steps(vega_adamw(exact), range(30))
    take_steps(vega_adamw(coarse, states), range(30))
    for start, fine, rough in zip(parameters(), exact, coarse, strict=True):
        way = (fine - start).abs().mean()
        assert (fine - rough).abs().mean() < share * way
    assert largest_difference(exact, coarse) > 0  # the formats do differ


@pytest.mark.parametrize("states", STATES)
def test_rare_words_do_not_jump(states: str) -> None:
    """Rows of an embedding with a gradient in one update of twenty, of widely different size within the row."""
    generator = torch.Generator().manual_seed(1)
    weights = nn.Parameter(torch.zeros(64, 256))
    optimizer = vega_adamw([weights], states)
    for _ in range(60):
        sizes = torch.exp(2 * torch.randn(64, 256, generator=generator)) * torch.randn(64, 256, generator=generator)
        weights.grad = 0.01 * sizes * (torch.rand(64, 1, generator=generator) < 0.05)
        before = weights.detach().clone()
        optimizer.step()
        assert float((weights.detach() - before).abs().max()) < 1.5e-3  # learning rates of 1e-3


def state_bytes(value: Any) -> int:
    if hasattr(value, "qmap"):
        return sum(state_bytes(part) for part in (value.codes, value.scale, value.qmap))
    return value.numel() * value.element_size() if torch.is_tensor(value) else 0


@pytest.mark.parametrize(("states", "expected"), [("fp32", 8.0), ("bf16", 4.0), ("8bit", 2.03)])
def test_bytes_of_state_per_parameter(states: str, expected: float) -> None:
    weights = parameters(((512, 512),))
    optimizer = vega_adamw(weights, states)
    take_steps(optimizer, range(1))
    total = sum(state_bytes(value) for value in optimizer.optimizer.state[weights[0]].values())
    assert total / weights[0].numel() == pytest.approx(expected, rel=0.01)


def through_state_dict(before: VegaAdamW, after: VegaAdamW) -> None:
    state = before.state_dict()
    moments = [value for values in state["state"].values() for value in values.values()]
    assert all(type(value) is Tensor for value in moments)  # a file of these needs no torchao to be read
    assert all(isinstance(group["lr"], float) for group in state["param_groups"])
    after.load_state_dict(state)


def through_state_tensors(before: VegaAdamW, after: VegaAdamW) -> None:
    def named(optimizer: VegaAdamW) -> list[tuple[str, nn.Parameter]]:
        return [(f"p{number}", parameter) for number, parameter in enumerate(optimizer.params)]

    tensors, plain = state_tensors(before.optimizer, named(before))
    known = {name: (tuple(value.shape), value.dtype) for name, value in tensors.items()}
    room = empty_state(after.optimizer, named(after), known)
    for name, value in tensors.items():
        room[name].copy_(value)
    put_state(after.optimizer, named(after), room, plain)


@pytest.mark.parametrize("way", [through_state_dict, through_state_tensors])
@pytest.mark.parametrize("states", STATES)
def test_storing_and_loading_changes_no_bit(states: str, way: Callable[[VegaAdamW, VegaAdamW], None]) -> None:
    whole, first, second = parameters(), parameters(), parameters()
    take_steps(vega_adamw(whole, states), range(9))
    before, after = vega_adamw(first, states), vega_adamw(second, states)
    take_steps(before, range(6))
    way(before, after)
    with torch.no_grad():
        for ours, theirs in zip(second, first, strict=True):
            ours.copy_(theirs)
    take_steps(after, range(6, 9))
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(second, whole, strict=True))


class Sum(nn.Module):
    """Parameters in a module, which is what can be sharded."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ParameterList(parameters())


def sharded() -> list[nn.Parameter]:
    module = Sum()
    fully_shard(module, mesh=data_parallel_mesh(torch.device("cpu"), None, 0))
    return list(module.parameters())


@pytest.mark.parametrize("states", STATES)
def test_shards_are_updated_and_stored_like_whole_parameters(states: str) -> None:
    whole, first, second = parameters(), sharded(), sharded()
    take_steps(vega_adamw(whole, states), range(5))
    before, after = vega_adamw(first, states), vega_adamw(second, states)
    take_steps(before, range(3))
    through_state_tensors(before, after)
    with torch.no_grad():
        for ours, theirs in zip(second, first, strict=True):
            ours.copy_(theirs)
    take_steps(after, range(3, 5))
    assert all(torch.equal(ours.full_tensor(), theirs) for ours, theirs in zip(second, whole, strict=True))


@pytest.mark.parametrize("way", [through_state_dict, through_state_tensors])
@pytest.mark.parametrize("later", STATES)
@pytest.mark.parametrize("earlier", STATES)
def test_the_format_may_change_between_runs(
    earlier: str, later: str, way: Callable[[VegaAdamW, VegaAdamW], None]
) -> None:
    weights = parameters()
    before = vega_adamw(weights, earlier)
    take_steps(before, range(4))
    after = vega_adamw(weights, later)
    way(before, after)
    take_steps(after, range(4, 8))
    exact = parameters()
    take_steps(vega_adamw(exact), range(8))
    for start, fine, rough in zip(parameters(), exact, weights, strict=True):
        assert (fine - rough).abs().mean() < 0.03 * (fine - start).abs().mean()
    moments = after.optimizer.state[weights[0]]["exp_avg"]
    assert (hasattr(moments, "qmap"), moments.dtype) == (
        later == "8bit", torch.bfloat16 if later == "bf16" else torch.float32
    )  # fmt: skip


def test_a_flat_parameter_is_updated_where_the_format_allows_it() -> None:
    """As fairseq passes it with --fp16: one tensor for every device."""
    config = OmegaConf.structured(VegaAdamWConfig(lr=[1e-3]))
    config._name = "vega_adamw"
    flat = nn.Parameter(torch.cat([parameter.detach().flatten() for parameter in parameters()]))
    optimizer = optim.build_optimizer(config, [{0: flat}])
    assert isinstance(optimizer, VegaAdamW) and list(optimizer.params) == [flat]
    allowed = [vega_adamw(parameters(), states).supports_flat_params for states in STATES]
    assert allowed == [True, True, False]


def test_what_cannot_be_is_said_at_the_start() -> None:
    with pytest.raises(UserError, match="--optimizer adam"):
        vega_adamw([nn.Parameter(torch.zeros(2, dtype=torch.bfloat16))])
    with pytest.raises(UserError, match=r"Use 0\.996 or less"):
        vega_adamw(parameters(), "bf16", adam_betas=(0.9, 0.999))


@pytest.mark.parametrize(("beta2", "shrinks"), [(0.996, True), (0.999, False)])
def test_the_limit_of_beta2_is_where_bf16_stops_shrinking(beta2: float, shrinks: bool) -> None:
    moment = torch.linspace(1, 2, 129)[:-1].bfloat16()  # all significands
    later = (moment.float() * beta2).bfloat16()
    assert bool((later < moment).any()) == shrinks


@pytest.mark.slow
@pytest.mark.parametrize("make", [lambda: parameters(SHAPES[:1]), lambda: sharded()[:1]], ids=["whole", "sharded"])
@pytest.mark.parametrize("states", STATES[1:])
def test_a_new_learning_rate_compiles_nothing_and_compiled_steps_are_the_same(
    states: str, make: Callable[[], list[nn.Parameter]]
) -> None:
    from torch._dynamo.utils import counters

    compiled, plain = make(), make()
    torch._dynamo.reset()
    counters.clear()
    with torch.compiler.set_stance("default"):
        optimizer = vega_adamw(compiled, states)
        take_steps(optimizer, range(2))
        graphs = counters["stats"]["unique_graphs"]
        take_steps(optimizer, range(2, 8))
    assert graphs == counters["stats"]["unique_graphs"] == 1
    take_steps(vega_adamw(plain, states), range(8))
    assert largest_difference(compiled, plain) < 1e-5


#: What `import apex` meets where PyPI's package of that name is installed, a web framework.
STRANGER = "from pyramid.session import UnencryptedCookieSessionFactoryConfig\n"
USE = """
import fairseq_plugins, torch
from fairseq.modules.layer_norm import has_fused_layernorm
from fairseq.optim.fused_adam import get_fused_adam_class
assert not has_fused_layernorm and get_fused_adam_class() is None
from fairseq.modules import LayerNorm
LayerNorm(8)(torch.zeros(2, 8))
"""


@pytest.mark.e2e
@pytest.mark.parametrize("content", [STRANGER, ""])
def test_a_package_called_apex_does_no_harm(content: str, tmp_path: Path) -> None:
    (tmp_path / "apex").mkdir()
    (tmp_path / "apex" / "__init__.py").write_text(content)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{USE}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert done.returncode == 0, done.stderr

"""vega_fsam steps as its base optimizer does, and keeps mask and direction with the optimizer's state."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from omegaconf import OmegaConf
from torch import Tensor, nn

from fairseq_plugins.optimizers.adamw import VegaAdamW
from fairseq_plugins.optimizers.fsam import DIRECTION, MASK, VegaFsam, VegaFsamConfig, is_weight
from vega.errors import UserError

pytestmark = pytest.mark.usefixtures("uncompiled")

NAMES = ["encoder.layers.0.fc1.weight", "decoder.embed_tokens.weight", "encoder.layers.0.fc1.bias"]


def parameters() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(1)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((64, 256), (67, 67), (32,))]


def optimizer(kind: type[VegaAdamW], weights: list[nn.Parameter], **changes: Any) -> Any:
    config = OmegaConf.merge(OmegaConf.structured(VegaFsamConfig(lr=[1e-2], weight_decay=0.1)), changes)
    return kind(config, weights)  # type: ignore[arg-type]


def steps(stepped: Any, count: int = 3) -> None:
    for number in range(count):
        generator = torch.Generator().manual_seed(number)
        for weight in stepped.params:
            weight.grad = torch.randn(weight.shape, generator=generator)
        stepped.step()


def equal(some: list[nn.Parameter], others: list[nn.Parameter]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(some, others, strict=True))


@pytest.mark.parametrize("states", ["fp32", "bf16", "8bit"])
def test_it_steps_as_vega_adamw(states: str) -> None:
    ours, theirs = parameters(), parameters()
    steps(optimizer(VegaFsam, ours, adam_states=states))
    steps(optimizer(VegaAdamW, theirs, adam_states=states))
    assert equal(ours, theirs)
    assert not equal(ours, parameters())


def test_coupled_decay_is_adams() -> None:
    ours, theirs = parameters(), parameters()
    steps(optimizer(VegaFsam, ours, fsam_decay="coupled"))
    adam = torch.optim.Adam(theirs, lr=1e-2, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.1)
    adam.params = theirs  # type: ignore[attr-defined]
    steps(adam)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(ours, theirs, strict=True))
    with pytest.raises(UserError, match="--adam-states fp32"):
        optimizer(VegaFsam, parameters(), fsam_decay="coupled", adam_states="8bit")


@pytest.mark.parametrize(("density", "scope"), [(0.1, "all"), (0.1, "weights"), (1.0, "all"), (1.0, "weights")])
@pytest.mark.parametrize("states", ["fp32", "8bit"])
def test_mask_and_direction_go_through_a_checkpoint(density: float, scope: str, states: str) -> None:
    options = {"fsam_density": density, "fsam_period": 3, "fsam_scope": scope, "adam_states": states}
    before, weights = optimizer(VegaFsam, parameters(), **options), parameters()
    ascent, gradients = before.prepare(NAMES), [p.detach() * 0.1 for p in parameters()]
    steps(before, 1)
    if density < 1:
        ascent.choose(gradients, 4)
    with ascent.moved([p.detach() for p in before.params], gradients, 4):
        pass
    ascent.learn([g.flip(0) for g in gradients])
    state = before.state_dict()
    assert all(MASK not in values and DIRECTION not in values for values in before.optimizer.state.values())
    after = optimizer(VegaFsam, weights, **options)
    after.load_state_dict(state)
    again = after.prepare(NAMES)
    assert (again.masked_at, again.ascended_at) == (4 if density < 1 else -1, 4)
    assert again.direction is not None and ascent.direction is not None
    assert same(again.direction, ascent.direction)
    if density < 1:
        assert again.places is not None and ascent.places is not None
        assert same(again.places, ascent.places)
    else:
        assert again.places is None
    assert all(MASK not in values and DIRECTION not in values for values in after.optimizer.state.values())
    steps(after, 1)


def same(some: list[Tensor], others: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(some, others, strict=True))


def test_the_scope_leaves_out_what_the_paper_leaves_out() -> None:
    assert [is_weight(name, p) for name, p in zip(NAMES, parameters(), strict=True)] == [True, False, False]

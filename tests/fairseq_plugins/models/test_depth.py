"""fairseq's own initialization carries 24+24 layers, the shape of `vega_xl`, if norms come before: no layer's first
gradient is far larger or smaller than another's. With norms after, the lower decoder layers get almost none."""

from __future__ import annotations

from argparse import Namespace
from statistics import median

import pytest
import torch
from fairseq.models import ARCH_CONFIG_REGISTRY, ARCH_MODEL_REGISTRY
from torch import Tensor

import fairseq_plugins  # noqa: F401
from fairseq_plugins.criterions.label_smoothed_cross_entropy import FusedLabelSmoothedCrossEntropy
from fairseq_plugins.distributed.fsdp import transformer_layers
from tests.vega.test_model_sizes import TaskWith
from vega.model_sizes import SIZES

DEPTH, WIDTH, SYMBOLS = 24, 64, 500
SENTENCES, LENGTH = 8, 20


def first_step(pre_norm: bool, seed: int) -> tuple[list[float], list[float], float]:
    """Root mean squares of the layers' outputs, norms of their gradients (48 each), loss per token in nats."""
    torch.manual_seed(seed)
    shape = {"embed_dim": WIDTH, "ffn_embed_dim": 8 * WIDTH, "attention_heads": 2, "normalize_before": pre_norm}
    args = Namespace(
        no_token_positional_embeddings=False, dropout=0.0,
        **{f"{side}_{name}": value for side in ("encoder", "decoder") for name, value in shape.items()},
    )  # fmt: skip
    ARCH_CONFIG_REGISTRY["vega_xl"](args)
    task = TaskWith(SYMBOLS)
    task.target_dictionary = task.source_dictionary
    model = ARCH_MODEL_REGISTRY["vega_xl"].build_model(args, task).train()
    outputs: list[float] = []

    def note(_: object, __: object, output: Tensor | tuple[Tensor, ...]) -> None:
        states = output if torch.is_tensor(output) else output[0]
        outputs.append(float(states.square().mean().sqrt()))

    layers = transformer_layers(model)
    for layer in layers:
        layer.register_forward_hook(note)
    source, previous, target = (torch.randint(4, SYMBOLS, (SENTENCES, LENGTH)) for _ in range(3))
    lengths = torch.full((SENTENCES,), LENGTH)
    inputs = {"src_tokens": source, "src_lengths": lengths, "prev_output_tokens": previous}
    criterion = FusedLabelSmoothedCrossEntropy(task, sentence_avg=False, label_smoothing=0.1)
    loss, tokens, _ = criterion(model, {"net_input": inputs, "target": target, "ntokens": target.numel()})
    (loss / tokens).backward()
    gradients = [float(torch.nn.utils.get_total_norm(p.grad for p in layer.parameters())) for layer in layers]
    assert len(outputs) == len(gradients) == 2 * DEPTH
    return outputs, gradients, float(loss) / tokens


@pytest.mark.parametrize("seed", [1, 2])
def test_the_first_step_of_a_deep_pre_norm_model_is_even(seed: int) -> None:
    assert (SIZES["vega_xl"].encoder_layers, SIZES["vega_xl"].decoder_layers) == (DEPTH, DEPTH)
    assert SIZES["vega_xl"].pre_norm
    outputs, gradients, loss = first_step(True, seed)
    assert all(0.5 < size < 20 for size in outputs)
    assert all(median(gradients) / 10 < norm < 10 * median(gradients) for norm in gradients)
    assert loss < 1.2 * torch.log(torch.tensor(float(SYMBOLS)))


def test_post_norm_would_not_do_at_this_depth() -> None:
    _, gradients, _ = first_step(False, 1)
    assert min(gradients) < median(gradients) / 20

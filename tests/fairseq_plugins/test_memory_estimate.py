"""`vega plan`'s memory against what torch keeps, on the path that training takes: packed layers and the fused loss.

torch's own `MemTracker` adds up the storages that live, also those that `selective` keeps aside. Whole sizes are built
on the meta device, which computes nothing; there attention is that of a GPU. Sharding is measured on CPU, as one of
several processes whose messages go nowhere.
"""

from __future__ import annotations

import inspect
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from fairseq.criterions import CRITERION_REGISTRY
from fairseq.distributed import LegacyDistributedDataParallel
from fairseq.models import ARCH_CONFIG_REGISTRY, ARCH_MODEL_REGISTRY
from torch import Tensor
from torch.distributed._tools.mem_tracker import MemTracker
from torch.testing._internal.distributed.fake_pg import FakeStore

import fairseq_plugins  # noqa: F401
from fairseq_plugins.criterions.label_smoothed_cross_entropy import FusedLabelSmoothedCrossEntropy
from fairseq_plugins.distributed.fsdp import data_parallel_mesh, shard_model, transformer_layers
from fairseq_plugins.models import transformer
from fairseq_plugins.training.recompute import recompute_layers
from tests.vega.test_model_sizes import TaskWith
from vega import memory
from vega.memory import kept_bytes, loss_bytes, training_memory, working_bytes
from vega.model_sizes import SIZES, ModelSize
from vega.ops.cross_entropy import CHUNK_ENTRIES, fused_label_smoothed_cross_entropy
from vega.ops.packing import Packing
from vega.settings import TrainOptions

PAD = 1
#: The estimate may be off by this factor.
TOLERANCE = 0.2


def build(arch: str, symbols: int, device: str, **options: Any) -> tuple[Any, TaskWith]:
    args = Namespace(no_token_positional_embeddings=False, dropout=0.1, **options)
    ARCH_CONFIG_REGISTRY[arch](args)
    task = TaskWith(symbols)
    with torch.device(device):
        model = ARCH_MODEL_REGISTRY[arch].build_model(args, task)
    return model.train(), task


def live(tracker: MemTracker, when: str = "current", device: str = "cpu") -> dict[str, int]:
    snapshot = tracker.get_tracker_snapshot(when)[torch.device(device)]
    return {getattr(kind, "value", kind): size for kind, size in snapshot.items()}


# Activations of whole models, on the meta device


def attention_of_a_gpu(
    q: Tensor, k: Tensor, v: Tensor, attn_mask: Tensor | None = None, dropout_p: float = 0.0, is_causal: bool = False
) -> Tensor:
    """torch's choice there; the meta device would keep all scores, as nothing else does."""
    if attn_mask is None:
        return torch.ops.aten._scaled_dot_product_flash_attention(q, k, v, dropout_p, is_causal)[0]
    mask = attn_mask.expand(*q.shape[:3], k.shape[2])
    return torch.ops.aten._scaled_dot_product_efficient_attention(q, k, v, mask, True, dropout_p, is_causal)[0]


def packing_on_meta(lengths: list[int]) -> Packing:
    """Where tokens are depends on data, which the meta device does not have: found on CPU, then moved."""
    packing = Packing(torch.arange(max(lengths)) < torch.tensor(lengths)[:, None])
    packing.key_mask(torch.bfloat16)
    where = packing.real.nonzero(as_tuple=True)
    for name, value in vars(packing).items():
        if torch.is_tensor(value):
            setattr(packing, name, value.to("meta"))
        elif isinstance(value, dict):
            setattr(packing, name, {k: v.to("meta") if torch.is_tensor(v) else v for k, v in value.items()})
    packing.real = tuple(index.to("meta") for index in where)  # picks the same tokens
    return packing


@pytest.mark.parametrize(
    ("arch", "recompute"),
    [
        *(("vega_base", recompute) for recompute in ("none", "selective", "full")),
        pytest.param("vega_xl", "selective", marks=pytest.mark.e2e),
        *(pytest.param("vega_xl", recompute, marks=pytest.mark.slow) for recompute in ("none", "full")),
    ],
)
def test_activations_of_a_gpu_batch(arch: str, recompute: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = [30, 30, 29, 28] * 34  # 4080 tokens with padding
    monkeypatch.setattr(F, "scaled_dot_product_attention", attention_of_a_gpu)
    monkeypatch.setattr(transformer, "Packing", lambda real: packing_on_meta(lengths))
    model, _ = build(arch, 1000, "meta")
    recompute_layers(transformer_layers(model.to(torch.bfloat16)), recompute)
    tokens = torch.empty(len(lengths), max(lengths), dtype=torch.long, device="meta")
    tracker = MemTracker()
    tracker.track_external(model)
    with tracker:
        hidden = model(tokens, None, tokens, packed_output=True)
        kept = live(tracker, device="meta")["Activation"]
        states = live(tracker, device="meta")["Total"] - kept
        hidden.sum().backward()
    expected = kept_bytes(SIZES[arch], tokens.numel(), recompute, 2, packed=True)
    assert kept == pytest.approx(expected, rel=TOLERANCE)
    # While the last layer is run again, gradients hardly exist.
    peak = live(tracker, "peak", "meta")
    fullest = peak["Total"] - peak["Gradient"] - states
    assert fullest < (1 + TOLERANCE) * (
        expected + working_bytes(SIZES[arch], tokens.numel(), recompute, 2, packed=True)
    )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_the_loss_at_its_fullest(dtype: torch.dtype) -> None:
    size, vocabulary, tokens = SIZES["vega_big"], 64_000, 2000
    hidden = torch.empty(tokens, size.width, dtype=dtype, device="meta", requires_grad=True)
    weight = torch.empty(vocabulary, size.width, dtype=dtype, device="meta", requires_grad=True)
    with MemTracker() as tracker:
        fused_label_smoothed_cross_entropy(hidden, weight, torch.empty(tokens, dtype=torch.long, device="meta"), 0.1)
    inside, _ = loss_bytes(size, vocabulary, tokens, dtype.itemsize, fused=True)
    given = hidden.nbytes + weight.nbytes  # seen by the tracker as their views are made
    assert live(tracker, "peak", "meta")["Total"] - given == pytest.approx(inside, rel=0.1)


# One process of several, on CPU

SMALL = ModelSize(4, 4, width=256, ffn_width=1024, heads=4, pre_norm=True)
SYMBOLS = 4000
LENGTHS = [30, 30, 29, 28] * 6


@pytest.fixture
def processes() -> Iterator[Any]:
    """Makes this one process 0 of so many. The suite's fixture ends the group."""
    yield lambda count: torch.distributed.init_process_group("fake", rank=0, world_size=count, store=FakeStore())


def small_model() -> tuple[Any, FusedLabelSmoothedCrossEntropy]:
    both = {"layers": 4, "embed_dim": 256, "ffn_embed_dim": 1024, "attention_heads": 4}
    model, task = build(
        "vega_tiny", SYMBOLS, "cpu", **{f"{s}_{k}": v for s in ("encoder", "decoder") for k, v in both.items()}
    )
    task.target_dictionary = task.source_dictionary
    return model, FusedLabelSmoothedCrossEntropy(task, sentence_avg=False, label_smoothing=0.1)


def small_batch() -> dict[str, Any]:
    tokens = torch.where(torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None], 5, PAD)
    inputs = {"src_tokens": tokens, "src_lengths": torch.tensor(LENGTHS), "prev_output_tokens": tokens}
    return {"net_input": inputs, "target": tokens, "ntokens": sum(LENGTHS)}


@pytest.mark.parametrize(
    ("count", "nodes", "precision", "recompute"),
    [
        (1, 1, "bf16", "full"),
        (8, 1, "bf16", "selective"),
        (8, 2, "bf16", "none"),
        (8, 1, "fp32", "full"),
    ],
)
def test_memory_of_a_sharded_process(count: int, nodes: int, precision: str, recompute: str, processes: Any) -> None:
    """Two batches in one update, so that the second finds gradients there."""
    processes(count)
    model, criterion = small_model()
    recompute_layers(transformer_layers(model), recompute)
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    mesh = data_parallel_mesh(torch.device("cpu"), None, count // nodes if nodes > 1 else 0)
    shard_model(
        model, mesh, compute_dtype=dtype, reduce_dtype=dtype, reshard_after_forward=True, cpu_offload=False,
        prefetch_layers=1,
    )  # fmt: skip
    positions = sum(buffer.nbytes for buffer in model.buffers())
    tracker = MemTracker()
    tracker.track_external(model)
    with tracker:
        for _ in range(2):
            tracker.reset_mod_stats()
            loss = criterion(model, small_batch())[0]
            loss.backward()
    train = TrainOptions(
        max_tokens=len(LENGTHS) * max(LENGTHS), processes=count, nodes=nodes, activation_checkpointing=recompute,
        sharding="full" if nodes == 1 else "hybrid",
    )  # fmt: skip
    estimate = training_memory(SMALL, SYMBOLS, train, precision)
    assert live(tracker)["Gradient"] == pytest.approx(estimate["gradients"], rel=0.01)
    assert live(tracker, "peak")["Total"] - positions == pytest.approx(
        estimate["total"] - estimate["optimizer"], rel=TOLERANCE
    )


# What the arithmetic takes for granted


def test_numbers_of_others_are_still_theirs() -> None:
    assert memory.LOSS_CHUNK == CHUNK_ENTRIES
    assert all(issubclass(CRITERION_REGISTRY[name], FusedLabelSmoothedCrossEntropy) for name in memory.FUSED_LOSSES)
    buffer = inspect.signature(LegacyDistributedDataParallel.__init__).parameters["buffer_size"].default
    assert buffer == memory.DDP_BUFFER


@pytest.mark.parametrize("states", ["bf16", "8bit"])
def test_bytes_of_small_moments(states: str) -> None:
    from fairseq_plugins.optimizers.small_states import adamw_8bit, adamw_bf16

    parameter = torch.nn.Parameter(torch.zeros(1024, 1024))
    make = adamw_8bit if states == "8bit" else adamw_bf16
    optimizer = make([parameter], lr=torch.tensor(1e-3), betas=(0.9, 0.98), eps=1e-8, weight_decay=0.0)
    moment = optimizer._new_buffer(parameter, True)
    parts = (moment.codes, moment.scale) if states == "8bit" else (moment,)
    assert 2 * sum(part.nbytes for part in parts) / parameter.numel() == pytest.approx(memory.MOMENTS[states], rel=0.01)

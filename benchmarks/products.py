"""How much of a training step is matrix products: the limit of what anything else can gain.

One forward and backward pass of a model's shape on random sentences of 24 to 30 tokens, stock fairseq's model and loss
against ours, under torch's profiler. `share` is the part of the profiled time in products and attention kernels.

    python benchmarks/products.py --arch vega_base --sentences 130
"""

from __future__ import annotations

import argparse
import json
import statistics
from argparse import Namespace
from typing import Any

import torch
from fairseq.criterions.label_smoothed_cross_entropy import LabelSmoothedCrossEntropyCriterion
from fairseq.data import Dictionary
from fairseq.models import ARCH_CONFIG_REGISTRY, ARCH_MODEL_REGISTRY
from fairseq.models.transformer import TransformerModel
from torch.profiler import ProfilerActivity, profile

from fairseq_plugins.criterions.label_smoothed_cross_entropy import FusedLabelSmoothedCrossEntropy

PRODUCTS = ("::mm", "::addmm", "::bmm", "::baddbmm", "::_linear_pointwise", "::_scaled_dot_product")
LONGEST, SHORTEST, SYMBOLS = 30, 24, 6000


class Task:
    """As far as models and criterions need one."""

    def __init__(self) -> None:
        self.source_dictionary = self.target_dictionary = Dictionary()
        for number in range(SYMBOLS):
            self.source_dictionary.add_symbol(f"w{number}")


def batch(sentences: int) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(SHORTEST, LONGEST + 1, (sentences,), generator=generator)
    source, target, previous = (torch.randint(4, SYMBOLS, (sentences, LONGEST), generator=generator) for _ in range(3))
    for side in (source, target, previous):
        side[torch.arange(LONGEST) >= lengths[:, None]] = 1  # padding
    inputs = {"src_tokens": source, "src_lengths": lengths, "prev_output_tokens": previous}
    return {"net_input": inputs, "target": target, "ntokens": int(lengths.sum()), "nsentences": sentences}


def measured(kind: Any, criterion: Any, task: Task, arch: str, sample: dict[str, Any], steps: int) -> dict[str, float]:
    """Seconds per step in all, and in products."""
    options = Namespace(dropout=0.1, max_source_positions=1024, max_target_positions=1024)
    ARCH_CONFIG_REGISTRY[arch](options)
    model = kind.build_model(options, task).train()

    def step() -> None:
        model.zero_grad()
        criterion(model, sample)[0].backward()

    step()
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for _ in range(steps):
            step()
    rows = [(row.key, row.self_cpu_time_total / 1e6 / steps) for row in profiler.key_averages()]
    products = sum(seconds for key, seconds in rows if any(name in key for name in PRODUCTS))
    return {"step_s": sum(seconds for _, seconds in rows), "products_s": products}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", default="vega_base")
    parser.add_argument("--sentences", type=int, default=130)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    task, sample = Task(), batch(options.sentences)
    both = {
        "ours": (ARCH_MODEL_REGISTRY[options.arch], FusedLabelSmoothedCrossEntropy(task, False, 0.1)),
        "baseline": (TransformerModel, LabelSmoothedCrossEntropyCriterion(task, False, 0.1)),
    }
    found: dict[str, list[dict[str, float]]] = {name: [] for name in both}
    for _ in range(options.rounds):
        for name, (kind, criterion) in both.items():
            found[name].append(measured(kind, criterion, task, options.arch, sample, options.steps))
    median = {n: {k: statistics.median(r[k] for r in runs) for k in runs[0]} for n, runs in found.items()}
    ours, stock = median["ours"], median["baseline"]
    print(json.dumps({
        "name": "matrix products in a training step", "unit": "profiled seconds per step",
        "ours": round(ours["step_s"], 2), "baseline": round(stock["step_s"], 2),
        "ratio": round(stock["step_s"] / ours["step_s"], 3),
        "share": {name: round(m["products_s"] / m["step_s"], 3) for name, m in median.items()},
        "spread": {name: [round(r["step_s"], 2) for r in runs] for name, runs in found.items()},
    }))  # fmt: skip


if __name__ == "__main__":
    main()

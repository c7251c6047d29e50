"""How sharp the minimum is that training has found, for each radius: one JSON line.

    python -m fairseq_plugins.sharpness CHECKPOINT DATA --directions en-de --rho 0.05,0.5

The loss is the mean negative log-likelihood of a validation token, in nats, without dropout and smoothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from fairseq import checkpoint_utils, tasks, utils

import fairseq_plugins  # noqa: F401  (registers tasks and models, allows fairseq's classes in checkpoints)
from fairseq_plugins.criterions.label_smoothed_cross_entropy import FusedLabelSmoothedCrossEntropy
from vega.methods.sharpness import Rise, loss_rise


def sharpness(checkpoint: Path, data: Path, directions: str, radii: list[float], split: str = "valid") -> list[Rise]:
    """The rise of the loss on a split at each radius; `checkpoint` is a fairseq file of `vega_multidirectional`."""
    changes = {"data": str(data), "directions": directions}
    state = checkpoint_utils.load_checkpoint_to_cpu(str(checkpoint), arg_overrides=changes)
    task = tasks.setup_task(state["cfg"].task)
    model = task.build_model(state["cfg"].model)
    model.load_state_dict(state["model"], strict=True, model_cfg=state["cfg"].model)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device).eval()
    criterion = FusedLabelSmoothedCrossEntropy(task, sentence_avg=False, label_smoothing=0.0)
    task.load_dataset(split)

    def batches() -> Iterator[dict[str, Any]]:
        iterator = task.get_batch_iterator(task.dataset(split), max_tokens=4096, max_positions=task.max_positions())
        yield from iterator.next_epoch_itr(shuffle=False)

    def loss(with_gradient: bool) -> float:
        model.zero_grad()
        total, tokens = 0.0, 0
        with torch.set_grad_enabled(with_gradient):
            for batch in batches():
                batch = utils.move_to_cuda(batch) if device.type == "cuda" else batch
                summed, count, _ = criterion(model, batch)
                if with_gradient:
                    summed.backward()
                total, tokens = total + float(summed), tokens + count
        return total / tokens

    weights = list(model.parameters())
    return [loss_rise(loss, weights, radius) for radius in radii]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="a checkpoint file")
    parser.add_argument("data", type=Path, help="folder written by `vega binarize`")
    parser.add_argument("--directions", required=True, help="as in training")
    parser.add_argument("--rho", default="0.05", help="radii, comma-separated")
    parser.add_argument("--split", default="valid")
    given = parser.parse_args()
    radii = [float(radius) for radius in given.rho.split(",")]
    rises = sharpness(given.checkpoint, given.data, given.directions, radii, given.split)
    found = [{"rho": radius, **rise._asdict()} for radius, rise in zip(radii, rises, strict=True)]
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()

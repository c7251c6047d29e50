"""How sharp the minimum is that training has found, for each radius: one JSON line.

    python -m fairseq_plugins.sharpness CHECKPOINT DATA --directions en-de --rho 0.05,0.5

The loss is the mean negative log-likelihood of a validation token, in nats, without dropout and smoothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from fairseq_plugins.dev_loss import DevLoss
from fairseq_plugins.loading import load, open_checkpoint
from vega.methods.sharpness import Rise, loss_rise


def sharpness(checkpoint: Path, data: Path, directions: str, radii: list[float], split: str = "valid") -> list[Rise]:
    """The rise of the loss on a split at each radius."""
    loss = DevLoss(load(open_checkpoint(checkpoint), data, directions), split)
    weights = list(loss.model.parameters())
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

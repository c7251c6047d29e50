"""How sharp the minimum is that training has found, for each radius (`vega.methods.sharpness`)."""

from __future__ import annotations

from typing import Any

from fairseq_plugins.dev.loss import DevLoss
from fairseq_plugins.loading import Loaded
from vega.methods.sharpness import loss_rise
from vega.settings.probe import ProbeSettings, SharpnessProbe


def sharpness(settings: ProbeSettings, options: SharpnessProbe, loaded: Loaded) -> dict[str, Any]:
    """The loss in nats per token, and how much it rises at each radius, up the gradient and on average at random."""
    loss = DevLoss(loaded, max_tokens=settings.max_tokens, batches=options.batches, seed=settings.seed)
    weights = list(loss.model.parameters())
    rises = [
        loss_rise(loss, weights, radius, directions=options.points, seed=settings.seed) for radius in options.radii
    ]
    return {
        "tokens": sum(int(batch["ntokens"]) for batch in loss.batches),
        "loss": rises[0].loss,
        "rises": [
            {"rho": radius, "along_gradient": rise.along_gradient, "at_random": rise.at_random}
            for radius, rise in zip(options.radii, rises, strict=True)
        ],
    }

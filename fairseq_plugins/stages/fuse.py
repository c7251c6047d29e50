"""The stage `fuse`: two models as one, and whether that is better than they are.

Writes the fused checkpoint, `gain.json` (over the better parent) and `fuse.json`: scores and losses on dev of the
parents, the fused model and plain averages, the verdict, and the loss along the line between the parents, before and
after alignment. Mixtures are read from the parents' files tensor by tensor; one model at a time is in memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairseq_plugins.dev.loss import DevLoss
from fairseq_plugins.dev.text import DevText, Outputs, write_gain
from fairseq_plugins.fusion.align import align_by_matrix, dev_batches, record
from fairseq_plugins.fusion.guard import FUSED, Guard
from fairseq_plugins.fusion.loss_line import Line, loss_line, loss_of
from fairseq_plugins.loading import load, open_checkpoint
from fairseq_plugins.stages.average import write_model
from vega.atomic import write_json
from vega.checkpoints.export import export_fairseq
from vega.checkpoints.fuse import Fused, align, check_same_model, squared_distance, symmetry_of
from vega.checkpoints.sources import Weights, open_weights
from vega.errors import UserError
from vega.progress import say
from vega.settings.fuse import FuseSettings

FUSE_FILE = "fuse.json"

NOT_MOVED = (
    "Alignment has moved no neuron, so this is plain interpolation. Did both models begin with the same weights? Train "
    "them, or pre-train one of them, with another `seed`."
)


def run(settings: FuseSettings, output: Path) -> None:
    """Fuse, judge, then write. UserError for models that do not fit together, and with `refuse_worse` for a loss."""
    first, second = (open_checkpoint(each.checkpoint) for each in (settings.first, settings.second))
    check_same_model(first, second)
    apart = squared_distance(first, second)  # first of all: damaged weights are said before any work
    dev = DevText(settings)
    parents = {settings.first.name: first, settings.second.name: second}
    outputs = _translated(parents, dev)  # so is a vocabulary that does not fit
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=".work-") as folder:
        aligned = _aligned(first, second, settings, Path(folder))
        mixtures = _mixtures(first, aligned, second, settings)
        outputs |= _translated(mixtures, dev)
        loss = DevLoss(
            load(second, settings.data, ",".join(settings.directions)),
            max_tokens=settings.max_tokens,
            batches=settings.loss_batches or None,
            seed=settings.seed,
        )
        losses = {name: loss_of(weights, loss) for name, weights in {**parents, **mixtures}.items()}
        guard = Guard(settings, dev, outputs, losses)
        after = squared_distance(aligned, second)
        notes = [NOT_MOVED] if settings.align != "none" and after == apart > 0 else []
        for line in (*guard.table(), *guard.sentences(), *notes):
            say(line)
        if guard.is_worse and settings.refuse_worse:
            raise UserError(f"{guard.sentences()[0]} Nothing was written, as refuse_worse asks.")
        content = {
            **settings.model_dump(mode="json", include={"align", "p0", "embeddings", "regularisation", "metric"}),
            "first": settings.first.name,
            "second": settings.second.name,
            **guard.content(),
            "sentences": [*guard.sentences(), *notes],
            "sentences_of_dev": sum(len(part.sources) for part in dev.parts),
            "loss_batches": len(loss.batches),
            "squared_distance": {"before": apart, "after": after},
            "fixed_streams": _fixed_streams(first, settings),
            "lines": _lines(first, aligned, second, loss, settings, losses),
        }
        write_model(mixtures[FUSED], output, settings.to)
    write_json(output / FUSE_FILE, content)
    base = guard.better, outputs[guard.better]
    write_gain(output, dev, base, (FUSED, outputs[FUSED]), {"verdict": guard.verdict})


def _aligned(first: Weights, second: Weights, settings: FuseSettings, folder: Path) -> Weights:
    """The first model in the second's order. What is dear to make is in files in `folder`."""
    if settings.align == "none":
        return first
    file, features = folder / "aligned.pt", None
    if settings.align in ("activations", "paper"):
        batches = dev_batches(first, settings.data, settings.directions, settings.tokens, settings.seed)
        if settings.align == "paper":
            align_by_matrix(first, second, batches, file)
            return open_weights(file)
        features = record(first, batches, folder / "first"), record(second, batches, folder / "second")
    aligned = align(first, second, features, settings.regularisation)
    if not settings.regularisation:
        return aligned
    export_fairseq(aligned, file)  # soft plans are not kept, and mixtures are read many times
    return open_weights(file)


def _mixtures(first: Weights, aligned: Weights, second: Weights, settings: FuseSettings) -> dict[str, Weights]:
    """The fused model, and what it must be compared with: the same without alignment, and halves of everything."""
    keep = settings.embeddings == "second"
    found: dict[str, Weights] = {FUSED: Fused(aligned, second, settings.p0, keep)}
    if settings.align != "none":
        found[f"plain average, p0 {settings.p0:g}"] = Fused(first, second, settings.p0, keep)
    return {**found, "plain average": Fused(first, second, 0.5, keep_embeddings=False)}


def _translated(models: Mapping[str, Weights], dev: DevText) -> dict[str, Outputs]:
    """One model at a time."""
    return {name: dev.translate(dev.translator([weights])) for name, weights in models.items()}


def _fixed_streams(weights: Weights, settings: FuseSettings) -> list[str]:
    """Those that stay in their order although there is an alignment."""
    fixed = symmetry_of(weights).fixed if settings.align in ("weights", "activations") else ()
    if fixed:
        say("Positions are sinusoidal: the residual stream stays in its order, inner neurons are aligned.")
    return list(fixed)


def _lines(
    first: Weights, aligned: Weights, second: Weights, loss: DevLoss, settings: FuseSettings, losses: dict[str, float]
) -> dict[str, dict[str, Any]]:
    """The losses between the parents before and after alignment; none for `barrier_points` 0."""
    if not settings.barrier_points:
        return {}
    shares = [at / (settings.barrier_points - 1) for at in range(settings.barrier_points)]
    known = {0.0: losses[settings.second.name], 1.0: losses[settings.first.name]}
    found: dict[str, Line] = {"before": loss_line(first, second, loss, shares, known)}
    if settings.align != "none":
        found["after"] = loss_line(aligned, second, loss, shares, {0.0: known[0.0]})
    for name, line in found.items():
        say(f"barrier {name} alignment: {line.height:.4f} nats per token, at {line.highest:g} of {settings.first.name}")
    return {name: line.content() for name, line in found.items()}

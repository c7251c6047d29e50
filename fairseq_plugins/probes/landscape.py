"""The loss landscape of a model among others (`vega.methods.landscape`)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from fairseq import utils
from torch import Tensor

from fairseq_plugins.dev.loss import DevLoss
from fairseq_plugins.loading import Loaded, load, open_checkpoint
from vega.checkpoints.sources import Weights, all_names, options_of
from vega.errors import UserError
from vega.methods.landscape import (
    Plane,
    Source,
    differences,
    flatness,
    kinship,
    losses_on,
    moving,
    random_direction,
    towards,
)
from vega.progress import track
from vega.settings.probe import LandscapeProbe, ProbeSettings


class _Start(NamedTuple):
    """Initial weights by name, where they are from, and their cosine with the model."""

    source: Source
    known_from: str
    cosine: float


class _Spanned(NamedTuple):
    plane: Plane
    other: str | None
    said: str


def landscape(
    settings: ProbeSettings, options: LandscapeProbe, at: int, loaded: Loaded, every: Sequence[Weights]
) -> dict[str, Any]:
    """Of model number `at`; losses in nats per token, rows for b, `null` where the loss is not finite."""
    loss = DevLoss(loaded, max_tokens=settings.max_tokens, batches=options.batches, seed=settings.seed)
    weights = dict(loss.model.named_parameters())
    start = _start(settings, every[at], weights)
    spanned = _plane(settings, at, weights, start, every)
    ends = options.reach * options.steps
    axis = [step / options.steps for step in range(-ends, ends + 1)]
    found = losses_on(spanned.plane, weights, loss, axis)
    rows = list(track(found, f"{settings.models[at].name}: landscape", len(axis)))
    in_row = rows[axis.index(0)]
    return {
        "model": settings.models[at].name,
        "directions": spanned.said,
        "start": start.known_from if start else None,
        "start_cosine": round(start.cosine, 4) if start else None,
        "other": spanned.other,
        "tokens": sum(int(batch["ntokens"]) for batch in loss.batches),
        "loss": _finite(in_row[axis.index(1)]),
        "start_loss": _finite(in_row[axis.index(0)]) if start else None,
        "lowest": _finite(min((value for row in rows for value in row if math.isfinite(value)), default=math.nan)),
        "margin": options.margin,
        "flatness": round(flatness(rows, options.margin), 4),
        "axis": axis,
        "losses": [[_finite(value) for value in row] for row in rows],
    }


def _start(settings: ProbeSettings, of: Weights, weights: Mapping[str, Tensor]) -> _Start | None:
    """Those that the settings name, else those of the seed of training, if the model shows that it began there."""
    if settings.init is not None:
        given = open_checkpoint(settings.init.checkpoint)
        if not _fits(given, weights):
            raise UserError(f"init: {given.path} has other tensors than {of.path}. Give its own initial weights.")
        source = _by_name(given)
        return _Start(source, settings.init.name, kinship(weights, source)[0])
    seed = options_of(of, "common").get("seed")
    if seed is None:
        return None
    with torch.random.fork_rng():
        utils.set_torch_seed(seed)  # as fairseq-train does before it builds the model
        fresh = load(of, settings.data, ",".join(settings.directions), trained=False).model
    source = dict(fresh.named_parameters()).__getitem__
    cosine, least = kinship(weights, source)
    return _Start(source, f"seed {seed}", cosine) if cosine > least else None


def _plane(
    settings: ProbeSettings, at: int, weights: Mapping[str, Tensor], start: _Start | None, every: Sequence[Weights]
) -> _Spanned:
    if start is None:
        plane = Plane(*(random_direction(weights, settings.seed + axis) for axis in range(2)))
        return _Spanned(plane, None, "two random directions, scaled by filter to the model: its start is not known")
    first = differences(weights, start.source)
    for rival, other in zip(settings.models, every, strict=True):
        if other is not every[at] and _fits(other, weights):
            second = towards(_by_name(other), start.source, first)
            return _Spanned(Plane(first, second), rival.name, f"from the start to the model, and to {rival.name}")
    second = random_direction(first, settings.seed)
    return _Spanned(Plane(first, second), None, "from the start to the model, and a random one: no other model fits")


def _by_name(weights: Weights) -> Source:
    stored = dict(all_names(weights))
    return lambda name: weights.tensor(stored[name])


def _fits(other: Weights, weights: Mapping[str, Tensor]) -> bool:
    """Whether what moves has the same names and shapes."""
    shapes = other.tensors()
    known = {name: shapes[first].shape for name, first in all_names(other)}
    return all(known.get(name) == tuple(weights[name].shape) for name in moving(weights))


def _finite(value: float) -> float | None:
    return round(value, 5) if math.isfinite(value) else None

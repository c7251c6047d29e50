"""The stage `average`: the mean of several checkpoints' weights, and what it gains over the best single one.

Writes the model, `average.json` (which checkpoints, their updates and validation losses) and `gain.json`. Tensors are
read and averaged one by one; memory holds one model, while it translates.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from fairseq_plugins.dev.text import DevText, Outputs, write_gain
from fairseq_plugins.loading import open_checkpoint
from vega.atomic import write_json
from vega.checkpoints.ema import EmaWeights
from vega.checkpoints.fuse import check_same_model, write_fused
from vega.checkpoints.layout import BEST
from vega.checkpoints.saved import SavedCheckpoint, best_checkpoints, last_checkpoints
from vega.checkpoints.sources import Average, Weights
from vega.errors import UserError
from vega.progress import say
from vega.settings.average import AverageSettings
from vega.settings.dev import NamedModel
from vega.stages import BEST_CHECKPOINT

AVERAGE_FILE = "average.json"


class Part(NamedTuple):
    """One of what is averaged, and what tables say of it."""

    name: str
    weights: Weights
    facts: dict[str, Any]


def run(settings: AverageSettings, output: Path) -> None:
    """Average, translate dev sentences with the average and with the best single checkpoint, write."""
    dev = DevText(settings)
    parts = _of_models(settings.models) if settings.models else _of_training(settings)
    averaged = average_of([part.weights for part in parts])
    base, outputs = _best_of_models(dev, parts) if settings.models else _best_of_training(dev, settings)
    system = f"average of {len(parts)}" if len(parts) > 1 else parts[0].name
    found = dev.translate(dev.translator([averaged]))
    write_model(averaged, output, settings.to)
    facts = {"last": settings.last, "best": settings.best, "ema": settings.ema, "metric": settings.metric}
    scores = {"base": base, "base_score": round(dev.score(outputs), 3), "score": round(dev.score(found), 3)}
    table = [{"name": part.name, **part.facts} for part in parts]
    write_json(output / AVERAGE_FILE, {**facts, **scores, "parts": table})
    gain = write_gain(output, dev, (base, outputs), (system, found), {})
    say(f"{system}: {gain.score:.2f} {settings.metric}, {gain.gain:+.2f} over {base} ({gain.base:.2f})")


def average_of(parts: list[Weights]) -> Weights:
    """Their mean; UserError unless all are of one architecture, size and vocabulary."""
    for other in parts[1:]:
        check_same_model(parts[0], other)
    return Average(parts) if len(parts) > 1 else parts[0]


def write_model(weights: Weights, output: Path, to: str) -> None:
    """Where later stages look for the model of a stage: a file, or with `sharded` a folder."""
    write_fused(weights, output / (BEST_CHECKPOINT if to == "fairseq" else BEST_CHECKPOINT.with_name(BEST)), to)


def _of_models(models: list[NamedModel]) -> list[Part]:
    return [Part(each.name, open_checkpoint(each.checkpoint), {}) for each in models]


def _of_training(settings: AverageSettings) -> list[Part]:
    folder = settings.checkpoints
    assert folder is not None
    chosen = best_checkpoints(folder, settings.best) if settings.best else last_checkpoints(folder, settings.last or 1)
    return [
        Part(
            f"EMA at update {each.update}" if settings.ema else f"update {each.update}",
            EmaWeights(each.path) if settings.ema else open_checkpoint(each.path),
            {"update": each.update, "validation_loss": each.loss},
        )
        for each in chosen
    ]


def _best_of_training(dev: DevText, settings: AverageSettings) -> tuple[str, Outputs]:
    """The checkpoint that validated best; the newest where none was validated."""
    assert settings.checkpoints is not None
    single = _best_single(settings.checkpoints)
    return f"update {single.update}", dev.translate(dev.translator([open_checkpoint(single.path)]))


def _best_single(folder: Path) -> SavedCheckpoint:
    try:
        return best_checkpoints(folder, 1)[0]
    except UserError:
        return last_checkpoints(folder, 1)[0]


def _best_of_models(dev: DevText, parts: list[Part]) -> tuple[str, Outputs]:
    """The model that translates dev sentences best; its score and all others' go to their facts."""
    outputs = {part.name: dev.translate(dev.translator([part.weights])) for part in parts}
    for part in parts:
        part.facts["score"] = round(dev.score(outputs[part.name]), 3)
    best = max(outputs, key=lambda name: dev.score(outputs[name]))
    return best, outputs[best]

"""The `probe` stage: what models are like beyond their score, side by side on the same sentences.

Every checkpoint is read by its tensors, so sharded folders do as well as files. One model is in memory at a time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fairseq_plugins.dev.text import DevText
from fairseq_plugins.loading import load, open_checkpoint
from fairseq_plugins.probes.diversity import REFERENCE, diversity_rows
from fairseq_plugins.probes.landscape import landscape
from fairseq_plugins.probes.lexical import lexical
from fairseq_plugins.probes.noise import NoiseCurves
from fairseq_plugins.probes.sharpness import sharpness
from vega.atomic import write_json
from vega.checkpoints.sources import Weights
from vega.errors import UserError
from vega.settings.probe import ProbeSettings

#: All numbers; a list per probe that ran.
PROBE_FILE = "probe.json"

Found = dict[str, list[dict[str, Any]]]


def run(settings: ProbeSettings, output: Path) -> None:
    """Write `probe.json`."""
    names = [model.name for model in settings.models]
    if len(set(names)) != len(names) or REFERENCE in names:
        raise UserError(f"models: {', '.join(names)}. Give each a name of its own, other than '{REFERENCE}'.")
    started = time.monotonic()
    every = [open_checkpoint(model.checkpoint) for model in settings.models]
    found: Found = {}
    for at in range(len(every)):
        _weights(settings, at, every, found)
    _outputs(settings, every, found)
    write_json(output / PROBE_FILE, {"models": names, **found, "seconds": round(time.monotonic() - started, 3)})


def _weights(settings: ProbeSettings, at: int, every: Sequence[Weights], found: Found) -> None:
    """What needs a model's weights and the binarized dev set."""
    if not (settings.landscape or settings.sharpness or settings.lexical):
        return
    model = {"model": settings.models[at].name}
    loaded = load(every[at], settings.data, ",".join(settings.directions))
    if settings.landscape:
        _add(found, "landscape", [landscape(settings, settings.landscape, at, loaded, every)])
    if settings.sharpness:
        _add(found, "sharpness", [{**model, **sharpness(settings, settings.sharpness, loaded)}])
    if settings.lexical:
        _add(found, "lexical", [{**model, **lexical(settings, settings.lexical, loaded)}])


def _outputs(settings: ProbeSettings, every: Sequence[Weights], found: Found) -> None:
    """What needs translations of dev sentences."""
    if not (settings.noise or settings.diversity):
        return
    dev = DevText(settings)
    curves = NoiseCurves(dev, settings.noise) if settings.noise else None
    for model, weights in zip(settings.models, every, strict=True):
        translator = dev.translator([weights])
        clean = dev.translate(translator).lines
        if curves:
            _add(found, "noise", curves.of(model.name, translator, clean))
        if settings.diversity:
            _add(found, "diversity", diversity_rows(model.name, dev.parts, clean))
    if settings.diversity:
        _add(found, "diversity", diversity_rows(REFERENCE, dev.parts, [part.references for part in dev.parts]))


def _add(found: Found, probe: str, rows: list[dict[str, Any]]) -> None:
    found.setdefault(probe, []).extend(rows)

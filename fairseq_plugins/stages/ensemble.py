"""The stage `ensemble`: models that translate together, chosen greedily on dev sentences.

Writes `decoder.json`, by which `translate` decodes with all of them in one pass, `ensemble.json` (every round of the
search) and `gain.json` over the best single model, with what decoding costs.
"""

from __future__ import annotations

from pathlib import Path

from fairseq_plugins.decoders import write_decoder
from fairseq_plugins.dev.scores import Scores
from fairseq_plugins.dev.text import DevText, write_gain
from fairseq_plugins.loading import open_checkpoint
from vega.atomic import write_json
from vega.checkpoints.sources import Weights
from vega.methods.greedy_ensemble import Round, greedy_ensemble, members
from vega.settings.ensemble import EnsembleSettings

ENSEMBLE_FILE = "ensemble.json"


def run(settings: EnsembleSettings, output: Path) -> None:
    """Search and write. UserError for a model of another vocabulary."""
    models: dict[str, Weights] = {each.name: open_checkpoint(each.checkpoint) for each in settings.models}
    dev = DevText(settings)
    score = Scores(dev, lambda names: [models[name] for name in names])
    singles = {name: score([name]) for name in models}
    rounds = greedy_ensemble(singles, score, most=settings.most, repeat=settings.repeat, least_gain=settings.least_gain)
    chosen = members(rounds)
    best, together = score.outputs(chosen[:1]), score.outputs(chosen)
    cost = together.seconds / best.seconds if best.seconds else 1.0
    write_decoder(output, "ensemble", chosen)
    content = {"metric": settings.metric, "models": list(models), "rounds": list(map(_round, rounds))}
    write_json(output / ENSEMBLE_FILE, {**content, "ensemble": chosen, "score": round(score(chosen), 3)})
    name = f"ensemble of {len(chosen)}" if len(chosen) > 1 else chosen[0]
    write_gain(output, dev, (chosen[0], best), (name, together), {"members": chosen, "times": round(cost, 2)})


def _round(found: Round) -> dict[str, object]:
    return {"joined": found.joined, "scores": {name: round(value, 3) for name, value in found.scores.items()}}

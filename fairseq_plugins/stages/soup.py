"""The stage `soup`: models whose weights are averaged, chosen greedily on dev sentences (`vega.methods.soup`).

Writes the model, `soup.json` (the models' own scores, every step, and for comparison the uniform soup of all) and
`gain.json` over the best single model. Mixtures are read from the models' files tensor by tensor.
"""

from __future__ import annotations

from pathlib import Path

from fairseq_plugins.dev.scores import Scores
from fairseq_plugins.dev.text import DevText, write_gain
from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.stages.average import average_of, write_model
from vega.atomic import write_json
from vega.checkpoints.sources import Weights
from vega.methods.soup import greedy_soup, ingredients
from vega.settings.soup import SoupSettings

SOUP_FILE = "soup.json"


def run(settings: SoupSettings, output: Path) -> None:
    """Choose, average, write. UserError for models that do not fit together."""
    models: dict[str, Weights] = {each.name: open_checkpoint(each.checkpoint) for each in settings.models}
    average_of(list(models.values()))  # what does not fit is said before any work
    dev = DevText(settings)
    score = Scores(dev, lambda names: [_mixture(models, names)])
    singles = {name: score([name]) for name in models}
    steps = greedy_soup(singles, score)
    chosen, best = ingredients(steps), steps[0].model
    write_model(_mixture(models, chosen), output, settings.to)
    uniform = dev.gain(score.outputs([best]), score.outputs(list(models)))
    content = {
        "metric": settings.metric,
        "singles": {name: round(value, 3) for name, value in singles.items()},
        "steps": [{**step._asdict(), "score": round(step.score, 3)} for step in steps],
        "soup": chosen,
        "score": round(score(chosen), 3),
        "uniform": {name: round(value, 3) for name, value in uniform._asdict().items()},
    }
    write_json(output / SOUP_FILE, content)
    name = f"soup of {len(chosen)}" if len(chosen) > 1 else best
    write_gain(output, dev, (best, score.outputs([best])), (name, score.outputs(chosen)), {"members": chosen})


def _mixture(models: dict[str, Weights], names: list[str]) -> Weights:
    """The average, summed in the order of the settings, whatever the order in which models joined."""
    return average_of([models[name] for name in models if name in names])

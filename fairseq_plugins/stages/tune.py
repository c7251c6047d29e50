"""`vega tune`: models on the line from the untuned to the tuned one, judged by domain; the chosen one is kept.

Interpolating weights keeps much of what tuning has learnt and loses less of what was there before (for robust tuning:
Wortsman et al. 2022, arXiv 2109.01903). The rule is in `vega.domain_choice`. Dev sentences that choose and those that
the gains are measured on are different ones, so the gains in the table do not flatter.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fairseq_plugins.dev.text import DevText, Outputs, write_gain
from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.stages.average import write_model
from vega.atomic import write_json
from vega.checkpoints.fuse import Fused, check_same_model
from vega.checkpoints.sources import Weights
from vega.domain_choice import Point, best_refused, choose
from vega.errors import UserError
from vega.metrics import METRICS, Gain, Judge, Reference
from vega.progress import say, track
from vega.settings.corpora import Corpus
from vega.settings.dev import DevOptions
from vega.settings.tuning import TUNING_FILE, DomainDev, TuneSettings

#: What the stage says, for the report.
TUNE_FILE = "tune.json"


def run(settings: TuneSettings, output: Path) -> None:
    """Write the chosen model into checkpoints/, tune.json and gain.json into `output`."""
    text = _text_facts(settings.text)
    models = _Line(settings)
    judged = DomainText(settings, text["choose"])
    base = judged.translate(models.at(0.0))
    points, outputs = [], {0.0: base}
    for weight in track(settings.points, "Judging models", total=len(settings.points)):
        outputs[weight] = judged.translate(models.at(weight))
        points.append(judged.point(weight, base, outputs[weight]))
    chosen = choose(points, settings.worst_weight)
    shown = chosen or best_refused(points, settings.worst_weight)
    table, measured, pair = _measured(settings, text, models, judged, shown, outputs)
    content = {
        "metric": settings.metric,
        "untuned": settings.untuned.name,
        "tuned": settings.tuned.name,
        "worst_weight": settings.worst_weight,
        "chosen": chosen.weight if chosen else 0.0,
        "points": [_point_facts(point, settings) for point in points],
        "table": {**table, "taken": chosen is not None},
        "text": text["text"],
        "score": text["score"],
    }
    content["sentence"] = _sentence(content)
    write_model(models.at(content["chosen"]), output, settings.to)
    write_json(output / TUNE_FILE, content)
    more = {"sentence": content["sentence"], "regressions": table["regressions"] if chosen else []}
    name = f"tuned, {shown.weight:g}" if chosen else settings.untuned.name
    write_gain(output, measured.dev, (settings.untuned.name, pair[0]), (name, pair[1] if chosen else pair[0]), more)
    say(content["sentence"])


class _Line:
    """The models between two; none is written to be judged."""

    def __init__(self, settings: TuneSettings) -> None:
        self._untuned, self._tuned = (open_checkpoint(each.checkpoint) for each in (settings.untuned, settings.tuned))
        check_same_model(self._tuned, self._untuned)

    def at(self, weight: float) -> Weights:
        """`weight` x tuned + (1 - weight) x untuned."""
        if weight in (0.0, 1.0):
            return self._tuned if weight else self._untuned
        return Fused(self._tuned, self._untuned, weight, keep_embeddings=False)


class DomainText:
    """Dev sentences by domain; a domain's score is the mean over its directions."""

    def __init__(self, settings: TuneSettings, corpora: Sequence[Corpus]) -> None:
        stated = {name: getattr(settings, name) for name in DevOptions.model_fields}
        self.dev = DevText(DomainDev(**stated, data=settings.data, valid=list(corpora), directions=settings.directions))
        self._places: dict[str, list[int]] = {}
        for place, part in enumerate(self.dev.parts):
            self._places.setdefault(part.name, []).append(place)
        self._judges = {name: self._judge(places) for name, places in self._places.items()}

    def _judge(self, places: Sequence[int]) -> Judge:
        parts = [self.dev.parts[place] for place in places]
        references = [Reference(part.direction.target, part.references) for part in parts]
        return Judge(references, self.dev.settings.metric)

    def translate(self, model: Weights) -> Outputs:
        return self.dev.translate(self.dev.translator([model]))

    def point(self, weight: float, base: Outputs, better: Outputs) -> Point:
        """Gains of a model over the untuned one: of the mean over all domains and directions, and of each domain."""
        options = {"resamples": self.dev.settings.resamples, "seed": self.dev.settings.seed}
        domains = {
            name: judge.gain(self._of(name, base), self._of(name, better), **options)
            for name, judge in self._judges.items()
        }
        return Point(weight, self.dev.gain(base, better), domains)

    def sentences(self, name: str) -> int:
        """Of a domain, in each direction anew."""
        return sum(len(self.dev.parts[place].sources) for place in self._places[name])

    def _of(self, name: str, outputs: Outputs) -> list[Any]:
        return [outputs.statistics[place] for place in self._places[name]]


def _text_facts(folder: Path) -> dict[str, Any]:
    """What `vega tuning-text` says, with its dev sets as corpora."""
    path = folder / TUNING_FILE
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        for half in ("choose", "check"):
            facts[half] = [
                Corpus(name=each["name"], languages=each["languages"], files=str(folder / each["files"]))
                for each in facts[half]
            ]
        return {name: facts[name] for name in ("text", "score", "held_out_domains", "choose", "check")}
    except FileNotFoundError:
        raise UserError(f"{path}: no such file. `text` must be a folder of `vega tuning-text`.") from None
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not what this Vega writes ({error}). Run `vega tuning-text` again.") from None


def _measured(
    settings: TuneSettings,
    text: dict[str, Any],
    models: _Line,
    judged: DomainText,
    shown: Point,
    outputs: dict[float, Outputs],
) -> tuple[dict[str, Any], DomainText, tuple[Outputs, Outputs]]:
    """The table before and after, on sentences that nothing was chosen by where there are such."""
    measured = judged
    pair = outputs[0.0], outputs[shown.weight]
    if text["check"]:
        measured = DomainText(settings, text["check"])
        pair = measured.translate(models.at(0.0)), measured.translate(models.at(shown.weight))
    point = measured.point(shown.weight, *pair)
    rows = [
        {
            "domain": name,
            "held_out": name in text["held_out_domains"],
            "sentences": measured.sentences(name),
            **_rounded(gain),
            "loss": gain.is_loss,
        }
        for name, gain in point.domains.items()
    ]
    table = {
        "sentences": "check" if text["check"] else "choose",
        "weight": shown.weight,
        "mean": _rounded(point.mean),
        "domains": rows,
        "regressions": point.losses,
    }
    return table, measured, pair


def _point_facts(point: Point, settings: TuneSettings) -> dict[str, Any]:
    return {
        "weight": point.weight,
        "mean": _rounded(point.mean),
        "worst": point.worst,
        "worst_gain": round(point.domains[point.worst].gain, 3),
        "worth": round(point.worth(settings.worst_weight), 3),
        "losses": point.losses,
        "domains": {name: _rounded(gain) for name, gain in point.domains.items()},
    }


def _sentence(content: dict[str, Any]) -> str:
    """The outcome in words; a loss is never left out."""
    table = content["table"]
    mean, losses = table["mean"], table["regressions"]
    measured = f"{mean['gain']:+.2f} {METRICS[content['metric']]} ({mean['low']:+.2f} to {mean['high']:+.2f})"
    where = "sentences that chose nothing" if table["sentences"] == "check" else "the sentences that chose it"
    harmed = f"significantly worse in {', '.join(losses)}" if losses else "no domain is significantly worse"
    mixed = f"{table['weight']:g} x tuned + {1 - table['weight']:g} x untuned"
    if not table["taken"]:
        return (
            f"The untuned model is kept: no point of the line was worth more on dev. {mixed} would change the mean of "
            f"all domains by {measured} on {where}; {harmed}."
        )
    return f"Tuned: {mixed} changes the mean of all domains by {measured} on {where}; {harmed}."


def _rounded(gain: Gain) -> dict[str, float]:
    return {name: round(value, 3) for name, value in gain._asdict().items()}

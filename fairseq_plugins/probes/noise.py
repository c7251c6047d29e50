"""What translations lose when the source has noise (`vega.source_noise`): scores over levels of noise."""

from __future__ import annotations

from typing import Any

from fairseq_plugins.dev.text import DevText, Translator
from vega.metrics import METRICS, Judge, Reference, Statistics
from vega.progress import track
from vega.settings.probe import NoiseProbe
from vega.source_noise import KINDS, noised

Lines = list[list[str]]

#: What curves are drawn of.
_DRAWN = ("bleu", "chrf")


class NoiseCurves:
    """The same noisy sentences for every model."""

    def __init__(self, dev: DevText, options: NoiseProbe) -> None:
        self.dev = dev
        self.levels = [(kind, level) for kind in KINDS for level in sorted(getattr(options, kind))]
        references = [Reference(part.direction.target, part.references) for part in dev.parts]
        self.judges = {metric: Judge(references, metric) for metric in _DRAWN}

    def of(self, model: str, translator: Translator, clean: Lines) -> list[dict[str, Any]]:
        """A curve per kind and metric: score, and its change from `clean` outputs (level 0) with its 95 % interval."""
        base = {metric: judge.statistics(clean) for metric, judge in self.judges.items()}
        points: dict[tuple[str, str], list[dict[str, float]]] = {}
        for kind, level in track(self.levels, f"{model}: noise", len(self.levels)):
            outputs = self.translated(translator, kind, level)
            for metric, judge in self.judges.items():
                if (kind, metric) not in points:
                    points[kind, metric] = [self._point(metric, 0, base[metric], base[metric])]
                points[kind, metric].append(self._point(metric, level, base[metric], judge.statistics(outputs)))
        return [
            {"model": model, "kind": kind, "metric": METRICS[metric], "points": curve}
            for (kind, metric), curve in points.items()
        ]

    def translated(self, translator: Translator, kind: str, level: float) -> Lines:
        """All dev sets with this noise."""
        seed = self.dev.settings.seed
        return [
            translator.translate(noised(part.sources, kind, level, part.direction.source, seed), part.direction)
            for part in self.dev.parts
        ]

    def _point(self, metric: str, level: float, clean: Statistics, noisy: Statistics) -> dict[str, float]:
        settings = self.dev.settings
        gain = self.judges[metric].gain(clean, noisy, resamples=settings.resamples, seed=settings.seed)
        rounded = {name: round(getattr(gain, name), 3) for name in ("score", "gain", "low", "high")}
        return {"level": float(level), **rounded}

"""Whether a fused model is better than the models it is made of, in words that a worse one cannot get."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from fairseq_plugins.dev.text import DevText, Outputs
from vega.metrics import METRICS, Gain
from vega.settings.fuse import FuseSettings

#: What it is called in tables; no model of a recipe can have a space in its name.
FUSED = "fused model"
BETTER = "better than both parents"
SAME = "not significantly different"
WORSE = "worse than the better parent"


class Judged(NamedTuple):
    """A model on dev: translations, their score, the loss in nats per token, and what the fused model scores more."""

    outputs: Outputs
    score: float
    loss: float
    fused_gain: Gain


class Guard:
    """The fused model against its parents and plain averages."""

    def __init__(
        self, settings: FuseSettings, dev: DevText, outputs: dict[str, Outputs], losses: dict[str, float]
    ) -> None:
        """Both by the models' names; parents first, then the fused model."""
        self._metric, self._p0 = METRICS[settings.metric], settings.p0
        self.models = {
            name: Judged(each, dev.score(each), losses[name], dev.gain(each, outputs[FUSED]))
            for name, each in outputs.items()
        }
        parents = settings.second.name, settings.first.name  # the second where they are equally good
        self.better, self.other = sorted(parents, key=lambda name: -self.models[name].score)
        self.verdict = verdict(self.models[self.better].fused_gain, self.models[self.other].fused_gain)

    @property
    def is_worse(self) -> bool:
        return self.verdict == WORSE

    def sentences(self) -> list[str]:
        """For the terminal and the report: the verdict, what follows from it, and what alignment was good for."""
        than = f"{self.better}, the better parent: {self._more(self.better)}"
        said = {
            BETTER: f"The fused model is {BETTER} on dev: {self._more(self.better)} over {self.better}, "
            f"{self._more(self.other)} over {self.other}. Training can go on from it.",
            SAME: f"The fused model is {SAME} on dev from {than}. Fusion alone has shown no gain; training can go on "
            "from it.",
            WORSE: f"The fused model is worse on dev than {than}. It is no improvement and not for use as it is: "
            "training must follow, and be compared with the parent again.",
        }[self.verdict]
        plain = [
            f"Over {name}: {self._more(name)}." for name in self.models if name not in (FUSED, self.better, self.other)
        ]
        return [said, *plain]

    def table(self) -> Iterator[str]:
        """Lines of scores and losses."""
        width = max(map(len, self.models))
        yield f"{'dev':{width}}  {self._metric:>6}    loss  what the fused model has more"
        for name, each in self.models.items():
            more = "" if name == FUSED else self._more(name)
            yield f"{name:{width}}  {each.score:6.2f}  {each.loss:6.3f}  {more}".rstrip()

    def content(self) -> dict[str, Any]:
        """For `fuse.json`."""
        return {
            "fused": FUSED,
            "verdict": self.verdict,
            "sentences": self.sentences(),
            "training_must_follow": self.is_worse,
            "better_parent": self.better,
            "models": [
                {
                    "name": name,
                    "score": round(each.score, 3),
                    "loss": round(each.loss, 5),
                    "seconds": round(each.outputs.seconds, 3),
                    **{f"fused_{key}": round(getattr(each.fused_gain, key), 3) for key in ("gain", "low", "high")},
                }
                for name, each in self.models.items()
            ],
        }

    def _more(self, name: str) -> str:
        gain = self.models[name].fused_gain
        return f"{gain.gain:+.2f} {self._metric} (95 %: {gain.low:+.2f} to {gain.high:+.2f})"


def verdict(over_better: Gain, over_other: Gain) -> str:
    """From what the fused model gains over the better parent and over the other one."""
    if over_better.is_loss:
        return WORSE
    return BETTER if over_better.is_sure and over_other.is_sure else SAME

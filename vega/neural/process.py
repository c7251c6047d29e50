"""The other side of `vega/neural/child`: start it with the chosen interpreter, ask it, end it.

One JSON line each way. First the model's description and `{"package": ..., "device": ...}`, then any number of
`{"segments": [[source, hypothesis, reference or null], ...]}` and `{"scores": [...]}`; `{"error": ...}` instead of
either. The child ends when its input does, so it does not outlive us.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from vega.errors import UserError
from vega.neural.assets import Assets, interpreter
from vega.settings.neural import NeuralMetric

CHILD = Path(__file__).with_name("child")
#: No hub is asked for anything; torch's pickles may hold weights and plain values only.
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUTF8": "1",
}


def request_of(metric: NeuralMetric, assets: Assets) -> dict[str, Any]:
    """The first line: what to load, and how to compute."""
    return {
        "kind": metric.kind,
        "folder": str(assets.folder),
        "checkpoint": str(assets.checkpoint),
        "others": [str(path) for path in assets.others],
        "with_references": assets.with_references,
        "device": metric.device,
        "batch_size": metric.batch_size,
    }


def _environment() -> dict[str, str]:
    """Ours, offline; what would switch the safe loading of pickles off is left out."""
    kept = {key: value for key, value in os.environ.items() if key != "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"}
    return {**kept, **OFFLINE}


class Segment(NamedTuple):
    """What a metric scores at once; `reference` is None for metrics without."""

    source: str
    hypothesis: str
    reference: str | None


class MetricProcess:
    """A loaded model in a process of its own. UserError where it cannot be loaded, or fails later."""

    def __init__(self, metric: NeuralMetric, assets: Assets) -> None:
        self._name = assets.name
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
        self._process = subprocess.Popen(
            [interpreter(metric), str(CHILD), metric.kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=_environment(),
        )
        try:
            answer = self._ask(request_of(metric, assets))
        except BaseException:
            self.close()
            raise
        #: As in unbabel-comet-2.2.7, and where it computes.
        self.package, self.device = str(answer["package"]), str(answer["device"])

    def score(self, segments: Sequence[Segment]) -> list[float]:
        """One finite number per segment, in order."""
        scores = self._ask({"segments": segments}).get("scores")
        if not isinstance(scores, list) or len(scores) != len(segments):
            raise UserError(f"{self._name} did not give one score for each of {len(segments)} segments.")
        for segment, score in zip(segments, scores, strict=True):
            if not isinstance(score, float) or not math.isfinite(score):
                raise UserError(f"{self._name} gives {score} for the output '{segment.hypothesis[:80]}'.")
        return scores

    def close(self) -> None:
        """End the child; it has nothing to save."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):  # what it never read
                    stream.close()
        self._errors.close()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(BrokenPipeError):  # it has ended; below it is said why
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise UserError(self._end())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise UserError(f"{self._name}: {answer['error']}")
        return answer

    def _end(self) -> str:
        """Why the child is gone."""
        status = self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", errors="replace").strip().splitlines()[-3:]
        how = f"was killed by signal {-status} (9 is often a lack of memory)" if status < 0 else f"ended with {status}"
        return f"{self._name}: its process {how}. It said last: {' / '.join(said) or 'nothing'}"

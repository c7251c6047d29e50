"""Segments scored by a neural metric: each different one once, known ones from disk, the rest by a child process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from vega.neural.assets import Assets, find_assets
from vega.neural.cache import Known, ScoreCache, default_folder, key_of
from vega.neural.process import MetricProcess, Segment
from vega.progress import track
from vega.settings.neural import NeuralMetric

#: Batches in one request: enough to batch by length, few enough that little is lost when a run is stopped.
BATCHES_AT_ONCE = 16


class NeuralScorer:
    """A metric; its process starts when a score is not known, and ends with the block."""

    def __init__(self, metric: NeuralMetric, *, keep: bool = True) -> None:
        """UserError where a file of the model is missing. `keep`: scores are read from and written to disk."""
        self.metric = metric
        self.assets: Assets = find_assets(metric)
        self._cache: ScoreCache | None = None
        if keep:
            folder = Path(metric.cache).expanduser() if metric.cache else default_folder()
            self._cache = ScoreCache(folder, self.assets.content)
        self._process: MetricProcess | None = None

    def __enter__(self) -> NeuralScorer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    @property
    def name(self) -> str:
        """In tables."""
        return self.assets.name

    @property
    def is_running(self) -> bool:
        """Whether a child process has been needed."""
        return self._process is not None

    def score(self, segments: Sequence[Segment], progress: str = "") -> list[Known]:
        """One score per segment, in order, higher is better. `progress` is what is said of long work, if anything."""
        keys = [key_of(*segment) for segment in segments]
        found: dict[str, Known] = {}
        new: dict[str, Segment] = {}
        for key, segment in zip(keys, segments, strict=True):
            if self._cache is not None and key in self._cache:
                found[key] = self._cache[key]
            else:
                new.setdefault(key, segment)
        # Long ones first: what does not fit the memory shows at once, and batches are of one length.
        order = sorted(new, key=lambda key: (-sum(len(text or "") for text in new[key]), key))
        size = BATCHES_AT_ONCE * self.metric.batch_size
        parts = [order[start : start + size] for start in range(0, len(order), size)]
        for part in track(parts, progress, len(parts)) if progress and parts else parts:
            found.update(self._compute({key: new[key] for key in part}))
        return [found[key] for key in keys]

    def close(self) -> None:
        """End the child process; scores are on disk already."""
        if self._process is not None:
            self._process.close()
            self._process = None
        if self._cache is not None:
            self._cache.close()

    def _compute(self, segments: dict[str, Segment]) -> dict[str, Known]:
        if self._process is None:
            self._process = MetricProcess(self.metric, self.assets)
        scores = self._process.score(list(segments.values()))
        known = {key: Known(score, self._process.package) for key, score in zip(segments, scores, strict=True)}
        if self._cache is not None:
            self._cache.add(known)
        return known

"""Where a run's time went, in parts that sum to its wall time, and what it cost.

A stage's time is that of its manifest; a training stage may have been started several times, which its metrics.jsonl
tells. Where stages ran at the same time each gets an even part. Times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

#: Parts of a training stage's time beside the phases of its log (docs/training.md).
STARTING, REST = "starting", "rest"
BETWEEN, RESTARTS = "between stages", "between restarts"
_SHARE = "_share"
#: Shares in the log that are not of time.
_NOT_TIME = ("pad_share",)

Event = Mapping[str, Any]


class Span(NamedTuple):
    """From `start` to `end`."""

    start: float
    end: float


def budget(
    manifests: Mapping[str, Mapping[str, Any]], events: Mapping[str, Sequence[Event]], cost_per_hour: float | None
) -> dict[str, Any] | None:
    """The budget of a run by manifests and metrics of its stages; None where nothing says when anything ran.

    {"wall", "cost", "rows": [{"part", "seconds", "cost"}], "training": [...]}; the seconds of `rows` sum to `wall`.
    """
    spans = {stage: found for stage in {**manifests, **events} if (found := stage_spans(manifests, events, stage))}
    if not spans:
        return None
    seconds = divide(spans)
    rate = None if cost_per_hour is None else cost_per_hour / 3600
    rows = [
        {"part": part, "seconds": spent, "cost": None if rate is None else spent * rate}
        for part, spent in seconds.items()
    ]
    wall = sum(seconds.values())
    return {
        "wall": wall,
        "cost": None if rate is None else wall * rate,
        "rows": rows,
        "training": [training(stage, events[stage], spans[stage]) for stage in spans if events.get(stage)],
    }


def stage_spans(
    manifests: Mapping[str, Mapping[str, Any]], events: Mapping[str, Sequence[Event]], stage: str
) -> list[Span]:
    """When a stage ran, in order, without overlaps."""
    found = [
        Span(each[0]["time"] - (each[0].get("seconds") or 0.0), each[-1]["time"]) for each in calls(events.get(stage))
    ]
    manifest = manifests.get(stage, {})
    if manifest.get("started") and manifest.get("finished"):
        found.append(Span(_time(manifest["started"]), _time(manifest["finished"])))
    return merged(found)


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def calls(events: Sequence[Event] | None) -> Iterator[list[Event]]:
    """The events of each start of a training stage."""
    call: list[Event] = []
    for event in (each for each in events or [] if "event" in each and isinstance(each.get("time"), int | float)):
        if event["event"] == "start" and call:
            yield call
            call = []
        call.append(event)
    if call:
        yield call


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans that touch become one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def divide(spans: Mapping[str, Sequence[Span]]) -> dict[str, float]:
    """Seconds of each stage, then of the time in which none ran; the sum is the time from first to last."""
    edges = sorted({edge for found in spans.values() for span in found for edge in span})
    seconds = dict.fromkeys(sorted(spans, key=lambda stage: spans[stage][0].start), 0.0)
    idle = {BETWEEN: 0.0, RESTARTS: 0.0}
    for start, end in pairwise(edges):
        running = [stage for stage, found in spans.items() if any(s.start <= start and end <= s.end for s in found)]
        for stage in running:
            seconds[stage] += (end - start) / len(running)
        if not running:
            idle[RESTARTS if _goes_on(spans, start, end) else BETWEEN] += end - start
    return seconds | {part: spent for part, spent in idle.items() if spent}


def _goes_on(spans: Mapping[str, Sequence[Span]], start: float, end: float) -> bool:
    """Whether the stage that begins at `end` is one that ended at `start`."""
    return any(
        before.end == start and after.start == end for found in spans.values() for before, after in pairwise(found)
    )


def training(stage: str, events: Sequence[Event], spans: Sequence[Span]) -> dict[str, Any]:
    """A training stage's time by what it did; `parts` sum to `seconds`, the time of all its starts."""
    parts: dict[str, float] = {STARTING: 0.0}
    for call in calls(events):
        logged = max((at for at, event in enumerate(call) if event["event"] == "train"), default=-1)
        for at, event in enumerate(call):
            _count(event, parts, after_the_log=at > logged)
    seconds = sum(span.end - span.start for span in spans)
    parts[REST] = max(seconds - sum(parts.values()), 0.0)
    return {"stage": stage, "starts": len(list(calls(events))), "seconds": seconds, "parts": parts}


def _count(event: Event, parts: dict[str, float], *, after_the_log: bool) -> None:
    """Add an event's seconds to the parts. Lines of the log hold validation and checkpoints before them."""
    if event["event"] == "train":
        for name, share in event.items():
            if name.endswith(_SHARE) and name not in _NOT_TIME and isinstance(share, int | float):
                part = name.removesuffix(_SHARE)
                parts[part] = parts.get(part, 0.0) + share * (event.get("wall_s") or 0.0)
    elif event["event"] == "start":
        parts[STARTING] += event.get("seconds") or 0.0
    elif after_the_log:
        parts[event["event"]] = parts.get(event["event"], 0.0) + (event.get("seconds") or 0.0)

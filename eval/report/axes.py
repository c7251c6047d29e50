"""Ticks, scales and number formats of the charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Linear map from data (low..high) to pixels (start..end); start may be larger, as for an upward axis."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        span = self.high - self.low or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers (1, 2, 2.5 or 5 times a power of ten apart) that cover low..high."""
    if high - low <= max(1e-12, 1e-9 * max(abs(low), abs(high))):  # flat, as far as a chart can show
        low, high = low - 1.0, high + 1.0
    rough = (high - low) / max(count - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def axis(values: Sequence[float], start: float, end: float, *, from_zero: bool = False) -> tuple[Scale, list[float]]:
    """A scale from pixel `start` to `end` that covers all `values` (and zero), and its ticks."""
    low, high = min(values), max(values)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    marks = ticks(low, high)
    return Scale(marks[0], marks[-1], start, end), marks


def number(value: float) -> str:
    """A tick or table number without needless digits: 12,000; 0.5; 7e-04."""
    if value == 0 or 1e-3 <= abs(value) < 1e-1:
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if abs(value) < 1e-3:
        return f"{value:.1e}".replace(".0e", "e")
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """Seconds as people say them: 4.2 s, 3 min 20 s, 5 h 12 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"

"""How texts and numbers of a run are written on the page."""

from __future__ import annotations

from vega.languages import LANGUAGES

#: A longer sentence is cut off on the page; the run's files have it whole.
MAX_SHOWN_CHARACTERS = 2000

#: Scores below this are of metrics between 0 and 1, as COMET's are, and need more digits.
SMALL_SCORE = 2.0


def clip(text: str) -> str:
    """At most MAX_SHOWN_CHARACTERS of a text."""
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[:MAX_SHOWN_CHARACTERS] + " …"


def thousands(count: float | None) -> str:
    """`12,000`, and nothing where there is no number."""
    return "" if count is None else f"{count:,.0f}"


def direction_name(direction: str) -> str:
    """`English to German` for en-de."""
    names = [LANGUAGES[code].name if code in LANGUAGES else code for code in direction.split("-")]
    return " to ".join(names)


def digits(scores: list[float]) -> int:
    """Digits after the point that tell scores of one metric apart."""
    return 4 if scores and max(map(abs, scores)) < SMALL_SCORE else 1


def gap(value: float, places: int) -> str:
    """A difference with its sign; never `-0.0`."""
    return f"{round(value, places) + 0.0:+.{places}f}"


def p_value(value: float | None) -> str:
    """Of a test, as far as resampling tells; nothing where there was none."""
    if value is None:
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"

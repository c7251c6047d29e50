"""What the report shows of probes: landscapes, sharpness, lexical choice, robustness and diversity of models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eval.report.axes import number
from eval.report.charts import Bar, bar_chart
from eval.report.contour import Surface, contour_chart
from eval.report.curve_panels import Curve, curve_panels
from eval.report.figures import NUM_COLOURS
from eval.report.steps import Table

Rows = Sequence[dict[str, Any]]

#: What the levels of a kind of noise are.
LEVELS = {
    "drop": "share of words left out",
    "blank": "share of words blanked",
    "shuffle": "window of words that change places",
    "typos": "share of letters mistyped",
}


def tables(content: dict[str, Any]) -> list[Table]:
    """One for each probe that ran."""
    makers = {
        "landscape": _landscapes,
        "sharpness": _sharpness,
        "lexical": _lexical,
        "noise": _noise,
        "diversity": _diversity,
    }
    return [maker(content[name]) for name, maker in makers.items() if content.get(name)]


def figures(content: dict[str, Any]) -> list[tuple[str, str]]:
    """Contours of the landscapes, histogram of entropies, scores over noise."""
    found = []
    if content.get("landscape"):
        found.append(_contours(content["landscape"]))
    if content.get("lexical"):
        found.append(_histogram(content["lexical"], content["models"]))
    for metric in dict.fromkeys(row["metric"] for row in content.get("noise", [])):
        found.append(_curves([row for row in content["noise"] if row["metric"] == metric], metric, content["models"]))
    return [(caption, chart) for caption, chart in found if chart]


# Tables


def _landscapes(rows: Rows) -> Table:
    margins = " or ".join(dict.fromkeys(number(row["margin"]) for row in rows))
    return Table(
        f"Loss on a plane through each model, in nats per token; flat is the share of the plane within {margins} of "
        "its lowest loss. Compare models whose planes are made alike",
        ["model", "loss", "lowest", "loss at the start", "flat", "start", "directions"],
        [
            [
                row["model"], _fixed(row["loss"], 3), _fixed(row["lowest"], 3), _fixed(row["start_loss"], 3),
                f"{row['flatness']:.1%}", row["start"] or "not known", row["directions"],
            ]
            for row in rows
        ],
    )  # fmt: skip


def _sharpness(rows: Rows) -> Table:
    radii = [rise["rho"] for rise in rows[0]["rises"]]
    return Table(
        "Sharpness: rise of the loss (nats per token) at a distance from the weights, up the gradient and at random",
        ["model", "loss", *(f"{way} {number(rho)}" for rho in radii for way in ("gradient", "random"))],
        [
            [
                row["model"],
                _fixed(row["loss"], 3),
                *(_fixed(rise[way], 5) for rise in row["rises"] for way in ("along_gradient", "at_random")),
            ]
            for row in rows
        ],
    )


def _lexical(rows: Rows) -> Table:
    directions = list(rows[0]["by_direction"])
    return Table(
        "Lexical choice: entropy of the output distribution at reference tokens in bits, and the probability on all "
        "but the reference",
        ["model", "tokens", "entropy", "not the reference", *directions],
        [
            [
                row["model"],
                f"{row['tokens']:,}",
                _fixed(row["entropy"], 3),
                f"{row['negative']:.1%}",
                *(_fixed(row["by_direction"].get(direction), 3) for direction in directions),
            ]
            for row in rows
        ],
    )


def _noise(rows: Rows) -> Table:
    return Table(
        "Robustness: score with noise in the source, its change from clean text, and the 95 % interval of the change",
        ["model", "metric", "noise", "level", "score", "change", "interval"],
        [
            [
                row["model"], row["metric"], LEVELS[row["kind"]], number(point["level"]), f"{point['score']:.1f}",
                _signed(point["gain"]), f"{_signed(point['low'])} to {_signed(point['high'])}",
            ]
            for row in rows
            for point in row["points"]
        ],
    )  # fmt: skip


def _diversity(rows: Rows) -> Table:
    orders = range(2, len(rows[0]["distinct"]) + 1)
    return Table(
        "Diversity: different words over words, of the text and as the mean of its sentences, and different n-grams "
        "over n-grams; compare within a set only",
        ["system", "set", "words", "different", "variety", "in a sentence", *(f"{n}-grams" for n in orders)],
        [
            [
                row["system"],
                row["set"],
                f"{row['tokens']:,}",
                f"{row['types']:,}",
                *(f"{row[key]:.3f}" for key in ("variety", "sentence_variety")),
                *(f"{share:.3f}" for share in row["distinct"][1:]),
            ]
            for row in sorted(rows, key=lambda row: str(row["set"]))
        ],
    )


def _signed(value: float) -> str:
    """With one digit; never `-0.0`."""
    return f"{round(value, 1) + 0.0:+.1f}"


def _fixed(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


# Figures


def _contours(rows: Rows) -> tuple[str, str]:
    surfaces = [
        Surface(
            f"{row['model']}: {row['flatness']:.1%} flat",
            row["axis"],
            row["losses"],
            {"model": (1, 0), **({"start": (0, 0)} if row["start"] else {})},
        )
        for row in rows
    ]
    margin = rows[0]["margin"]
    chart = contour_chart(
        surfaces,
        title="Loss landscapes: " + ", ".join(surface.name for surface in surfaces),
        unit=margin,
        unit_name="nats per token",
        axes="Across: from the start (0) to the model (1). Upward: the second direction",
    )
    return f"Loss landscapes; the bold line is {number(margin)} above the lowest point", chart


def _histogram(rows: Rows, models: Sequence[str]) -> tuple[str, str]:
    width = rows[0]["width"]
    names = [f"{number(at * width)} to {number((at + 1) * width)}" for at in range(len(rows[0]["histogram"]))]
    values = {
        (names[at], row["model"]): Bar(100 * count / row["tokens"])
        for row in rows
        for at, count in enumerate(row["histogram"])
    }
    colours = {row["model"]: f"series-{models.index(row['model']) % NUM_COLOURS}" for row in rows}
    said = "; ".join(f"{row['model']} {row['entropy']:.2f}" for row in rows)
    chart = bar_chart(
        names, colours, values, title=f"Mean entropy in bits: {said}", y_label="% of tokens",
        highest=max(bar.value for bar in values.values()),
    )  # fmt: skip
    order = "; ".join(row["model"] for row in rows)
    return f"Entropy of the output at reference tokens, in bits; bars from left to right: {order}", chart


def _curves(rows: Rows, metric: str, models: Sequence[str]) -> tuple[str, str]:
    panels: dict[str, list[Curve]] = {}
    for row in rows:
        points = row["points"]
        clean = points[0]["score"]
        curve = Curve(
            row["model"],
            [(point["level"], point["score"]) for point in points],
            [(clean + point["low"], clean + point["high"]) for point in points],
            f"var(--series-{models.index(row['model']) % NUM_COLOURS})",
        )
        panels.setdefault(row["kind"], []).append(curve)
    worst = min((row for row in rows), key=lambda row: float(min(point["gain"] for point in row["points"])))
    most = min(point["gain"] for point in worst["points"])
    chart = curve_panels(
        panels,
        title=f"{metric} over noise in the source; {worst['model']} loses most, with {worst['kind']}: {_signed(most)}",
        x_labels=LEVELS,
    )
    return f"{metric} over noise in the source, with 95 % intervals of the change from clean text", chart

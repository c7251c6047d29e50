"""Charts of the data: what became of the lines of each corpus, and how scores are spread. SVG, as in `charts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from eval.report.axes import Scale, number
from eval.report.charts import rule, svg, text
from eval.report.histograms import Histogram


def stacked_chart(
    rows: Mapping[str, Mapping[str, int]],
    series: Mapping[str, str],
    notes: Mapping[str, str],
    *,
    title: str,
    width: float = 940,
) -> str:
    """A bar per row, all of one length, divided by share; `series` is part -> CSS class, `notes` stand at the end."""
    if not rows:
        return ""
    pitch = 26.0
    left = min(14 + 7.2 * max(map(len, rows)), width * 0.4)
    right = width - 14 - 6.6 * max(map(len, notes.values()))
    parts = []
    for index, (label, counts) in enumerate(rows.items()):
        y, total = index * pitch + 4, sum(counts.values()) or 1
        x = Scale(0.0, total, left, max(right, left + 60))
        parts.append(text(left - 8, y + 13, shorten(label, round((left - 14) / 7.2)), anchor="end", css="label"))
        start = 0
        for name, css in series.items():
            if count := counts.get(name, 0):
                hint = escape(f"{label}: {name} {count:,} ({count / total:.2%})")
                at, end = x(start), x(start + count)
                parts.append(
                    f'<rect x="{at:.1f}" y="{y:.1f}" width="{max(end - at, 0.5):.1f}" height="18" class="bar {css}">'
                    f"<title>{hint}</title></rect>"
                )
                start += count
        parts.append(text(x(total) + 8, y + 13, notes[label], css="label"))
    return svg(width, len(rows) * pitch + 4, title, parts)


def shorten(label: str, most: int) -> str:
    """The label, cut where it is longer than `most` characters."""
    return label if len(label) <= most else label[: max(most - 1, 1)] + "…"


def mirror_chart(found: Histogram, *, width: float = 230, height: float = 130) -> str:
    """Kept lines upward, lines that the filter dropped downward, each half filled by its own fullest bin.

    The lower half is there only if the filter dropped lines.
    """
    left, right, top, bottom = 4.0, width - 4, 26.0, height - 20
    middle = (top + bottom) / 2 if any(found.dropped) else bottom
    step = (right - left) / len(found.kept)
    parts = [text(left, 12, f"{found.filter}: {found.measure}", css="axis")]
    halves = ((found.kept, "good", "kept", -1, middle - top), (found.dropped, "bad", "dropped", 1, bottom - middle))
    for counts, css, name, sign, room in halves:
        fullest = max(counts)
        if not fullest:
            continue
        path = "".join(
            f"M{left + at * step:.1f} {middle:.1f}h{step * 0.9:.1f}"
            f"v{sign * max(count / fullest * room, 1):.1f}h{-step * 0.9:.1f}z"
            for at, count in enumerate(counts)
            if count
        )
        parts.append(f'<path d="{path}" class="bar {css}"><title>{name}: {sum(counts):,} lines</title></path>')
    parts += [
        rule(left, middle, right, middle, css="base"),
        text(left, height - 6, number(found.low)),
        text(right, height - 6, number(found.high), anchor="end"),
    ]
    kept, dropped = sum(found.kept), sum(found.dropped)
    return svg(
        width,
        height,
        f"{found.filter}, {found.measure}, from {number(found.low)} to {number(found.high)}: {kept:,} lines kept, "
        f"{dropped:,} dropped by it, {found.elsewhere:,} by other rules",
        parts,
    )


def part_colours(parts: Sequence[str]) -> dict[str, str]:
    """Part -> CSS class: kept lines are quiet, the rest have a colour each, the last ones share the sixth."""
    return {part: "quiet" if part == "kept" else f"series-{min(at, 6) - 1}" for at, part in enumerate(parts)}

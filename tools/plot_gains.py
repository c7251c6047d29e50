"""Draw the table of `benchmarks/methods_gain.py`: gain in chrF over the first row against the time of training.

    python benchmarks/methods_gain.py ... | tail -1 > result.json
    python tools/plot_gains.py result.json docs/figures/fsam_multi30k.svg --rows adam,sam,fsam,fsam_period

One point per row with its 95 % interval; small dots are the single seeds.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from eval.report.axes import axis, number
from eval.report.charts import rule, svg, text, y_grid

WIDTH, HEIGHT = 640.0, 340.0
STYLE = """<style>
svg { font: 12px sans-serif; background: #fff } .tick, .axis, .label { fill: #333 } .grid { stroke: #ddd }
.base { stroke: #888; stroke-width: 1.5 } .whisker { stroke: #1f5fa8; stroke-width: 2 } .mean { fill: #1f5fa8 }
.seed { fill: #1f5fa8; opacity: .35 }
</style>"""


def draw(result: dict[str, Any], names: list[str]) -> str:
    rows = {name: result["rows"][name] for name in names or result["rows"]}
    baseline = next(iter(rows))
    base = rows[baseline]["chrF each"]
    seeds = {name: [a - b for a, b in zip(row["chrF each"], base, strict=True)] for name, row in rows.items()}
    heights = [*(v for row in rows.values() for v in row["chrF gain 95 %"]), *(v for vs in seeds.values() for v in vs)]
    left, right, top, bottom = 48.0, WIDTH - 120, 26.0, HEIGHT - 40
    y, y_marks = axis([0.0, *heights], bottom, top, from_zero=False)
    x, x_marks = axis([row["cpu_seconds"] for row in rows.values()], left, right, from_zero=True)
    parts = [STYLE, *y_grid(y, y_marks, left, right), text(0, 14, f"chrF over {baseline}'s", css="axis")]
    parts += [text(x(mark), bottom + 16, number(mark), anchor="middle") for mark in x_marks]
    parts += [text((left + right) / 2, HEIGHT - 6, "CPU seconds of training, median", anchor="middle", css="axis")]
    parts.append(rule(left, y(0), right, y(0), css="base"))
    labels: list[tuple[float, float, float]] = []
    for name, row in rows.items():
        at, (low, high) = x(row["cpu_seconds"]), row["chrF gain 95 %"]
        parts += [f'<circle cx="{at:.1f}" cy="{y(v):.1f}" r="2.5" class="seed"/>' for v in seeds[name]]
        if name != baseline:
            parts.append(rule(at, y(low), at, y(high), css="whisker"))
        parts.append(f'<circle cx="{at:.1f}" cy="{y(row["chrF gain"]):.1f}" r="4.5" class="mean"/>')
        labels.append(free_place(labels, at + 8, y(row["chrF gain"]) - 6, 7.0 * len(name)))
        parts.append(text(labels[-1][0], labels[-1][1], name, css="label"))
    drawn = svg(WIDTH, HEIGHT, f"Gain in chrF over {baseline}, {result['corpus']} {result['pair']}", parts)
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def free_place(taken: list[tuple[float, float, float]], x: float, y: float, width: float) -> tuple[float, float, float]:
    """(left, base line, right) of a label that lies on no other: as near below or above its point as there is room."""
    for shift in (0, 22, -16, 36, -30, 50, -44):
        place = (x, y + shift, x + width)
        if all(abs(place[1] - base) >= 13 or place[0] > end or place[2] < begin for begin, base, end in taken):
            return place
    return x, y, x + width


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=Path, help="the JSON line of methods_gain.py")
    parser.add_argument("figure", type=Path, help="SVG file to write")
    parser.add_argument("--rows", type=lambda given: given.split(","), default=[], help="baseline first [all]")
    given = parser.parse_args()
    given.figure.parent.mkdir(parents=True, exist_ok=True)
    given.figure.write_text(draw(json.loads(given.result.read_text(encoding="utf-8")), given.rows), encoding="utf-8")


if __name__ == "__main__":
    main()

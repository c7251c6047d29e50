"""Draw what `benchmarks/recipe_gain.py` found: each system's gain in chrF over the baseline; or a fusion's barrier.

    python benchmarks/recipe_gain.py ... | tail -1 > result.json
    python tools/plot_recipe_gain.py result.json docs/figures/fusion_multi30k.svg --leave-out average
    python tools/plot_recipe_gain.py runs/recipe_gain/1/fuse-fused/fuse.json docs/figures/fusion_barrier.svg

A row per system: the mean with its 95 % interval; small dots are the single seeds.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from plot_gains import STYLE

from eval.report.axes import axis, number
from eval.report.charts import rule, svg, text
from eval.report.fuse import figures

WIDTH, PITCH = 640.0, 26.0
LINES = """<style>
.line { fill: none; stroke-width: 2 } .series-0 { stroke: #1f5fa8 } .series-2 { stroke: #d06818 } .dot { fill: #fff }
</style>"""


def draw_systems(result: dict[str, Any], left_out: list[str]) -> str:
    baseline = result["of"]
    rows = {name: row for name, row in result["rows"].items() if name not in left_out}
    base = rows[baseline]["chrF each"]
    seeds = {name: [a - b for a, b in zip(row["chrF each"], base, strict=True)] for name, row in rows.items()}
    values = [*(v for row in rows.values() for v in row["chrF gain 95 %"]), *(v for vs in seeds.values() for v in vs)]
    left, bottom = 130.0, PITCH * len(rows) + 8
    x, marks = axis([0.0, *values], left, WIDTH - 24, from_zero=False)
    parts = [STYLE]
    for mark in marks:
        parts += [rule(x(mark), 4, x(mark), bottom), text(x(mark), bottom + 16, number(mark), anchor="middle")]
    parts.append(rule(x(0), 4, x(0), bottom, css="base"))
    for index, (name, row) in enumerate(rows.items()):
        y, (low, high) = PITCH * index + 20, row["chrF gain 95 %"]
        parts.append(text(left - 10, y + 4, name, anchor="end", css="label"))
        parts += [f'<circle cx="{x(value):.1f}" cy="{y:.1f}" r="2.5" class="seed"/>' for value in seeds[name]]
        parts.append(rule(x(low), y, x(high), y, css="whisker"))
        parts.append(f'<circle cx="{x(row["chrF gain"]):.1f}" cy="{y:.1f}" r="4.5" class="mean"/>')
    parts.append(text((left + WIDTH) / 2, bottom + 34, f"chrF over {baseline}'s", anchor="middle", css="axis"))
    return svg(WIDTH, bottom + 42, f"Gain in chrF over {baseline}, {result['name']}", parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=Path, help="the JSON line of recipe_gain.py, or fuse.json")
    parser.add_argument("figure", type=Path, help="SVG file to write")
    parser.add_argument("--leave-out", type=lambda given: given.split(","), default=[], help="systems off the scale")
    given = parser.parse_args()
    content = json.loads(given.result.read_text(encoding="utf-8"))
    if "rows" in content:
        drawn = draw_systems(content, given.leave_out)
    else:
        drawn = figures(content)[0][1].replace(">", ">" + STYLE + LINES, 1)
    given.figure.write_text(drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

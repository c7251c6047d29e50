"""What post-processing by learnt conventions gains on the official WMT22 outputs, without a look at the test set.

    python benchmarks/postprocess_gain.py --shared ../shared/data

Conventions are learnt as the stage `postprocess` learns them, with its defaults, from three kinds of training targets:
`free6` (each of its sources is a corpus of its own), `wmt21` (the references of the year before, each a corpus), and
`both`. They are applied to the outputs of Vega-MT (JDExploreAcademy) and Online-B. BLEU is the organisers': 13a, zh,
and characters for Japanese; reference A, Czech B. Intervals: 95 % of the paired bootstrap, 1,000 resamples. One JSON
line last: rows of {learnt_from, direction, system, lines, changed, before, after, gain, low, high}, and the rules that
were clear.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gain_text import read_packed

from vega.conventions import Clarity, Conventions, apply, choose, count
from vega.directions import parse_direction
from vega.metrics import Judge, Reference
from vega.settings import PostprocessOptions

OTHERS = ("cs", "de", "ja", "ru", "zh")
DIRECTIONS = [name for other in OTHERS for name in (f"en-{other}", f"{other}-en")]
SYSTEMS = ("JDExploreAcademy", "Online-B")
LEARNT_FROM = ("free6", "wmt21", "both")
DEFAULTS = PostprocessOptions()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"), help="folder with free6, wmt21, wmt22")
    parser.add_argument("--directions", default=",".join(DIRECTIONS))
    options = parser.parse_args()
    directions = options.directions.split(",")
    targets = sorted({parse_direction(direction).target for direction in directions})
    learnt = {target: learn(options.shared, target) for target in targets}
    rows = [row for direction in directions for row in measure(options.shared / "wmt22", direction, learnt)]
    for row in rows:
        print(*row.values(), sep="\t")
    rules = {
        name: {target: {feature: "".join(text) for feature, text in found[name].choices.items()}
               for target, found in learnt.items()}
        for name in LEARNT_FROM
    }  # fmt: skip
    print(json.dumps({"rows": rows, "rules": rules}, ensure_ascii=False))


def learn(shared: Path, target: str) -> dict[str, Conventions]:
    """By what they are learnt from."""
    counts = {
        "free6": [count(spread(lines), target) for lines in free6(shared / "free6", target)],
        "wmt21": [count(read_packed(path), target) for path in sorted((shared / "wmt21").glob(f"*.ref.*.{target}.gz"))],
    }
    counts["both"] = counts["free6"] + counts["wmt21"]
    clarity = Clarity(DEFAULTS.min_share, DEFAULTS.min_count)
    return {name: choose(counts[name], target, clarity) for name in LEARNT_FROM}


def free6(folder: Path, target: str) -> Iterator[list[str]]:
    """The training targets of each source: for English, those of all pairs."""
    sources: dict[str, dict[str, None]] = defaultdict(dict)
    for code in OTHERS if target == "en" else (target,):
        lines = read_packed(folder / f"train.en-{code}.{target}.xz")
        for meta, line in zip(read_packed(folder / f"train.en-{code}.meta.xz"), lines, strict=True):
            sources[meta.split("\t")[0]][line] = None
    yield from map(list, sources.values())


def spread(lines: Sequence[str]) -> Sequence[str]:
    """As many lines as the stage reads."""
    return lines[:: max(1, -(-len(lines) // DEFAULTS.max_lines))]


def measure(data: Path, direction: str, learnt: dict[str, dict[str, Conventions]]) -> Iterator[dict[str, Any]]:
    """One row for each system and kind of text."""
    target = parse_direction(direction).target
    translator = "B" if "cs" in direction else "A"
    reference = read_packed(data / f"references/generaltest2022.{direction}.ref.{translator}.{target}.gz")
    judge = Judge([Reference(target, reference)], "bleu", {"ja": "char"})
    for system in SYSTEMS:
        output = read_packed(data / f"outputs/generaltest2022.{direction}.hyp.{system}.{target}.gz")
        base = judge.statistics([output])
        for name in LEARNT_FROM:
            after = [apply(line, learnt[target][name]) for line in output]
            gain = judge.gain(base, judge.statistics([after]))
            yield {
                "learnt_from": name,
                "direction": direction,
                "system": system,
                "lines": len(output),
                "changed": sum(old != new for old, new in zip(output, after, strict=True)),
                "before": round(gain.base, 2),
                "after": round(gain.score, 2),
                "gain": round(gain.gain, 2),
                "low": round(gain.low, 2),
                "high": round(gain.high, 2),
            }


if __name__ == "__main__":
    main()

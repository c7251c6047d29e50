"""What SAM and FSAM cost per update, against Adam: the same model, batches and process settings, in turns.

Baseline: `vega_adamw`. SAM: `vega_fsam` with density 1. FSAM at the paper's settings: density 0.1, a mask every 100
updates, a second pass in every update. "Ours" is FSAM with a period: a second pass every so many updates only, its
direction followed between (LookSAM). The first fifth of the updates is not counted. The ratio is Adam's time over ours.

    python benchmarks/fsam.py --arch vega_base --updates 20 --rounds 2 --max-tokens 1000
    python benchmarks/fsam.py --arch vega_tiny --updates 100 --rounds 3 --threads 1

Memory is the process's peak above Adam's. Scores of the same optimizers: `methods_gain.py`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from training import measured, parse_options
from training_runs import Measurements, demo_data

PERIOD = 5
FSAM = ["--optimizer", "vega_fsam"]
KINDS = {
    "adam": [],
    "sam": [*FSAM, "--fsam-density", "1"],
    "fsam": FSAM,
    "fsam_period": [*FSAM, "--fsam-period", str(PERIOD)],
}


def main() -> None:
    options = parse_options(__doc__)
    runs: dict[str, list[Measurements]] = {kind: [] for kind in KINDS}
    batches: dict[int, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or demo_data(Path(folder), options.vocabulary)
        for number in range(options.rounds):
            for kind in list(KINDS) if number % 2 == 0 else reversed(KINDS):
                changed = argparse.Namespace(**{**vars(options), "options": [*options.options, *KINDS[kind]]})
                runs[kind].append(measured("ours", number, data, Path(folder) / kind, changed, batches))
                print(kind, number, runs[kind][-1], file=sys.stderr)
    shown = {key: getattr(options, key) for key in ("arch", "updates", "max_tokens", "threads", "precision")}
    print(json.dumps({"name": "fsam", "period": PERIOD, **shown, **compared(runs)}))


def compared(runs: dict[str, list[Measurements]]) -> dict[str, Any]:
    """Time per token of each kind over Adam's, by the clock and by CPU seconds, and memory above it."""
    median = {
        kind: {key: statistics.median(r[key] for r in results) for key in results[0]} for kind, results in runs.items()
    }
    adam = median["adam"]
    costs = {
        kind: {
            "time": round(adam["tokens_per_s"] / values["tokens_per_s"], 3),
            "cpu_time": round(adam["tokens_per_cpu_s"] / values["tokens_per_cpu_s"], 3),
            "memory_mib": round(values["peak_mib"] - adam["peak_mib"]),
        }
        for kind, values in median.items()
    }
    return {
        "unit": "target tokens/s",
        "ours": median["fsam_period"]["tokens_per_s"],
        "baseline": adam["tokens_per_s"],
        "ratio": round(median["fsam_period"]["tokens_per_s"] / adam["tokens_per_s"], 3),
        "spread": {kind: sorted(r["tokens_per_s"] for r in results) for kind, results in runs.items()},
        "costs": costs,
    }


if __name__ == "__main__":
    main()

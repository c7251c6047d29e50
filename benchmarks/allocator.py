"""Training on CPU with jemalloc and huge pages preloaded, as the launcher does, against the system's allocator.

The same `vega_multidirectional` run both times, in turns.

    python benchmarks/allocator.py --updates 60 --rounds 2
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from multidirectional import parse_options, prepare, train
from training_runs import alternate, summary


def main() -> None:
    options = parse_options(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        data, _ = prepare(Path(folder), options.vocabulary)
        runs = alternate(
            options.rounds,
            lambda name, run: train("ours", data, Path(folder) / f"{name}{run}", options, jemalloc=name == "ours"),
        )
    print(json.dumps({"name": "training with jemalloc and huge pages against glibc malloc", **summary(runs)}))


if __name__ == "__main__":
    main()

"""Training on CPU with jemalloc and huge pages preloaded, as the launcher does, against the system's allocator.

The same run both times, in turns: all of Vega, or with `--only baseline` all of stock fairseq. Settings of jemalloc to
compare with the launcher's go into MALLOC_CONF. All options of `training.py` work.

    python benchmarks/allocator.py --arch vega_base --updates 6 --rounds 2
    python benchmarks/allocator.py --arch vega_tiny --updates 60 --rounds 2 --max-tokens 1500
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from training import measured, parse_options
from training_runs import Measurements, alternate, demo_data, summary


def main() -> None:
    options = parse_options(__doc__)
    batches: dict[int, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or demo_data(Path(folder), options.vocabulary)

        def measure(name: str, number: int) -> Measurements:
            which = options.only or "ours"
            return measured(which, number, data, Path(folder), options, batches, jemalloc=name == "ours")

        runs = alternate(options.rounds, measure)
    shown = {key: getattr(options, key) for key in ("arch", "updates", "max_tokens", "threads", "precision")}
    print(json.dumps({"name": "jemalloc with huge pages against the system's allocator", **shown, **summary(runs)}))


if __name__ == "__main__":
    main()

"""What `vega submit` costs per stage, against sbatch alone with the same scripts.

    python benchmarks/submission.py --rounds 5

Starts a SLURM cluster of two nodes on this machine (slurm.testing; as root, with slurm-wlm and munge). Ours: the whole
command `vega submit demo`, from start to end, over the stages. Baseline: `sbatch` with the scripts and dependencies
that it wrote. All jobs are held, so that none starts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from slurm.record import read_record
from slurm.testing.cluster import Cluster, cluster

CLUSTER = "partition: normal\nsbatch: [--hold]\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name, cluster(Path(name) / "cluster") as running:
        folder = Path(name)
        (folder / "cluster.yaml").write_text(CLUSTER, encoding="utf-8")
        ours, baseline = [], []
        for number in range(rounds):
            ours.append(time_vega(running, folder, folder / str(number)))
            baseline.append(time_sbatch(running, folder / str(number)))
            running.run("scancel", "--user=root")
    result = {
        "name": "submission",
        "unit": "seconds per stage",
        "ours": round(statistics.median(ours), 3),
        "baseline": round(statistics.median(baseline), 3),
        "ratio": round(statistics.median(baseline) / statistics.median(ours), 3),
        "spread": {
            "ours": [round(min(ours), 3), round(max(ours), 3)],
            "baseline": [round(min(baseline), 3), round(max(baseline), 3)],
        },
        "rounds": rounds,
    }
    print(json.dumps(result))


def time_vega(running: Cluster, folder: Path, run: Path) -> float:
    """Seconds per stage of one submission."""
    command = [sys.executable, "-m", "vega", "submit", "demo", "--cluster", folder / "cluster.yaml", "--run", run]
    started = time.monotonic()
    subprocess.run(command, env=running.environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.monotonic() - started) / len(read_record(run).jobs)


def time_sbatch(running: Cluster, run: Path) -> float:
    """The same scripts by hand."""
    jobs = read_record(run).jobs
    sent: dict[str, str] = {}
    started = time.monotonic()
    for job in jobs.values():
        after = [f"--dependency=afterok:{':'.join(sent[name] for name in job.after)}"] if job.after else []
        sent[job.name] = running.submit(Path(job.script), *after)
    return (time.monotonic() - started) / len(jobs)


if __name__ == "__main__":
    main()

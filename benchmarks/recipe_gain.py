"""Does what a recipe makes of its models help? The recipe with several seeds: every system against one of them.

    python benchmarks/recipe_gain.py pt_ri_fusion --baseline multidirectional --set data=../shared/data/multi30k
    python benchmarks/recipe_gain.py generalization_tuning --baseline multidirectional --set data=../shared/data/free6

Baseline: the system of that name, as a rule the recipe's plain training. The text is cleaned and encoded once; training
has the seeds 1 to N (`train.seed`, from which the other trainings take it; a pre-training with a seed of its own is
done once, too). BLEU and chrF of each system are those of the recipe's test sets, means over seeds, with the 95 %
interval of the difference to the baseline, resampled in pairs. `steps` has each step's own gain on dev sentences,
`domains` that of tuning in each domain and seed, `probes` the numbers of `vega probe`, means over seeds.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gain_text import compare

from vega.recipe import load_recipe
from vega.settings import TranslateSettings
from vega.strict_yaml import load

#: Stages that do not depend on the seed of training.
TEXT = ("clean", "leakage", "vocab", "binarize")


def main() -> None:
    given = read_arguments()
    runs = [given.folder / str(seed) for seed in range(1, given.seeds + 1)]
    prepare(given, runs)
    for seed, run in enumerate(runs, start=1):
        vega(given, run, f"train.seed={seed}")
    rows = compare(systems(runs), given.baseline)
    best = max((name for name in rows if name != given.baseline), key=lambda name: rows[name]["chrF"])
    result = {
        "name": f"recipe_gain {given.recipe}",
        "unit": "chrF",
        "ours": rows[best]["chrF"],
        "baseline": rows[given.baseline]["chrF"],
        "ratio": round(rows[best]["chrF"] / rows[given.baseline]["chrF"], 3),
        "spread": rows[best]["chrF gain 95 %"],
        "best": best,
        "of": given.baseline,
        "seeds": given.seeds,
        "set": given.set,
        "rows": rows,
        "steps": gains(runs),
        "domains": domains(runs),
        "probes": probes(runs),
    }
    print(json.dumps(result))


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", nargs="?", default="pt_ri_fusion")
    parser.add_argument("--baseline", default="multidirectional", help="name of a system")
    parser.add_argument("--folder", type=Path, default=Path("runs/recipe_gain"), help="an interrupted one goes on")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], help="as of `vega run`; may be given again")
    return parser.parse_args()


def prepare(given: argparse.Namespace, runs: list[Path]) -> None:
    """What is the same for all seeds, done once and copied with its times: manifests know files by them."""
    pretrain = load_recipe(given.recipe, given.set).pretrain
    alike = [*TEXT, *(["pretrain"] if pretrain is not None and "seed" in pretrain.model_fields_set else [])]
    vega(given, runs[0], "--stages", ",".join(alike))
    for run in runs[1:]:
        for stage in alike:
            if not (run / stage).exists():
                shutil.copytree(runs[0] / stage, run / stage, copy_function=shutil.copy2)


def vega(given: argparse.Namespace, run: Path, *more: str) -> None:
    assignments = [*given.set, *(each for each in more if "=" in each)]
    command = [sys.executable, "-m", "vega", "run", given.recipe, "--run", str(run)]
    command += [part for each in assignments for part in ("--set", each)]
    command += [each for each in more if "=" not in each]
    if subprocess.run(command).returncode != 0:
        raise SystemExit(f"{run}: failed")


def systems(runs: Iterable[Path]) -> dict[str, list[tuple[Path, Path, str]]]:
    """System -> (translation, reference, language) of all runs, test sets and directions."""
    found: dict[str, list[tuple[Path, Path, str]]] = {}
    for run in runs:
        settings = load(run / "translate/settings.yaml", TranslateSettings)
        for test in settings.test:
            for direction in settings.directions:
                target = direction.partition("-")[2]
                for system in settings.systems:
                    translation = run / "translate" / system.name / f"{test.name}.{direction}.{target}"
                    if translation.exists():
                        found.setdefault(system.name, []).append((translation, test.paths()[target], target))
    complete = max(map(len, found.values()))
    return {name: files for name, files in found.items() if len(files) == complete}


def gains(runs: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Step -> its gain on dev sentences, mean and each seed's with its interval; decoding time over the base's."""
    found: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        for path in sorted(run.glob("*/gain.json")):
            found.setdefault(path.parent.name, []).append(json.loads(path.read_text(encoding="utf-8")))
    return {
        stage: {
            "over": each[0]["base"],
            "gain": round(statistics.mean(one["gain"] for one in each), 2),
            "each": [[round(one[key], 2) for key in ("gain", "low", "high")] for one in each],
            "time": round(statistics.median(one["seconds"] / one["base_seconds"] for one in each), 2),
        }
        for stage, each in found.items()
    }


def domains(runs: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Step -> domain -> whether nobody tuned for it, the mean gain, and each seed's with its interval."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for run in runs:
        for path in sorted(run.glob("*/tune.json")):
            for row in json.loads(path.read_text(encoding="utf-8"))["table"]["domains"]:
                found.setdefault(path.parent.name, {}).setdefault(row["domain"], []).append(row)
    return {
        stage: {
            name: {
                "held_out": rows[0]["held_out"],
                "base": round(statistics.mean(row["base"] for row in rows), 2),
                "gain": round(statistics.mean(row["gain"] for row in rows), 2),
                "each": [[round(row[key], 2) for key in ("gain", "low", "high")] for row in rows],
            }
            for name, rows in sorted(by_domain.items())
        }
        for stage, by_domain in found.items()
    }


def probes(runs: Iterable[Path]) -> dict[str, dict[str, dict[str, float]]]:
    """Probe -> model -> the mean of each number over runs; lists, as grids and curves are, stay in probe.json."""
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    for run in runs:
        for path in sorted(run.glob("probe-*/probe.json")):
            for probe, rows in json.loads(path.read_text(encoding="utf-8")).items():
                for row in rows if isinstance(rows, list) else ():
                    if isinstance(row, dict):
                        _collect(found.setdefault(probe, {}).setdefault(_name(row), {}), row)
    return {
        probe: {
            name: {key: round(statistics.mean(values), 4) for key, values in numbers.items()}
            for name, numbers in models.items()
        }
        for probe, models in found.items()
    }


def _name(row: Mapping[str, Any]) -> str:
    """What tells rows of a probe apart."""
    return " ".join(str(row[key]) for key in ("model", "system", "set", "kind", "metric") if key in row)


def _collect(numbers: dict[str, list[float]], row: Mapping[str, Any], suffix: str = "") -> None:
    for key, value in row.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            numbers.setdefault(key + suffix, []).append(float(value))
    for rise in row.get("rises", []):
        _collect(numbers, rise, f" {rise['rho']}")


if __name__ == "__main__":
    main()

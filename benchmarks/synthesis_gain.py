"""Does synthetic text help? A model on little genuine text, and at equal updates models on that and what it made.

    python benchmarks/synthesis_gain.py --genuine 5000 --mono 10000 --updates 1800 --test 600

Baseline: the multidirectional model on the genuine pairs alone. Each round translates with that model, and trains a
new one from scratch, with the same settings: back-translation, cycle translation, bidirectional self-training.
Everything is `vega run` on a recipe that is written into the folder. Text: pairs and monolingual lines drawn at random
from free6. Test set: free6's six-way validation text. Scores: BLEU and chrF; for the mean over directions the
95 % interval of the difference to the baseline, resampled in pairs (the same lines for both systems).
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.score import METRICS, build_metric, resampled_sums
from vega.directions import parse_direction
from vega.text_files import read_lines

BASELINE = "multidirectional"
STEPS: dict[str, list[dict[str, Any]]] = {
    "bt": [{"back_translation": {"method": "sampling", "top_k": 10}}],
    # The model is weak: with the default of 40 nothing would be similar enough.
    "ct": [{"cycle_translation": {"share": 0.3, "beam": 2, "min_similarity": 15.0}}],
    "bist": [{"self_training": {"text": ["bitext", "mono"], "beam": 2}}],
}
RESAMPLES = 1000


def main() -> None:
    arguments = read_arguments()
    started = time.monotonic()
    recipe = prepare(arguments)
    command = [sys.executable, "-m", "vega", "run", str(recipe), "--run", str(arguments.folder / "run")]
    if subprocess.run(command).returncode != 0:
        raise SystemExit("vega run failed")
    systems = compare(arguments.folder / "run")
    best = max(arguments.rounds.split(","), key=lambda name: systems[name]["chrF"])
    result = {
        "name": "synthesis_gain",
        "unit": "chrF, mean over directions",
        "ours": systems[best]["chrF"],
        "baseline": systems[BASELINE]["chrF"],
        "ratio": round(systems[best]["chrF"] / systems[BASELINE]["chrF"], 3),
        "spread": systems[best]["chrF gain 95 %"],
        "best": best,
        "seed": arguments.seed,
        "genuine": arguments.genuine,
        "mono": arguments.mono,
        "updates": arguments.updates,
        "systems": systems,
        "seconds": round(time.monotonic() - started),
    }
    print(json.dumps(result))


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/free6"), help="the free6 folder")
    parser.add_argument(
        "--folder", type=Path, default=Path("runs/synthesis_gain"), help="text, recipe, run; an interrupted one goes on"
    )
    parser.add_argument("--languages", default="de,cs,ru", help="paired with English")
    parser.add_argument("--genuine", type=int, default=8000, help="pairs per language")
    parser.add_argument("--mono", type=int, default=16000, help="monolingual lines per language")
    parser.add_argument("--updates", type=int, default=2500, help="updates of every training")
    parser.add_argument("--max-tokens", type=int, default=1500, help="tokens per update")
    parser.add_argument("--rounds", default="bt,ct,bist", help=f"some of {', '.join(STEPS)}")
    parser.add_argument("--test", type=int, default=1438, help="lines of the test set, drawn from valid6")
    parser.add_argument("--pieces", type=int, default=6000, help="size of the vocabulary")
    parser.add_argument("--threads", type=int, default=0, help="of training; 1 on a machine with other work")
    parser.add_argument("--arch", default="vega_tiny")
    parser.add_argument("--seed", type=int, default=1, help="of the drawn text, and of training")
    return parser.parse_args()


def prepare(arguments: argparse.Namespace) -> Path:
    """Draw the text, write the recipe; returns its path."""
    folder, languages = arguments.folder, arguments.languages.split(",")
    text = folder / "text"
    text.mkdir(parents=True, exist_ok=True)
    for code in languages:
        names = [f"train.en-{code}.en", f"train.en-{code}.{code}"]
        draw(arguments.data, names, text, arguments.genuine, arguments.seed, {})
    for code in ["en", *languages]:
        draw(
            arguments.data,
            [f"mono.{code}.txt"],
            text,
            arguments.mono,
            arguments.seed,
            {f"mono.{code}.txt": f"mono.{code}"},
        )
    draw(arguments.data, [f"valid6.{code}" for code in ["en", *languages]], text, arguments.test, arguments.seed, {})
    for code in languages:
        draw(arguments.data, [f"valid.en-{code}.{side}" for side in ("en", code)], text, 2000, arguments.seed, {})
    recipe = folder / "recipe.yaml"
    recipe.write_text(json.dumps(make_recipe(arguments, languages, text.absolute()), indent=1), encoding="utf-8")
    return recipe


def draw(data: Path, names: Sequence[str], text: Path, lines: int, seed: int, rename: dict[str, str]) -> None:
    """Write the same randomly drawn lines of each file."""
    columns = [lzma.decompress((data / f"{name}.xz").read_bytes()).decode().split("\n")[:-1] for name in names]
    total = len(columns[0])
    chosen = sorted(random.Random(f"{seed} {names[0]}").sample(range(total), min(lines, total)))
    for name, column in zip(names, columns, strict=True):
        content = "".join(f"{column[line]}\n" for line in chosen)
        (text / rename.get(name, name)).write_text(content, encoding="utf-8")


def make_recipe(arguments: argparse.Namespace, languages: Sequence[str], text: Path) -> dict[str, Any]:
    pair = {code: f"{text}/{{split}}.en-{code}.{{lang}}" for code in languages}

    def corpora(split: str) -> list[dict[str, Any]]:
        return [
            {"name": "free", "languages": ["en", code], "files": pair[code].replace("{split}", split)}
            for code in languages
        ]

    mono = [{"name": "mono", "languages": [code], "files": f"{text}/mono.{{lang}}"} for code in ["en", *languages]]
    test = [{"name": "valid6", "languages": ["en", *languages], "files": f"{text}/valid6.{{lang}}"}]
    return {
        "name": "synthesis_gain",
        "corpora": {"train": corpora("train"), "valid": corpora("valid"), "test": test, "mono": mono},
        "vocab": {"size": arguments.pieces},
        "train": {
            "arch": arguments.arch, "max_tokens": arguments.max_tokens, "max_update": arguments.updates, "lr": 2.0e-3,
            "lr_scheduler": "polynomial_decay", "warmup_updates": arguments.updates // 8, "dropout": 0.1,
            "validate_every": max(1, arguments.updates // 4), "save_every": max(1, arguments.updates // 4),
            "keep_checkpoints": 1, "temperature": 1.0, "seed": arguments.seed, "threads": arguments.threads,
        },
        "synthesis": [
            {"name": name, "model": "train", "steps": STEPS[name], "train": {"synthetic_share": 0.5}}
            for name in arguments.rounds.split(",")
        ],
        "translate": {"beam": 4, "max_len_a": 1.2, "max_len_b": 10},
        "baselines": ["copy"],
    }  # fmt: skip


def compare(run: Path) -> dict[str, dict[str, Any]]:
    """Per system the mean BLEU and chrF over the directions, and the interval of its difference to the baseline."""
    translations, text = run / "translate", run.parent / "text"
    systems = sorted(path.name for path in translations.iterdir() if path.is_dir())
    files = sorted(path.name for path in (translations / BASELINE).iterdir())
    found: dict[str, dict[str, Any]] = {system: {"directions": {}} for system in systems}
    for metric, label in METRICS.items():
        scores: dict[str, list[float]] = {system: [] for system in systems}
        resampled: dict[str, list[np.ndarray]] = {system: [] for system in systems}
        for name in files:
            direction = parse_direction(name.split(".")[1])
            reference = list(read_lines(text / f"valid6.{direction.target}"))
            scorer = build_metric(metric, direction.target, reference)
            for system in systems:
                statistics = scorer._extract_corpus_statistics(list(read_lines(translations / system / name)), None)
                scores[system].append(float(scorer._aggregate_and_compute(statistics).score))
                sums = resampled_sums(np.asarray(statistics, dtype=np.float64), resamples=RESAMPLES, seed=12345)
                drawn = [scorer._compute_score_from_stats(row).score for row in sums.tolist()]
                resampled[system].append(np.array(drawn))
                found[system]["directions"].setdefault(str(direction), {})[label] = round(scores[system][-1], 2)
        base = np.mean(resampled[BASELINE], axis=0)
        for system in systems:
            difference = np.sort(np.mean(resampled[system], axis=0) - base)
            found[system][label] = round(float(np.mean(scores[system])), 2)
            found[system][f"{label} gain"] = round(float(np.mean(scores[system]) - np.mean(scores[BASELINE])), 2)
            cut = RESAMPLES // 40
            found[system][f"{label} gain 95 %"] = [
                round(float(difference[cut]), 2),
                round(float(difference[-cut - 1]), 2),
            ]
    return found


if __name__ == "__main__":
    main()

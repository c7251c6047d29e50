"""Does a method help? The same little text, the same updates, several seeds: one table.

    python benchmarks/methods_gain.py --rows adam,adam_2x,sam,fsam,fsam_period --seeds 3 --threads 1
    python benchmarks/methods_gain.py --rows adam,denoising,denoising_de,denoising_cl,e2s2 --seeds 3 --threads 1

Baseline: the first row, as a rule `adam`: a model from random weights with `vega_adamw`. `adam_2x` has twice the
updates, about SAM's time. The rows with pre-training first restore corrupted monolingual text (of both languages,
without the pairs' own lines), then are tuned on the pairs as `adam` is trained, or with another optimizer
(`denoising_fsam`; few pairs are the case of the FSAM paper: --pairs 300). `denoising_long` takes the time of `e2s2`.
Text: a sample of Multi30k or of short lines of one source of free6. Every run's settings file is in FOLDER, for `vega
train`, `vega pretrain` or `vega finetune`.

Scores: BLEU and chrF on the test set, mean over the seeds; 95 % intervals of the difference to the baseline, resampled
in pairs (the same lines in all seeds). Sharpness: rise of the validation loss at radius rho, along the gradient and at
random.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gain_text import Pair, compare, draw, is_test_document, read_free6, read_packed, write_lines, write_pairs

FSAM = {"optimizer": "vega_fsam"}
E2S2 = {"criterion": "vega_e2s2"}
RADII = (0.05, 0.5)


class Training(NamedTuple):
    """What differs from `adam`, or from plain denoising."""

    settings: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    #: Times the updates.
    longer: float = 1
    #: The pre-training that it goes on from.
    start: str = ""


PRETRAININGS = {
    "denoising": Training(),
    "denoising_long": Training(longer=1.9),  # the CPU time of e2s2
    "denoising_de": Training({**E2S2, "e2s2": {"contrastive": 0}}),
    "denoising_cl": Training({**E2S2, "e2s2": {"denoising": 0}}),
    "e2s2": Training({**E2S2, "e2s2": {}}),
}
OPTIMIZERS = {
    "sam": {**FSAM, "fsam": {"density": 1}},
    "fsam": {**FSAM, "fsam": {}},
    "fsam_period": {**FSAM, "fsam": {"period": 5}},
    "fsam_look": {**FSAM, "fsam": {"period": 5, "reuse_weight": 0.7}},  # the direction's weight as in LookSAM
}
ROWS = {
    "adam": Training(),
    "adam_2x": Training(longer=2),
    **{name: Training(settings) for name, settings in OPTIMIZERS.items()},
    **{name: Training(start=name) for name in PRETRAININGS},
    "denoising_adam_2x": Training(longer=2, start="denoising"),
    **{f"denoising_{name}": Training(settings, start="denoising") for name, settings in OPTIMIZERS.items()},
}


def main() -> None:
    given = read_arguments()
    text = given.folder.absolute() / "text"
    prepare(given, text)
    runs = [(name, seed) for seed in range(1, given.seeds + 1) for name in given.rows.split(",")]
    seconds: dict[str, list[float]] = {}
    for name, seed in runs:
        seconds.setdefault(name, []).append(run_row(given, name, seed))
    translate(given, text, runs)
    target = given.pair.partition("-")[2]
    reference = text / f"test.{given.pair}.{target}"
    folder = given.folder / "translate"
    systems = {
        name: [
            (folder / f"{name}.{seed}" / f"test.{given.pair}.{target}", reference, target)
            for n, seed in runs
            if n == name
        ]
        for name in seconds
    }
    baseline = given.rows.partition(",")[0]
    found = compare(systems, baseline)
    rises = probe_sharpness(given, text, list(found))
    for name, values in found.items():
        values["cpu_seconds"] = round(statistics.median(seconds[name]))
        values["sharpness"] = rises[name]
    best = max((name for name in found if name != baseline), key=lambda name: found[name]["chrF"])
    result = {
        "name": "methods_gain",
        "unit": "chrF",
        "ours": found[best]["chrF"],
        "baseline": found[baseline]["chrF"],
        "ratio": round(found[best]["chrF"] / found[baseline]["chrF"], 3),
        "spread": found[best]["chrF gain 95 %"],
        "best": best,
        **{
            key: getattr(given, key)
            for key in ("corpus", "pair", "pairs", "updates", "pretrain_updates", "seeds", "rho")
        },
        "rows": found,
    }
    print(json.dumps(result))


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with multi30k and free6")
    parser.add_argument("--folder", type=Path, default=Path("runs/methods_gain"), help="an interrupted one goes on")
    parser.add_argument("--corpus", choices=["multi30k", "free6"], default="multi30k")
    parser.add_argument("--pair", default="en-de", help="from English")
    parser.add_argument("--rows", default=",".join(ROWS), help=f"baseline first, of {', '.join(ROWS)}")
    parser.add_argument("--pairs", type=int, default=2500, help="training pairs")
    parser.add_argument("--mono", type=int, default=10_000, help="monolingual lines of each language")
    parser.add_argument("--updates", type=int, default=600, help="updates of training")
    parser.add_argument("--pretrain-updates", type=int, default=600)
    parser.add_argument("--max-tokens", type=int, default=1000, help="tokens per update")
    parser.add_argument("--pieces", type=int, default=4000, help="size of the vocabulary")
    parser.add_argument("--rho", type=float, default=0.05, help="radius of SAM and FSAM")
    parser.add_argument("--seeds", type=int, default=3, help="of training; the text is the same")
    parser.add_argument("--sharpness-seeds", type=int, default=3, help="of how many seeds sharpness is measured")
    parser.add_argument("--threads", type=int, default=0, help="of training; 1 on a machine with other work")
    parser.add_argument("--arch", default="vega_tiny")
    return parser.parse_args()


# Text


def prepare(given: argparse.Namespace, text: Path) -> None:
    """Draw the text and encode it, once."""
    if not text.exists():
        text.mkdir(parents=True)
        write_text(given, text)
    recipe = given.folder / "recipe.yaml"
    recipe.write_text(json.dumps(make_recipe(given, text), indent=1), encoding="utf-8")
    vega("run", str(recipe), "--run", str(given.folder / "data"), "--stages", "clean,leakage,vocab,binarize")


def write_text(given: argparse.Namespace, text: Path) -> None:
    code = given.pair.partition("-")[2]
    if given.corpus == "multi30k":
        train, valid, test = (read_multi30k(given.data, s, code) for s in ("train", "val", "test_2016_flickr"))
    else:
        pool = read_free6(given.data / "free6", "train", code)
        test = draw([pair for pair in pool if is_test_document(pair.document)], 800, 0, "test")
        train = [pair for pair in pool if not is_test_document(pair.document)]
        valid = draw(read_free6(given.data / "free6", "valid", code), 400, 0, "valid")
    train = draw(train, len(train), 0, "train")
    rest = train[given.pairs :]
    half = len(rest) // 2  # the two languages from different pairs: no line's translation is in the other's text
    write_pairs(text, "train", code, train[: given.pairs])
    write_pairs(text, "valid", code, valid)
    write_pairs(text, "test", code, test)
    write_lines(text / "mono.en", [pair.source for pair in rest[:half]][: given.mono])
    write_lines(text / f"mono.{code}", [pair.target for pair in rest[half:]][: given.mono])


def read_multi30k(data: Path, split: str, code: str) -> list[Pair]:
    sides = [read_packed(data / "multi30k" / f"{split}.{language}.gz") for language in ("en", code)]
    return [Pair("", source, target) for source, target in zip(*sides, strict=True)]


def make_recipe(given: argparse.Namespace, text: Path) -> dict[str, Any]:
    languages = given.pair.split("-")

    def corpora(split: str) -> list[dict[str, Any]]:
        return [{"name": split, "languages": languages, "files": f"{text}/{split}.{given.pair}.{{lang}}"}]

    return {
        "name": "methods_gain",
        "corpora": {
            "train": corpora("train"), "valid": corpora("valid"), "test": corpora("test"),
            "mono": [{"name": "mono", "languages": [code], "files": f"{text}/mono.{{lang}}"} for code in languages],
        },
        "directions": [given.pair],
        "vocab": {"size": given.pieces},
        "pretrain": {},
    }  # fmt: skip


# Training


def run_row(given: argparse.Namespace, name: str, seed: int) -> float:
    """Train a row; the CPU seconds it took, which do not depend on who else uses the machine."""
    row = ROWS[name]
    settings = {**schedule(given, round(row.longer * given.updates), seed), "directions": [given.pair], **row.settings}
    if "fsam" in settings:
        settings["fsam"] = {"rho": given.rho, **settings["fsam"]}
    folder = given.folder / "rows" / f"{name}.{seed}" / "train"
    if not row.start:
        return trained(given, "train", settings, folder)
    began, checkpoint = run_pretraining(given, row.start, seed)
    return began + trained(given, "finetune", {**settings, "init_from": str(checkpoint.absolute())}, folder)


def run_pretraining(given: argparse.Namespace, name: str, seed: int) -> tuple[float, Path]:
    """CPU seconds and checkpoint; what several rows begin with is trained once."""
    chosen, folder = PRETRAININGS[name], given.folder / "pretrain" / f"{name}.{seed}" / "pretrain"
    updates = round(chosen.longer * given.pretrain_updates)
    settings = {**schedule(given, updates, seed), "languages": given.pair.split("-"), **chosen.settings}
    return trained(given, "pretrain", settings, folder), folder / "checkpoints/checkpoint_best.pt"


def schedule(given: argparse.Namespace, updates: int, seed: int) -> dict[str, Any]:
    every = max(1, updates // 5)
    return {
        "data": str((given.folder / "data/binarize").absolute()), "arch": given.arch, "max_tokens": given.max_tokens,
        "max_update": updates, "lr": 2.0e-3, "lr_scheduler": "polynomial_decay", "warmup_updates": updates // 8,
        "dropout": 0.2, "validate_every": every, "save_every": every, "keep_checkpoints": 1, "temperature": 1.0,
        "seed": seed, "threads": given.threads, "extra": {"validate_interval": 10**6},
    }  # fmt: skip


def trained(given: argparse.Namespace, command: str, settings: dict[str, Any], output: Path) -> float:
    output.parent.mkdir(parents=True, exist_ok=True)
    written = output.with_suffix(".yaml")
    written.write_text(json.dumps(settings, indent=1), encoding="utf-8")
    clock = output.with_suffix(".seconds")
    if not clock.exists():
        began = cpu_seconds()
        vega(command, str(written), "--output", str(output))
        clock.write_text(str(cpu_seconds() - began), encoding="utf-8")
    return float(clock.read_text(encoding="utf-8"))


def cpu_seconds() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def translate(given: argparse.Namespace, text: Path, runs: Sequence[tuple[str, int]]) -> None:
    systems = [
        {"name": f"{name}.{seed}", "checkpoint": str(checkpoint(given, name, seed).absolute())} for name, seed in runs
    ]
    settings = {
        "data": str((given.folder / "data/binarize").absolute()), "systems": systems, "directions": [given.pair],
        "test": make_recipe(given, text)["corpora"]["test"], "beam": 4, "max_len_a": 1.2, "max_len_b": 10,
    }  # fmt: skip
    written = given.folder / "translate.yaml"
    written.write_text(json.dumps(settings, indent=1), encoding="utf-8")
    vega("translate", str(written), "--output", str(given.folder / "translate"))


def checkpoint(given: argparse.Namespace, name: str, seed: int) -> Path:
    return Path(given.folder / "rows" / f"{name}.{seed}" / "train/checkpoints/checkpoint_best.pt")


def probe_sharpness(given: argparse.Namespace, text: Path, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of each row, means over the first seeds, by `vega probe` on the whole dev set."""
    seeds = range(1, min(given.seeds, given.sharpness_seeds) + 1)
    settings = {
        "data": str((given.folder / "data/binarize").absolute()), "directions": [given.pair],
        "valid": make_recipe(given, text)["corpora"]["valid"],
        "models": [
            {"name": f"{name}.{seed}", "checkpoint": str(checkpoint(given, name, seed).absolute())}
            for name in names
            for seed in seeds
        ],
        "sharpness": {"radii": list(RADII), "batches": None},
        "landscape": None, "lexical": None, "noise": None, "diversity": False,
    }  # fmt: skip
    written = given.folder / "probe.yaml"
    written.write_text(json.dumps(settings, indent=1), encoding="utf-8")
    vega("probe", str(written), "--output", str(given.folder / "probe"))
    rows = json.loads((given.folder / "probe/probe.json").read_text(encoding="utf-8"))["sharpness"]
    return {name: mean_sharpness([row for row in rows if row["model"].rpartition(".")[0] == name]) for name in names}


def mean_sharpness(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Over the seeds of a row."""
    values: dict[str, Any] = {"valid_loss": round(statistics.mean(row["loss"] for row in rows), 4)}
    for index, radius in enumerate(RADII):
        for kind in ("along_gradient", "at_random"):
            values[f"{kind} {radius}"] = round(statistics.mean(row["rises"][index][kind] for row in rows), 5)
    return values


def vega(*arguments: str) -> None:
    if subprocess.run([sys.executable, "-m", "vega", *arguments]).returncode != 0:
        raise SystemExit(f"vega {arguments[0]} failed")


if __name__ == "__main__":
    main()

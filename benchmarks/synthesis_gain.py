"""Does synthetic text help? A model on little genuine text, and at equal updates models on that and what it made.

    python benchmarks/synthesis_gain.py --genuine 3000 --mono 8000 --updates 3000 --threads 1

Baseline: the multidirectional model on the genuine pairs alone. Each round translates with that model, and trains a
new one from scratch, with the same settings: back-translation, cycle translation, bidirectional self-training.
Everything is `vega run` on a recipe that is written into the folder. Text: short lines of one source of free6, so that
a tiny model learns to translate them; genuine pairs, monolingual lines (of other pairs), and test lines (of documents
that are held out, the same for every seed) drawn at random. Scores: BLEU and chrF; for the mean over directions the
95 % interval of the difference to the baseline, resampled in pairs (the same lines for both systems).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gain_text import compare, draw, is_test_document, read_free6, write_lines, write_pairs

from vega.directions import parse_direction

BASELINE = "multidirectional"
STEPS: dict[str, list[dict[str, Any]]] = {
    # Not sampling: with so little text beam search is better (Edunov et al. 2018, arXiv 1808.09381, section 5.2).
    "bt": [{"back_translation": {"method": "beam", "beam": 4}}],
    # The model is weak: with the default of 40 nothing would be similar enough.
    "ct": [{"cycle_translation": {"share": 0.3, "beam": 2, "min_similarity": 15.0}}],
    "bist": [{"self_training": {"text": ["bitext", "mono"], "beam": 2}}],
}


def main() -> None:
    arguments = read_arguments()
    started = time.monotonic()
    recipe = prepare(arguments)
    command = [sys.executable, "-m", "vega", "run", str(recipe), "--run", str(arguments.folder / "run")]
    if subprocess.run(command).returncode != 0:
        raise SystemExit("vega run failed")
    systems = compare_systems(arguments.folder / "run")
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
        "source": arguments.source,
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
    parser.add_argument("--source", default="lohelp", help="source of the text in free6, or all")
    parser.add_argument("--max-words", type=int, default=12, help="English words of a line at most")
    parser.add_argument("--genuine", type=int, default=3000, help="pairs per language")
    parser.add_argument("--mono", type=int, default=8000, help="monolingual lines per language")
    parser.add_argument("--updates", type=int, default=3000, help="updates of every training")
    parser.add_argument("--max-tokens", type=int, default=1000, help="tokens per update")
    parser.add_argument("--rounds", default="bt,ct,bist", help=f"some of {', '.join(STEPS)}")
    parser.add_argument("--test", type=int, default=500, help="test lines of each pair")
    parser.add_argument("--pieces", type=int, default=4000, help="size of the vocabulary")
    parser.add_argument("--threads", type=int, default=0, help="of training; 1 on a machine with other work")
    parser.add_argument("--arch", default="vega_tiny")
    parser.add_argument("--seed", type=int, default=1, help="of the drawn text, and of training")
    return parser.parse_args()


def prepare(arguments: argparse.Namespace) -> Path:
    """Draw the text, write the recipe; returns its path."""
    folder, languages = arguments.folder, arguments.languages.split(",")
    text = folder / "text"
    text.mkdir(parents=True, exist_ok=True)
    english: list[str] = []
    for code in languages:
        pool = read_free6(arguments.data, "train", code, arguments.source, arguments.max_words)
        test = [pair for pair in pool if is_test_document(pair.document)]
        rest = draw([pair for pair in pool if not is_test_document(pair.document)], len(pool), arguments.seed, code)
        genuine, half = rest[: arguments.genuine], arguments.genuine + (len(rest) - arguments.genuine) // 2
        write_pairs(text, "train", code, genuine)
        write_pairs(
            text,
            "valid",
            code,
            draw(
                read_free6(arguments.data, "valid", code, arguments.source, arguments.max_words),
                300,
                arguments.seed,
                code,
            ),
        )
        write_pairs(text, "test", code, draw(test, arguments.test, 0, code))
        # The two sides come from different pairs: no line's translation is in the monolingual text of its own pair.
        write_lines(text / f"mono.{code}", [pair.target for pair in rest[half:]][: arguments.mono])
        english += [pair.source for pair in rest[arguments.genuine : half]]
    write_lines(text / "mono.en", draw(sorted(set(english)), arguments.mono, arguments.seed, "en"))
    recipe = folder / "recipe.yaml"
    recipe.write_text(json.dumps(make_recipe(arguments, languages, text.absolute()), indent=1), encoding="utf-8")
    return recipe


def make_recipe(arguments: argparse.Namespace, languages: Sequence[str], text: Path) -> dict[str, Any]:
    def corpora(split: str) -> list[dict[str, Any]]:
        return [
            {"name": "free", "languages": ["en", code], "files": f"{text}/{split}.en-{code}.{{lang}}"}
            for code in languages
        ]

    mono = [{"name": "mono", "languages": [code], "files": f"{text}/mono.{{lang}}"} for code in ["en", *languages]]
    return {
        "name": "synthesis_gain",
        "corpora": {"train": corpora("train"), "valid": corpora("valid"), "test": corpora("test"), "mono": mono},
        "vocab": {"size": arguments.pieces},
        "train": {
            "arch": arguments.arch, "max_tokens": arguments.max_tokens, "max_update": arguments.updates, "lr": 2.0e-3,
            "lr_scheduler": "polynomial_decay", "warmup_updates": arguments.updates // 8, "dropout": 0.1,
            "validate_every": max(1, arguments.updates // 8), "save_every": max(1, arguments.updates // 8),
            "keep_checkpoints": 1, "temperature": 1.0, "seed": arguments.seed, "threads": arguments.threads,
        },
        "synthesis": [
            {"name": name, "model": "train", "steps": STEPS[name], "train": {"synthetic_share": 0.5}}
            for name in arguments.rounds.split(",")
        ],
        "translate": {"beam": 4, "max_len_a": 1.2, "max_len_b": 10},
        "baselines": ["copy"],
    }  # fmt: skip


def compare_systems(run: Path) -> dict[str, dict[str, Any]]:
    """The systems of a run over all directions."""
    translations, text = run / "translate", run.parent / "text"
    files = sorted(path.name for path in (translations / BASELINE).iterdir())

    def reference(name: str) -> tuple[Path, str]:
        direction = parse_direction(name.split(".")[1])
        pair = "-".join(sorted((direction.source, direction.target), key=lambda code: code != "en"))
        return text / f"test.{pair}.{direction.target}", direction.target

    found = compare(
        {
            path.name: [(path / name, *reference(name)) for name in files]
            for path in sorted(translations.iterdir())
            if path.is_dir()
        },
        BASELINE,
    )
    for values in found.values():
        values["directions"] = [name.split(".")[1] for name in files]
    return found


if __name__ == "__main__":
    main()

"""Multidirectional training: `vega_multidirectional` against stock `translation_multi_simple_epoch`.

Same text, same model, same optimizer, same seed, same number of updates, same allocator and threads; the two run one
after the other, in turns. Printed: target tokens per second (tags left out), seconds to the first update, peak memory,
and the validation loss after the last update in nats per sentence (the baseline also predicts the target tag, which our
task gives the decoder as its first token; per sentence the two are comparable).

    python benchmarks/multidirectional.py --updates 200 --rounds 3
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data_pipeline import binarize, vocab
from vega.fairseq_command import plugin_folder, program
from vega.launch import cpu_environment, threads_per_process
from vega.settings import BinarizeSettings, Corpus, VocabSettings
from vega.token_store import TokenStore

LANGUAGES = ["en", "de", "cs", "ru", "ja", "zh"]
DIRECTIONS = [d for code in LANGUAGES[1:] for d in (f"en-{code}", f"{code}-en")]
GROUP = "-".join(LANGUAGES)
#: What is measured -> its value.
Measurements = dict[str, float]
DEMO = Path(__file__).parents[1] / "vega/recipes/demo_data"


def main() -> None:
    options = parse_options(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        data = dict(zip(("ours", "baseline"), prepare(Path(folder), options.vocabulary), strict=True))
        runs = alternate(
            options.rounds, lambda name, run: train(name, data[name], Path(folder) / run, options, jemalloc=True)
        )
    print(json.dumps({"name": "multidirectional training against translation_multi_simple_epoch", **summary(runs)}))


def alternate(rounds: int, measure: Callable[[str, str], Measurements]) -> dict[str, list[Measurements]]:
    """Measure ours and the baseline in turns, each first in every other round; `measure` gets name and run name."""
    runs: dict[str, list[Measurements]] = {"ours": [], "baseline": []}
    for number in range(rounds):
        for name in ("ours", "baseline") if number % 2 == 0 else ("baseline", "ours"):
            runs[name].append(measure(name, f"{name}{number}"))
            print(name, number, runs[name][-1], file=sys.stderr)
    return runs


def parse_options(description: str | None) -> argparse.Namespace:
    """The options that the training benchmarks share."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--vocabulary", type=int, default=6000)
    parser.add_argument("--max-tokens", type=int, default=1500)
    return parser.parse_args()


def prepare(folder: Path, vocabulary: int) -> tuple[Path, Path]:
    """Our binarized folder, and links to the same files under the names stock fairseq looks for."""
    corpus = {
        split: Corpus(name="lohelp", languages=LANGUAGES, files=str(DEMO / f"{split}.{{lang}}"))
        for split in ("train", "valid")
    }
    vocabulary_folder, ours, stock = folder / "vocab", folder / "ours", folder / "stock"
    for path in (vocabulary_folder, ours, stock):
        path.mkdir()
    vocab.run(VocabSettings(corpora=[corpus["train"]], size=vocabulary), vocabulary_folder)
    binarize.run(BinarizeSettings(vocab=vocabulary_folder, train=[corpus["train"]], valid=[corpus["valid"]]), ours)
    for code in LANGUAGES:
        (stock / f"dict.{code}.txt").symlink_to(ours / "dict.txt")
        for split in corpus:
            for pair in (f"en-{other}" for other in LANGUAGES[1:] if code in ("en", other)):
                for end in ("bin", "idx"):
                    (stock / f"{split}.{pair}.{code}.{end}").symlink_to(ours / f"{split}.lohelp.{GROUP}.{code}.{end}")
    return ours, stock


def train(name: str, data: Path, save: Path, options: argparse.Namespace, *, jemalloc: bool) -> Measurements:
    """One run of fairseq-train; its measurements."""
    specific = {
        "ours": ["--user-dir", str(plugin_folder()), "--task", "vega_multidirectional",
                 "--directions", ",".join(DIRECTIONS), "--arch", "vega_tiny",
                 "--criterion", "vega_label_smoothed_cross_entropy"],
        "baseline": ["--task", "translation_multi_simple_epoch", "--lang-pairs", ",".join(DIRECTIONS),
                     "--langs", ",".join(LANGUAGES), "--encoder-langtok", "src", "--decoder-langtok",
                     "--sampling-method", "temperature", "--arch", "transformer", "--share-all-embeddings",
                     "--encoder-layers", "2", "--decoder-layers", "2", "--encoder-embed-dim", "128",
                     "--decoder-embed-dim", "128", "--encoder-ffn-embed-dim", "512", "--decoder-ffn-embed-dim", "512",
                     "--encoder-attention-heads", "4", "--decoder-attention-heads", "4",
                     "--encoder-normalize-before", "--decoder-normalize-before",
                     "--criterion", "label_smoothed_cross_entropy"],
    }  # fmt: skip
    shared = ["--sampling-temperature", "1.0", "--label-smoothing", "0.1", "--optimizer", "adam",
              "--adam-betas", "(0.9,0.98)", "--lr", "2e-3", "--lr-scheduler", "inverse_sqrt", "--warmup-updates", "50",
              "--clip-norm", "1.0", "--dropout", "0.1", "--max-tokens", str(options.max_tokens),
              "--max-update", str(options.updates), "--save-dir", str(save), "--no-save", "--log-format", "json",
              "--log-interval", "10", "--seed", "1", "--num-workers", "0"]  # fmt: skip
    environment = {**os.environ, **cpu_environment(jemalloc=jemalloc, threads=threads_per_process(0, 1))}
    command = [program("fairseq-train"), str(data), *specific[name], *shared]
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    lines, ready = [], 0.0
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if "Start iterating over samples" in line and not ready:
            ready = time.monotonic() - started
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("".join(lines[-30:]))
    return {**measurements(lines, name, data), "startup_s": round(ready, 2), "peak_mib": usage.ru_maxrss // 1024}


def measurements(lines: list[str], name: str, data: Path) -> Measurements:
    """Speed after the first fifth of the updates, and the last validation loss, from fairseq's own log lines."""
    records: list[dict[str, Any]] = [json.loads(m[0]) for line in lines if (m := re.search(r"\{\"epoch.*\}", line))]
    inner = [r for r in records if "wps" in r]
    last_valid = [r for r in records if "valid_nll_loss" in r][-1]
    tokens, sentences = valid_size(data)
    counted = tokens if name == "ours" else tokens + sentences  # the baseline's targets hold the tag
    nats = float(last_valid["valid_nll_loss"]) * 0.6931471805599453 * counted / sentences
    speeds = [float(r["wps"]) for r in inner[len(inner) // 5 :]]
    return {
        "tokens_per_s": round(statistics.median(speeds) * tokens / counted, 1),
        "valid_nats_per_sentence": round(nats, 3),
    }


def valid_size(data: Path) -> tuple[int, int]:
    """Target tokens and sentences of validation in all directions."""
    found = {re.split(r"[.]", p.name)[-2]: p for p in data.glob("valid.*.idx")}
    stores = {code: TokenStore(path.with_suffix("")) for code, path in found.items()}
    targets = [stores[direction.split("-")[1]] for direction in DIRECTIONS]
    return sum(s.num_tokens for s in targets), sum(len(s) for s in targets)


def summary(runs: dict[str, list[Measurements]]) -> dict[str, Any]:
    """Medians, their ratio (over 1: we are better) and the spread of our speed."""
    median = {
        name: {key: statistics.median(r[key] for r in results) for key in results[0]} for name, results in runs.items()
    }
    speeds = [r["tokens_per_s"] for r in runs["ours"]]
    return {
        "unit": "target tokens/s",
        "ours": median["ours"]["tokens_per_s"],
        "baseline": median["baseline"]["tokens_per_s"],
        "ratio": round(median["ours"]["tokens_per_s"] / median["baseline"]["tokens_per_s"], 3),
        "spread": [min(speeds), max(speeds)],
        "details": median,
    }


if __name__ == "__main__":
    main()

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
import re
import tempfile
from pathlib import Path

from training_runs import DIRECTIONS, LANGUAGES, Measurements, Run, alternate, demo_data, speed, summary
from training_runs import train as run_training

from vega.fairseq_command import plugin_folder
from vega.token_store import TokenStore

GROUP = "-".join(LANGUAGES)


def main() -> None:
    options = parse_options(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        data = dict(zip(("ours", "baseline"), prepare(Path(folder), options.vocabulary), strict=True))
        runs = alternate(
            options.rounds,
            lambda name, run: train(name, data[name], Path(folder) / f"{name}{run}", options, jemalloc=True),
        )
    print(json.dumps({"name": "multidirectional training against translation_multi_simple_epoch", **summary(runs)}))


def parse_options(description: str | None) -> argparse.Namespace:
    """The options that this and the allocator's benchmark share."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--vocabulary", type=int, default=6000)
    parser.add_argument("--max-tokens", type=int, default=1500)
    return parser.parse_args()


def prepare(folder: Path, vocabulary: int) -> tuple[Path, Path]:
    """Our binarized folder, and links to the same files under the names stock fairseq looks for."""
    ours, stock = demo_data(folder, vocabulary), folder / "stock"
    stock.mkdir()
    for code in LANGUAGES:
        (stock / f"dict.{code}.txt").symlink_to(ours / "dict.txt")
        for split in ("train", "valid"):
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
    return measurements(run_training([str(data), *specific[name], *shared], jemalloc=jemalloc), name, data)


def measurements(run: Run, name: str, data: Path) -> Measurements:
    """Speed, start-up, memory, and the last validation loss."""
    records = run.records()
    last_valid = [record for record in records if "valid_nll_loss" in record][-1]
    tokens, sentences = valid_size(data)
    counted = tokens if name == "ours" else tokens + sentences  # the baseline's targets hold the tag
    nats = float(last_valid["valid_nll_loss"]) * 0.6931471805599453 * counted / sentences
    return {
        "tokens_per_s": round(speed(records) * tokens / counted, 1),
        "valid_nats_per_sentence": round(nats, 3),
        "startup_s": round(run.seconds_to("Start iterating over samples"), 2),
        "peak_mib": run.peak_mib,
    }


def valid_size(data: Path) -> tuple[int, int]:
    """Target tokens and sentences of validation in all directions."""
    found = {re.split(r"[.]", p.name)[-2]: p for p in data.glob("valid.*.idx")}
    stores = {code: TokenStore(path.with_suffix("")) for code, path in found.items()}
    targets = [stores[direction.split("-")[1]] for direction in DIRECTIONS]
    return sum(s.num_tokens for s in targets), sum(len(s) for s in targets)


if __name__ == "__main__":
    main()

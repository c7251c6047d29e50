"""Seconds from the start of the process to the first finished update: a fresh start, and a resume in mid-epoch.

Synthetic pairs in fairseq's format, 5 to 40 tokens a sentence; all sentences read the same few tokens, so a hundred
million pairs take 0.4 GB of disk. Ours (`vega_multidirectional`, both directions) is run at every size; the baseline,
fairseq's `translation` task, at those of --baseline-pairs, and given up after --limit seconds. Flat means: ours takes
as long at the last size as at the first.

    python benchmarks/resume.py --pairs 1000000 100000000
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from training_runs import Measurements, Run, demo_data, train

from vega.checkpoints.layout import allow_fairseq_options
from vega.fairseq_command import plugin_folder
from vega.token_store import HEADER, MAGIC, dtype_code

STOCK = Path(__file__).with_name("stock_trainer")
#: Sentences whose lengths are written at once, and over again.
PATTERN = 1_000_000
MAX_TOKENS = 2000


def main() -> None:
    options = parse_options()
    found: dict[str, dict[str, Measurements]] = {"ours": {}, "baseline": {}}
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        demo = demo_data(Path(name), 6000)
        for pairs in sorted({*options.pairs, *options.baseline_pairs}):
            folder = Path(name) / str(pairs)
            write_pairs(folder, demo, pairs)
            for who in runners(pairs, options):
                rounds = [measure(who, folder, pairs, options, number) for number in range(options.rounds)]
                median = {key: statistics.median(r[key] for r in rounds) for key in rounds[0]}
                found[who][str(pairs)] = median
                print(who, pairs, rounds, file=sys.stderr)
    print(json.dumps(result(found, options)))


def runners(pairs: int, options: argparse.Namespace) -> list[str]:
    """Who is run at a size."""
    sizes = {"ours": options.pairs, "baseline": options.baseline_pairs}
    return [who for who in sizes if pairs in sizes[who]]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, nargs="+", default=[10**6, 10**8])
    parser.add_argument("--baseline-pairs", type=int, nargs="+", default=[10**6])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--limit", type=float, default=600, help="seconds after which the baseline is given up")
    parser.add_argument("--folder", help="where to write the pairs [the system's temporary folder]")
    return parser.parse_args()


def result(found: dict[str, dict[str, Measurements]], options: argparse.Namespace) -> dict[str, Any]:
    """The line that is printed."""
    first, last = str(options.pairs[0]), str(options.pairs[-1])
    ours = found["ours"]
    return {
        "name": "start and resume",
        "unit": "seconds from process start to the first finished update",
        **found,
        "flat": {key: round(ours[last][key] / ours[first][key], 2) for key in ours[first]},
    }


def write_pairs(folder: Path, demo: Path, pairs: int) -> None:
    """`folder`/ours and `folder`/stock, both of the same two files."""
    ours, stock = folder / "ours", folder / "stock"
    ours.mkdir(parents=True)
    stock.mkdir()
    lengths = np.random.default_rng(1).integers(5, 41, min(PATTERN, pairs), dtype=np.int32)
    dtype = np.dtype(np.uint16)
    with (folder / "text.idx").open("wb") as index:
        index.write(HEADER.pack(MAGIC, 1, dtype_code(dtype), pairs))
        for start in range(0, pairs, PATTERN):
            index.write(lengths[: pairs - start].tobytes())
        index.truncate(HEADER.size + 12 * pairs)  # offsets: a hole, so every sentence begins at 0
    with (folder / "text.bin").open("wb") as tokens:
        tokens.write(np.arange(100, 164, dtype=dtype).tobytes())
        tokens.truncate(int(lengths.mean()) * pairs * dtype.itemsize)
    (ours / "dict.txt").symlink_to(demo / "dict.txt")
    for code in ("en", "de"):
        (stock / f"dict.{code}.txt").symlink_to(demo / "dict.txt")
        for end in ("idx", "bin"):
            (ours / f"train.many.en-de.{code}.{end}").symlink_to(folder / f"text.{end}")
            (stock / f"train.en-de.{code}.{end}").symlink_to(folder / f"text.{end}")


def measure(who: str, folder: Path, pairs: int, options: argparse.Namespace, number: int) -> Measurements:
    """Start, stop after one update, put the checkpoint's position into the middle of the text, go on for one update."""
    save = folder / f"{who}{number}"
    limit = options.limit if who == "baseline" else None
    try:
        fresh = first_update(arguments(who, folder, save, 1), limit)
        checkpoint = save / "checkpoint_last.pt"
        checkpoint.unlink()
        move_to_middle(save / "checkpoint_1_1.pt", checkpoint, pairs)
        resumed = first_update(arguments(who, folder, save, 2), limit)
    except TimeoutError:
        return {"given_up_after_s": options.limit}
    return {
        "fresh_s": fresh[0], "resumed_s": resumed[0], "peak_mib": max(fresh[1].peak_mib, resumed[1].peak_mib),
        "private_mib": max(fresh[1].private_mib, resumed[1].private_mib),
    }  # fmt: skip


def first_update(command: list[str], limit: float | None) -> tuple[float, Run]:
    """Seconds until the line of the first update came."""
    run = train(command, limit=limit)
    return round(next(record["at"] for record in run.records() if "wpb" in record), 2), run


def arguments(who: str, folder: Path, save: Path, updates: int) -> list[str]:
    specific = {
        "ours": ["--user-dir", str(plugin_folder()), "--task", "vega_multidirectional", "--directions", "en-de,de-en",
                 "--unchecked-data", "--arch", "vega_tiny", "--criterion", "vega_label_smoothed_cross_entropy"],
        "baseline": ["--user-dir", str(STOCK), "--task", "translation", "-s", "en", "-t", "de", "--arch", "transformer",
                     "--share-all-embeddings", "--encoder-layers", "2", "--decoder-layers", "2",
                     "--encoder-embed-dim", "128", "--decoder-embed-dim", "128", "--encoder-ffn-embed-dim", "512",
                     "--decoder-ffn-embed-dim", "512", "--criterion", "label_smoothed_cross_entropy"],
    }[who]  # fmt: skip
    return [str(folder / ("ours" if who == "ours" else "stock")), *specific, "--optimizer", "adam", "--lr", "1e-4",
            "--max-tokens", str(MAX_TOKENS), "--max-update", str(updates), "--save-dir", str(save),
            "--save-interval-updates", "1", "--disable-validation", "--log-format", "json", "--log-interval", "1",
            "--num-workers", "0"]  # fmt: skip


def move_to_middle(saved: Path, wanted: Path, pairs: int) -> None:
    """A checkpoint as it would be after half of the text: fairseq counts batches, ours has blocks of 16,384 pairs."""
    allow_fairseq_options()
    state = torch.load(saved, weights_only=True)
    position = state["extra_state"]["train_iterator"]
    batches = pairs * 23 // MAX_TOKENS // 2
    position.update(epoch=1, iterations_in_epoch=batches)
    if "block" in position:
        position.update(global_batches_in_epoch=batches, block=pairs // 16384 // 2, batch_in_block=5)
    torch.save(state, wanted)


if __name__ == "__main__":
    main()

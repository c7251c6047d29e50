"""Training speed and loss: all of Vega against all of stock fairseq, on the same batches.

Both run the task `vega_multidirectional`, so that they read the same batches in the same order (checked). Everything
else of the baseline is stock: trainer, model (`transformer` of the same shape, pre-norm and tied), criterion, optimizer
`adam`. Ours has the defaults of a recipe. Same allocator, same threads, in turns; round n has the seed n. With --loss,
also the validation loss after the last update, that is, after equally many tokens: speed must not cost quality. (Our
task against fairseq's own multilingual one: `multidirectional.py`.)

    python benchmarks/training.py --arch vega_base --updates 20 --rounds 2
    python benchmarks/training.py --arch vega_tiny --updates 300 --rounds 3 --loss --lr 2e-3
    python benchmarks/training.py --arch vega_tiny --data BINARIZED --directions en-de,de-en

With `--precision bf16`, the default on a GPU, both train in bf16. Where others use the machine too, `--threads 1` and
the tokens per second of CPU time, which waiting is no part of, still compare the two.

`--only ours` measures a model that stock fairseq cannot hold, and its MFU:

    python benchmarks/training.py --arch vega_xl --only ours --options "--ddp-backend vega_fsdp --adam-states 8bit"
"""

from __future__ import annotations

import argparse
import json
import shlex
import statistics
import tempfile
from pathlib import Path
from typing import Any

import torch
from training_runs import DIRECTIONS, Measurements, alternate, cpu_speed, demo_data, speed, summary, train

from vega.fairseq_command import plugin_folder
from vega.model_sizes import SIZES
from vega.settings import TrainOptions

STOCK = Path(__file__).with_name("stock_trainer")


def main() -> None:
    options = parse_options()
    runs: dict[str, list[Measurements]] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or demo_data(Path(folder), options.vocabulary)
        batches: dict[int, list[str]] = {}

        def measure(name: str, number: int) -> Measurements:
            return measured(name, number, data, Path(folder), options, batches)

        if options.only:
            runs[options.only] = [measure(options.only, number) for number in range(options.rounds)]
        else:
            runs = alternate(options.rounds, measure)
    shown = {key: getattr(options, key) for key in ("arch", "updates", "max_tokens", "threads", "precision")}
    result = summary(runs) if len(runs) > 1 else alone(runs)
    print(json.dumps({"name": "training against stock fairseq", **shown, **result, "rounds": runs}))


def parse_options(description: str | None = __doc__) -> argparse.Namespace:
    """The options that this and the allocator's benchmark share."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=list(SIZES), default="vega_base")
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--max-tokens", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=0, help="0 = all cores")
    parser.add_argument(
        "--precision", choices=["fp32", "bf16"], default="bf16" if torch.cuda.is_available() else "fp32"
    )
    parser.add_argument("--lr", default="5e-4")
    parser.add_argument("--loss", action="store_true", help="validate after the last update")
    parser.add_argument("--data", type=Path, help="folder written by `vega binarize` [the demo's text]")
    parser.add_argument("--directions", default=",".join(DIRECTIONS))
    parser.add_argument("--vocabulary", type=int, default=6000, help="of the demo's text")
    parser.add_argument("--only", choices=["ours", "baseline"])
    parser.add_argument("--options", type=shlex.split, default=[], help="further options of ours, in one word")
    return parser.parse_args()


def measured(
    name: str, number: int, data: Path, folder: Path, options: argparse.Namespace, batches: dict[int, list[str]],
    *, jemalloc: bool = True,
) -> Measurements:  # fmt: skip
    """One run; `batches` holds the tokens per update of each round, which must be the same for all."""
    arguments = [*(ours(options) if name == "ours" else stock(options)), *shared(options, data)]
    arguments += ["--seed", str(number + 1), "--save-dir", str(folder / f"{name}{number}")]
    run = train(arguments, threads=options.threads, jemalloc=jemalloc)
    records = run.records()
    inner = [record for record in records if "wps" in record and "train_loss" not in record]
    if batches.setdefault(number, [r["wpb"] for r in inner]) != [r["wpb"] for r in inner]:
        raise SystemExit("the two did not train on the same batches")
    found = {"tokens_per_s": round(speed(records), 1), "tokens_per_cpu_s": round(cpu_speed(inner), 1),
             "train_loss": float(inner[-1]["loss"]), "peak_mib": run.peak_mib}  # fmt: skip
    if options.loss:
        found["valid_nll_bits"] = float([r for r in records if "valid_nll_loss" in r][-1]["valid_nll_loss"])
    for key in ("mfu", "tflops"):
        if key in inner[-1]:
            found[key] = statistics.median(float(record[key]) for record in inner[len(inner) // 5 :])
    return found


def ours(options: argparse.Namespace) -> list[str]:
    recipe = TrainOptions()
    return ["--user-dir", str(plugin_folder()), "--arch", options.arch, "--criterion", recipe.criterion,
            "--optimizer", recipe.optimizer, *options.options]  # fmt: skip


def stock(options: argparse.Namespace) -> list[str]:
    size = SIZES[options.arch]
    arguments = ["--user-dir", str(STOCK), "--arch", "transformer", "--share-all-embeddings",
                 "--criterion", "label_smoothed_cross_entropy", "--optimizer", "adam"]  # fmt: skip
    for side, layers in (("encoder", size.encoder_layers), ("decoder", size.decoder_layers)):
        shape = {"layers": layers, "embed-dim": size.width, "ffn-embed-dim": size.ffn_width}
        shape["attention-heads"] = size.heads
        arguments += [part for key, value in shape.items() for part in (f"--{side}-{key}", str(value))]
        arguments += [f"--{side}-normalize-before"] if size.pre_norm else []
    return arguments


def shared(options: argparse.Namespace, data: Path) -> list[str]:
    arguments = [str(data), "--task", "vega_multidirectional", "--directions", options.directions,
                 "--label-smoothing", "0.1", "--dropout", "0.1", "--adam-betas", "(0.9,0.98)", "--lr", options.lr,
                 "--lr-scheduler", "inverse_sqrt", "--warmup-updates", "50", "--clip-norm", "1.0",
                 "--max-tokens", str(options.max_tokens), "--max-update", str(options.updates), "--no-save",
                 "--log-format", "json", "--log-interval", str(max(1, options.updates // 20)),
                 "--num-workers", "0"]  # fmt: skip
    arguments += ["--bf16"] if options.precision == "bf16" else []
    return arguments if options.loss else [*arguments, "--disable-validation"]


def alone(runs: dict[str, list[Measurements]]) -> dict[str, Any]:
    (results,) = runs.values()
    return {key: statistics.median(result[key] for result in results) for key in results[0]}


if __name__ == "__main__":
    main()

"""Synthesis: our shards against raw CTranslate2, and CTranslate2 against fairseq's own beam search.

Speed: the whole stage `vega synthesize` (back-translation by beam search: reading, hashing, SentencePiece, batches,
search, gates, Parquet, ledger, joining) against `Translator.translate_batch` on the same text, already encoded, with
the library's own batches by tokens; the same model, search and threads; the two in turns, the model loaded and warm.
With --workers, ours runs on Ray (its start included) and the library with as many batches at once. Printed: target
tokens per second, and what our path costs on top in time, and in time of the processor, which other users of the
machine disturb less. Reference: seconds of
fairseq's search (`fairseq_plugins.translator`) and ours for the test set at equal beam, BLEU and chrF of both, share
of equal outputs; in fp32 and in int8.

Without --checkpoint a vega_tiny is trained on the demo's text first, English to German.

    python benchmarks/translation.py --updates 1500
    python benchmarks/translation.py --checkpoint best.pt --data data --text train.en --test test.en test.de
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import ctranslate2
import sacrebleu
import torch
from training_runs import DEMO, Measurements, alternate, demo_data, summary, train

from data_pipeline.synthesis import run as stage
from data_pipeline.translation.contract import Search
from data_pipeline.translation.engine import CTranslate2Engine, EngineSettings
from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.translator import FairseqTranslator
from fairseq_plugins.translator import Search as FairseqSearch
from vega.checkpoints.export import export
from vega.checkpoints.sources import open_weights
from vega.directions import parse_direction
from vega.fairseq_command import plugin_folder
from vega.settings import Corpus, SynthesizeSettings
from vega.text_files import read_lines

Value = TypeVar("Value")


def main() -> None:
    options = parse_options()
    search = Search(beam=options.beam, max_tokens=options.max_tokens)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checkpoint, data = (options.checkpoint, options.data) if options.checkpoint else train_demo(folder, options)
        model = folder / "model"
        export(open_weights(checkpoint), model, "ctranslate2", None, data)
        settings = EngineSettings(model, "cpu", options.compute_type, options.threads)
        lines = [line for line in read_lines(options.text) if line.strip()][: options.lines]
        speed = speed_of_shards(lines, settings, search, folder, options)
        reference = against_fairseq(checkpoint, data, settings, search, options)
    print(json.dumps({
        "name": "translation against raw CTranslate2 and fairseq's search", **speed,
        "compute_type": options.compute_type, "threads": options.threads, "workers": options.workers,
        "beam": options.beam, "max_tokens": options.max_tokens, "lines": len(lines), "shards": options.shards,
        "reference": reference, "load": os.getloadavg(), "cores": os.cpu_count(),
    }))  # fmt: skip


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, help="a trained model [trained here on the demo's text]")
    parser.add_argument("--data", type=Path, help="its folder of `vega binarize`")
    parser.add_argument("--direction", type=parse_direction, default=parse_direction("en-de"))
    parser.add_argument("--text", type=Path, default=DEMO / "train.en", help="text for the speed")
    parser.add_argument("--test", type=Path, nargs=2, default=[DEMO / "test.en", DEMO / "test.de"])
    parser.add_argument("--updates", type=int, default=1500)
    parser.add_argument("--lines", type=int, default=4000, help="of the text for the speed, at most")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=0, help="processes of Ray; 0 or 1 = this process, without Ray")
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--compute-type", default="int8")
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--max-tokens", type=int, default=4096)
    return parser.parse_args()


def train_demo(folder: Path, options: argparse.Namespace) -> tuple[Path, Path]:
    """A model of the demo's text; its checkpoint and data."""
    data = demo_data(folder, 4000)
    train([
        str(data), "--user-dir", str(plugin_folder()), "--task", "vega_multidirectional",
        "--directions", str(options.direction), "--arch", "vega_tiny",
        "--criterion", "vega_label_smoothed_cross_entropy", "--label-smoothing", "0.1", "--optimizer", "adam",
        "--adam-betas", "(0.9,0.98)", "--lr", "3e-3", "--lr-scheduler", "inverse_sqrt", "--warmup-updates", "200",
        "--clip-norm", "1.0", "--dropout", "0.1", "--max-tokens", "2000", "--max-update", str(options.updates),
        "--save-dir", str(folder / "save"), "--no-epoch-checkpoints", "--disable-validation", "--num-workers", "0",
        "--log-format", "json", "--log-interval", "50", "--unchecked-data",
    ])  # fmt: skip
    return folder / "save" / "checkpoint_last.pt", data


def speed_of_shards(
    lines: Sequence[str], settings: EngineSettings, search: Search, folder: Path, options: argparse.Namespace
) -> dict[str, Any]:
    run = whole_stage(lines, settings, search, folder, options)
    raw = raw_ctranslate2(lines, settings, search, options)

    def measure(name: str, number: int) -> Measurements:
        seconds, cpu, tokens = timed(run if name == "ours" else raw)
        return {
            "tokens_per_s": round(tokens / seconds, 1), "seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3),
            "target_tokens": tokens,
        }  # fmt: skip

    for name in ("ours", "baseline"):
        measure(name, -1)  # loads the model, warms the caches
    found = summary(alternate(options.rounds, measure))
    mine, theirs = found["details"]["ours"], found["details"]["baseline"]
    clocks = ["seconds"] if options.workers > 1 else ["seconds", "cpu_seconds"]  # Ray's have their own
    return {**found, "overhead": {clock: round(mine[clock] / theirs[clock] - 1, 4) for clock in clocks}}


def whole_stage(
    lines: Sequence[str], settings: EngineSettings, search: Search, folder: Path, options: argparse.Namespace
) -> Callable[[], int]:
    """The stage on monolingual text; the function gives the target tokens."""
    source, target = options.direction
    (folder / f"mono.{source}").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    step = {"beam": search.beam, "directions": [f"{target}-{source}"]}
    stated = SynthesizeSettings.model_validate({
        "name": "speed", "steps": [{"back_translation": step}], "model": settings.model, "data": settings.model,
        "mono": [Corpus(name="mono", languages=[source], files=str(folder / "mono.{lang}"))],
        "directions": [str(options.direction)], "shard_lines": -(-len(lines) // options.shards),
        "max_tokens": search.max_tokens, "workers": options.workers or 1, "threads": options.threads,
        "device": "cpu", "compute_type": settings.compute_type,
    })  # fmt: skip

    def run() -> int:
        output = folder / "output"
        stage.run(stated, output)
        (counts,) = json.loads((output / "synthesize.json").read_text(encoding="utf-8"))["texts"].values()
        return int(counts["target_tokens"])

    return run


def raw_ctranslate2(
    lines: Sequence[str], settings: EngineSettings, search: Search, options: argparse.Namespace
) -> Callable[[], int]:
    """The library alone on encoded text; the function gives the target tokens."""
    vocabulary = CTranslate2Engine(settings).vocabulary
    source, target = (vocabulary.symbols[vocabulary.tag_number(code)] for code in options.direction)
    numbers = [vocabulary.encode(line, options.direction.source) for line in lines]
    encoded = [[source, *(vocabulary.symbols[n] for n in row), "</s>"] for row in numbers]
    longest_output = int(search.max_len_a * max(map(len, encoded)) + search.max_len_b) + 1
    prefix = [[target]] * len(encoded)
    # As our engine: several batches at once, each on one thread.
    translator = ctranslate2.Translator(
        str(settings.model), device="cpu", compute_type=settings.compute_type, intra_threads=1,
        inter_threads=options.workers or options.threads,
    )  # fmt: skip

    def translate() -> int:
        found = translator.translate_batch(
            encoded, prefix, max_batch_size=search.max_tokens, batch_type="tokens", beam_size=search.beam,
            max_decoding_length=longest_output, return_scores=True, return_end_token=True,
        )  # fmt: skip
        return sum(len(result.hypotheses[0]) for result in found)

    return translate


def against_fairseq(
    checkpoint: Path, data: Path, settings: EngineSettings, search: Search, options: argparse.Namespace
) -> dict[str, Any]:
    """Seconds and scores on the test set of fairseq's search, and of CTranslate2 in fp32 and int8."""
    lines, references = (list(read_lines(path)) for path in options.test)
    torch.set_num_threads(options.threads)
    reference = FairseqTranslator(
        [open_checkpoint(checkpoint)], data, FairseqSearch(beam=options.beam, max_tokens=options.max_tokens)
    )
    reference.translate(lines[:20], options.direction)
    seconds, cpu, expected = timed(lambda: reference.translate(lines, options.direction))
    found: dict[str, Any] = {"lines": len(lines)}
    found["fairseq"] = {"seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2), **scores(expected, references)}
    for compute_type in ("float32", "int8"):
        engine = CTranslate2Engine(replace(settings, compute_type=compute_type))
        engine(lines[:20], options.direction, search)
        took, spent, translations = timed(lambda engine=engine: engine(lines, options.direction, search))
        texts = [translation.hypotheses[0].text for translation in translations]
        found[compute_type] = {
            "seconds": round(took, 2), "cpu_seconds": round(spent, 2), "times_faster": round(seconds / took, 2),
            "times_less_cpu": round(cpu / spent, 2), **scores(texts, references),
            "equal_outputs": round(sum(a == b for a, b in zip(texts, expected, strict=True)) / len(lines), 4),
        }  # fmt: skip
    return found


def scores(texts: list[str], references: list[str]) -> dict[str, float]:
    return {
        "bleu": round(sacrebleu.corpus_bleu(texts, [references]).score, 2),
        "chrf": round(sacrebleu.corpus_chrf(texts, [references]).score, 2),
    }


def timed(function: Callable[[], Value]) -> tuple[float, float, Value]:
    """Seconds, processor seconds of this process, and what the function gives."""
    gc.collect()
    started, worked = time.perf_counter(), time.process_time()
    value = function()
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    print(f"{seconds:.2f} s, {cpu:.2f} s of the processor", file=sys.stderr)
    return seconds, cpu, value


if __name__ == "__main__":
    main()

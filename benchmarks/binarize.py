"""Binarize: `vega binarize` against SentencePiece and fairseq-preprocess, from plain text to the same bytes.

Text: a pair of free6, normalised, --copies times over, so that starting programs weighs little; the vocabulary is
trained on it once, unmeasured. The baseline is what fairseq's documentation has one do, in its fastest form: encode
both files into pieces with SentencePiece's own parallel encoder (`encode(..., num_threads=)` of its Python package: the
program spm_encode, which has one thread, does not come with it), then `fairseq-preprocess --workers` on the pieces with
the dictionary given. Ours hashes the text and its own output besides. Whole commands in turns, start-up included; the
files of both are compared. Seconds of the clock, and of the processor in all processes.

    python benchmarks/binarize.py [--language de] [--copies 4] [--workers 2] [--rounds 3]
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from training_runs import Measurements, alternate, summary

from data_pipeline import vocab
from vega.fairseq_command import program
from vega.normalize import normalize
from vega.settings import BinarizeSettings, Corpus, VocabSettings
from vega.strict_yaml import dump
from vega.text_files import read_lines
from vega.token_store import TokenStore

ENCODE = """
import sys
from sentencepiece import SentencePieceProcessor
model, workers, *paths = sys.argv[1:]
processor = SentencePieceProcessor(model_file=model)
for source, target in zip(paths[::2], paths[1::2]):
    with open(source, encoding="utf-8", newline="\\n") as stream:
        lines = stream.read().split("\\n")[:-1]
    with open(target, "w", encoding="utf-8", newline="\\n") as stream:
        for start in range(0, len(lines), 100_000):
            for pieces in processor.encode(lines[start:start + 100_000], out_type=str, num_threads=int(workers)):
                stream.write(" ".join(pieces) + "\\n")
"""


def main() -> None:
    options = parse_options()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        corpus = write_text(folder, options)
        vocab.run(VocabSettings(corpora=[corpus], size=options.vocabulary, max_sentences=200_000), folder / "vocab")

        def measure(who: str, number: int) -> Measurements:
            output = folder / f"{who}{number}"
            commands = {"ours": ours, "baseline": baseline}[who](folder, corpus, output, options.workers)
            found = timed(commands)
            check(folder, corpus, number)
            tokens = sum(TokenStore(path.with_suffix("")).num_tokens for path in output.glob("train.*.idx"))
            return {"tokens_per_s": round(tokens / found["seconds"]),
                    "tokens_per_cpu_s": round(tokens / found["cpu_seconds"]), **found}  # fmt: skip

        runs = alternate(options.rounds, measure)
        rows = sum(1 for _ in read_lines(corpus.paths()["en"]))
    print(json.dumps({
        "name": "binarize against SentencePiece and fairseq-preprocess", **summary(runs),
        "unit": "tokens/s, both languages", "rows": rows, "workers": options.workers, "rounds": runs,
        "load": os.getloadavg(), "cores": os.cpu_count(),
    }))  # fmt: skip


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with free6")
    parser.add_argument("--language", default="de", choices=["de", "cs", "ru", "ja", "zh"])
    parser.add_argument("--copies", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--vocabulary", type=int, default=16_000)
    parser.add_argument("--folder", help="where to work [the system's temporary folder]")
    return parser.parse_args()


def write_text(folder: Path, options: argparse.Namespace) -> Corpus:
    languages = ["en", options.language]
    for code in languages:
        source = options.data / f"free6/train.en-{options.language}.{code}.xz"
        text = "".join(f"{normalize(line)}\n" for line in read_lines(source))
        (folder / f"text.{code}").write_text(text * options.copies, encoding="utf-8", newline="\n")
    return Corpus(name="free6", languages=languages, files=f"{folder}/text.{{lang}}")


def ours(folder: Path, corpus: Corpus, output: Path, workers: int) -> list[list[str]]:
    settings = folder / "binarize.yaml"
    settings.write_text(dump(BinarizeSettings(vocab=folder / "vocab", train=[corpus], workers=workers)))
    return [[sys.executable, "-m", "vega", "binarize", str(settings), "--output", str(output)]]


def baseline(folder: Path, corpus: Corpus, output: Path, workers: int) -> list[list[str]]:
    source, target = corpus.languages
    files = [part for code, path in corpus.paths().items() for part in (str(path), str(folder / f"pieces.{code}"))]
    return [
        [sys.executable, "-c", ENCODE, str(folder / "vocab/spm.model"), str(workers), *files],
        [program("fairseq-preprocess"), "--source-lang", source, "--target-lang", target,
         "--trainpref", str(folder / "pieces"), "--srcdict", str(folder / "vocab/dict.txt"), "--joined-dictionary",
         "--dataset-impl", "mmap", "--destdir", str(output), "--workers", str(workers)],
    ]  # fmt: skip


def timed(commands: Sequence[Sequence[str]]) -> Measurements:
    """Run one after the other; ends this program where one fails."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for command in commands:
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode:
            raise SystemExit(finished.stderr[-3000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(time.monotonic() - started, 2), "cpu_seconds": round(cpu, 2)}


def check(folder: Path, corpus: Corpus, number: int) -> None:
    """When both have run: their files are equal; then they are deleted, so that the disk does not fill."""
    outputs = {who: folder / f"{who}{number}" for who in ("ours", "baseline")}
    if not all(output.exists() for output in outputs.values()):
        return
    for code in corpus.languages:
        for end in ("bin", "idx"):
            first = outputs["ours"] / f"train.free6.{corpus.group}.{code}.{end}"
            if not filecmp.cmp(first, outputs["baseline"] / f"train.{corpus.group}.{code}.{end}", shallow=False):
                raise SystemExit(f"{first} is not what fairseq-preprocess wrote")
    if number:
        for before in (folder / f"{who}{number - 1}" for who in outputs):
            shutil.rmtree(before)


if __name__ == "__main__":
    main()

"""A small corpus in three languages, and fairseq-train run inside this process."""

from __future__ import annotations

import json
import logging
import random
import shutil
from pathlib import Path

from fairseq import options
from fairseq.dataclass.utils import convert_namespace_to_omegaconf
from fairseq.distributed import utils
from fairseq.logging import metrics
from fairseq_cli import train as fairseq_train

import fairseq_plugins
from data_pipeline.leakage import gate
from vega.settings import Corpus, LeakageSettings

LANGUAGES = ["en", "de", "ja"]
WORDS = {
    "en": "the a red blue house tree runs sees near under old new bird fish sings eats".split(),  # noqa: SIM905
    "de": "der ein rot blau Haus Baum läuft sieht nah unter alt neu Vogel Fisch singt isst".split(),  # noqa: SIM905
    "ja": "その ある 赤い 青い 家 木 走る 見る 近く 下 古い 新しい 鳥 魚 歌う 食べる".split(),  # noqa: SIM905
}
PLUGINS = str(Path(fairseq_plugins.__file__).parent)


def write_corpus(folder: Path, name: str, lines: int, seed: int) -> Corpus:
    """Word-by-word translations, 1 to 9 words long."""
    rng = random.Random(seed)
    rows = [[rng.randrange(16) for _ in range(rng.randint(1, 9))] for _ in range(lines)]
    folder.mkdir(parents=True, exist_ok=True)
    for code in LANGUAGES:
        text = "".join(" ".join(WORDS[code][i] for i in row) + "\n" for row in rows)
        (folder / f"{name}.{code}").write_text(text, encoding="utf-8")
    return Corpus(name=name, languages=LANGUAGES, files=str(folder / f"{name}.{{lang}}"))


def check_leakage(corpora: list[Corpus], folder: Path) -> Path:
    """The leakage report on training text, which training asks for."""
    settings = LeakageSettings(corpora=corpora, ignore=["*"], workers=1)
    gate.run(settings, folder)
    return folder


def add_set(folder: Path, like: str, name: str, **described: object) -> None:
    """A further training set in a binarized folder, with the text of one that is there."""
    sets = json.loads((folder / "data.json").read_text(encoding="utf-8"))
    known = next(each for each in sets["sets"] if each["name"] == like)
    sets["sets"].append({**known, "name": name, **described})
    (folder / "data.json").write_text(json.dumps(sets), encoding="utf-8")
    for path in folder.glob(f"train.{like}.*"):
        shutil.copyfile(path, folder / path.name.replace(f".{like}.", f".{name}."))


def small_model(**changes: object) -> list[str]:
    """Options of a model that trains in milliseconds."""
    sizes: dict[str, object] = {
        "encoder-layers": 1,
        "decoder-layers": 1,
        "encoder-embed-dim": 32,
        "decoder-embed-dim": 32,
        "encoder-ffn-embed-dim": 64,
        "decoder-ffn-embed-dim": 64,
        "encoder-attention-heads": 2,
        "decoder-attention-heads": 2,
        **changes,
    }
    return [part for name, value in sizes.items() for part in (f"--{name}", str(value))]


def train_arguments(
    data: Path, save: Path, updates: int, *more: str, directions: str = "en-de,de-en,ja-en"
) -> list[str]:
    return [
        str(data), "--user-dir", PLUGINS, "--task", "vega_multidirectional", "--directions", directions,
        "--arch", "vega_tiny", *small_model(), "--dropout", "0.1",
        "--criterion", "vega_label_smoothed_cross_entropy", "--label-smoothing", "0.1",
        "--optimizer", "adam", "--lr", "0.005", "--lr-scheduler", "inverse_sqrt", "--warmup-updates", "10",
        "--clip-norm", "1.0", "--max-tokens", "200", "--max-update", str(updates), "--save-dir", str(save),
        "--log-format", "json", "--log-interval", "1", "--no-epoch-checkpoints", "--seed", "7", "--cpu",
        "--num-workers", "0", "--block-sentences", "256", *more,
    ]  # fmt: skip


def wake_loggers() -> None:
    """fairseq reports by logging; other libraries in the same test process may have switched its loggers off."""
    logging.getLogger().setLevel(logging.INFO)
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name.startswith(("fairseq", "train", "valid")):
            logger.disabled = False
            logger.setLevel(logging.NOTSET)


def run_train(arguments: list[str], log: Path) -> list[dict[str, str]]:
    """fairseq-train in this process; its JSON log lines of single updates.

    Without reading ahead: fairseq's thread for that outlives training, and holds all files of the text open.
    """
    metrics.reset()
    wake_loggers()
    log.unlink(missing_ok=True)
    parsed = options.parse_args_and_arch(
        options.get_training_parser(), ["--data-buffer-size", "0", *arguments, "--log-file", str(log)]
    )
    utils.call_main(convert_namespace_to_omegaconf(parsed), fairseq_train.main)
    lines = [json.loads(line[line.index("{") :]) for line in log.read_text().splitlines() if '"num_updates"' in line]
    return [line for line in lines if "loss" in line]

"""The files of a neural metric's model: where they are, what is missing, their hashes. No model is loaded here."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel

from vega.errors import UserError
from vega.manifest import hash_file
from vega.settings.neural import NeuralMetric

#: COMET's class_identifier -> whether it takes references; None: whether its input_segments have them.
COMET_CLASSES: dict[str, bool | None] = {
    "regression_metric": True,
    "referenceless_regression_metric": False,
    "unified_metric": None,
    "xcomet_metric": None,
}
#: Any of these makes a tokenizer.
TOKENIZERS = ("tokenizer.json", "sentencepiece.bpe.model", "sentencepiece.model", "spiece.model", "vocab.txt")
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")


class Assets(NamedTuple):
    """A model that is complete: `checkpoint` has the weights, `others` decide scores as well."""

    kind: str
    name: str
    folder: Path
    checkpoint: Path
    others: tuple[Path, ...]
    with_references: bool

    @property
    def sha256(self) -> str:
        """Of the checkpoint alone, as model hubs show it."""
        return _hash(self.checkpoint)

    @property
    def content(self) -> str:
        """SHA-256 of all that decides a score: the kind, and the files."""
        listed = [
            self.kind,
            *(f"{path.relative_to(self.folder)} {_hash(path)}" for path in (self.checkpoint, *self.others)),
        ]
        return hashlib.sha256("\n".join(listed).encode()).hexdigest()


def find_assets(metric: NeuralMetric) -> Assets:
    """The model's files; a UserError names the first that is missing, and where to put it."""
    return _FINDERS[metric.kind](metric)


def require_assets(settings: Any) -> None:
    """UserError where a metric's model is missing, for all metrics in the settings: said before hours of work."""
    for metric in _metrics(settings):
        find_assets(metric)
        interpreter(metric)


def interpreter(metric: NeuralMetric) -> str:
    """The Python that runs the metric; UserError where there is none. Links stay: they make an environment."""
    if not metric.python:
        return sys.executable
    path = Path(metric.python).expanduser().absolute()
    if not os.access(path, os.X_OK) or path.is_dir():
        raise UserError(
            f"There is no Python interpreter at {path}: set `python` of the metric {metric.name or metric.kind} to "
            "bin/python of the environment in which its package is installed, or leave it out."
        )
    return str(path)


def _metrics(value: Any) -> Iterator[NeuralMetric]:
    if isinstance(value, NeuralMetric):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _metrics(getattr(value, name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _metrics(item)


def _comet(metric: NeuralMetric) -> Assets:
    """A folder as the hub has it: checkpoints/model.ckpt, hparams.yaml, and the encoder's tokenizer and config."""
    is_file = metric.path.is_file()
    folder = metric.path.parent.parent if is_file else metric.path
    checkpoint = metric.path if is_file else folder / "checkpoints" / "model.ckpt"
    name = metric.name or _name(folder)
    if not checkpoint.is_file():
        raise UserError(
            f"COMET's model is not at {checkpoint}: copy {name}'s checkpoints/model.ckpt and hparams.yaml "
            f"into {folder}."
        )
    hparams = folder / "hparams.yaml"
    if not hparams.is_file():
        raise UserError(
            f"{hparams} is missing: copy it there from the model {name}; it says what {checkpoint.name} is."
        )
    content = _hparams(hparams)
    kind = content.get("class_identifier")
    if kind not in COMET_CLASSES:
        raise UserError(f"{hparams}: class_identifier is {kind!r}; Vega scores with {', '.join(COMET_CLASSES)}.")
    takes = COMET_CLASSES[kind]
    optional = takes is None
    if takes is None:
        takes = "ref" in (content.get("input_segments") or ["mt", "src", "ref"])
    if metric.references == "none" and takes and not optional:
        raise UserError(f"{name} is a {kind}, which needs references: leave out `references: none`.")
    encoder = _encoder(folder, str(content.get("pretrained_model") or "xlm-roberta-large"), name)
    return Assets(metric.kind, name, folder, checkpoint, (hparams, *encoder), takes and metric.references != "none")


def _hparams(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path}: this is not plain YAML ({' '.join(str(error).split())[:120]}); copy it again."
        ) from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: this is not what COMET writes; copy it again.")
    return content


def _encoder(folder: Path, encoder: str, name: str) -> tuple[Path, ...]:
    """The encoder's config and tokenizer, beside the checkpoint; none where Hugging Face's cache has them."""
    place = folder / encoder
    if not place.is_dir() and _is_cached(encoder):
        return ()
    if not (place / "config.json").is_file():
        raise UserError(
            f"{place / 'config.json'} is missing: copy config.json and tokenizer.json of Hugging Face's {encoder}, the "
            f"encoder of {name}, into {place}; its weights are not needed."
        )
    return (place / "config.json", *_tokenizer(place, f"Hugging Face's {encoder}"))


def _tokenizer(folder: Path, whose: str) -> tuple[Path, ...]:
    found = tuple(path for path in (folder / each for each in TOKENIZERS) if path.is_file())
    if not found:
        raise UserError(f"{folder / 'tokenizer.json'} is missing: copy it, or the SentencePiece model, from {whose}.")
    return found


def _is_cached(encoder: str) -> bool:
    home = os.environ.get("HF_HOME") or str(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()
    return any((hub / f"models--{encoder.replace('/', '--')}").glob("snapshots/*/config.json"))


def _metricx(metric: NeuralMetric) -> Assets:
    """A folder with config.json, the weights and mT5's tokenizer."""
    folder = metric.path.parent if metric.path.is_file() else metric.path
    name = metric.name or _name(folder)
    weights = next((path for path in (folder / each for each in WEIGHTS) if path.is_file()), None)
    if weights is None or not (folder / "config.json").is_file():
        raise UserError(
            f"MetricX's model is not at {folder}: copy config.json and the weights ({WEIGHTS[0]} or {WEIGHTS[2]}) of "
            f"{name} there."
        )
    others = (folder / "config.json", *_tokenizer(folder, "the mT5 of the same size"))
    if weights.suffix == ".json":  # only the index is one file
        others += tuple(sorted(folder.glob(f"{weights.name.split('.')[0]}-*-of-*")))
    free = metric.references == "none" or "-qe-" in name
    return Assets(metric.kind, name, folder, weights, others, not free)


def _pymarian(metric: NeuralMetric) -> Assets:
    """A Marian model with its vocabulary beside it, or one folder above."""
    path = metric.path
    if path.is_dir():
        found = [path / each for each in ("checkpoints/marian.model.bin", "marian.model.bin", "model.npz")]
        path = next((each for each in found if each.is_file()), found[0])
    folder = path.parent.parent if path.parent.name == "checkpoints" else path.parent
    name = metric.name or _name(folder)
    if not path.is_file():
        raise UserError(f"The Marian model is not at {path}: copy {name}'s checkpoints/marian.model.bin there.")
    places = (path.parent / "vocab.spm", folder / "vocab.spm")
    vocabulary = next((each for each in places if each.is_file()), None)
    if vocabulary is None:
        raise UserError(
            f"{folder / 'vocab.spm'} is missing: copy the SentencePiece vocabulary of {name} there, under that name."
        )
    return Assets(metric.kind, name, folder, path, (vocabulary,), metric.references != "none")


_FINDERS: dict[str, Callable[[NeuralMetric], Assets]] = {
    "comet": _comet,
    "metricx-23": _metricx,
    "metricx-24": _metricx,
    "pymarian": _pymarian,
}


def _name(folder: Path) -> str:
    """What a model's folder is called; in a hub's cache, where folders are hashes, the model."""
    for part in reversed(folder.parts):
        if part.startswith("models--"):
            return part.rsplit("--", 1)[-1]
    return folder.name


def _hash(path: Path) -> str:
    stat = path.stat()
    return _hash_once(path, stat.st_size, stat.st_mtime_ns)


@lru_cache
def _hash_once(path: Path, size: int, changed: int) -> str:
    return hash_file(path)


class FoundModel(NamedTuple):
    """A model in a folder of models; `problem` says what it lacks, empty where it is complete."""

    kind: str
    folder: Path
    problem: str


def models_below(folder: Path) -> list[FoundModel]:
    """What looks like a neural metric's model in `folder`, or is in one folder of it, by name."""
    found = []
    for place in [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]:
        kind = _kind(place)
        if kind:
            try:
                find_assets(NeuralMetric.model_validate({"kind": kind, "path": place}))
                found.append(FoundModel(kind, place, ""))
            except UserError as error:
                found.append(FoundModel(kind, place, str(error)))
    return found


def _kind(folder: Path) -> str:
    """The kind that a folder's files show, empty for none."""
    if (folder / "hparams.yaml").is_file() or (folder / "checkpoints" / "model.ckpt").is_file():
        return "comet"
    if (folder / "checkpoints" / "marian.model.bin").is_file() or (folder / "marian.model.bin").is_file():
        return "pymarian"
    if (folder / "config.json").is_file() and "metricx" in folder.name.lower():
        return "metricx-23" if "metricx-23" in folder.name.lower() else "metricx-24"
    return ""

"""An example settings file for a stage, made from its model: every key with its meaning and default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from vega.settings import AverageSettings, Corpus, NamedModel, SynthesisStep, System
from vega.settings.tuning import Labelled
from vega.strict_yaml import dump_value

_NEWS = Corpus(name="news", languages=["en", "de"], files="clean/news.en-de.{lang}")
_DEV = Corpus(name="newsdev", languages=["en", "de"], files="data/valid.{lang}")


def _model(name: str) -> NamedModel:
    return NamedModel(name=name, checkpoint=Path(name, "checkpoints", "checkpoint_best.pt"))


#: What an example says for a required key.
REQUIRED = {
    "corpora": [Corpus(name="news", languages=["en", "de"], files="data/train.{lang}.gz")],
    "test": [Corpus(name="newstest", languages=["en", "de"], files="data/test.{lang}")],
    "systems": [System(name="multidirectional", checkpoint=Path("train/checkpoints/checkpoint_best.pt"))],
    "directions": ["en-de", "de-en"],
    "data": Path("binarize"),
    "vocab": Path("vocab"),
    "translations": Path("translate"),
    "run": Path("runs/demo"),
    "model": Path("train/checkpoints/checkpoint_best.pt"),
    "name": "round1",
    "valid": [_DEV],
    "models": [_model("train"), _model("finetune-en-de")],
    "first": _model("train-ri"),
    "second": _model("train"),
    "train": [Labelled(corpus=_NEWS, domain="news")],
    "dev": [Labelled(corpus=_DEV, domain="news")],
    "held_out": [_DEV],
    "text": Path("tuning-text"),
    "untuned": _model("train"),
    "tuned": _model("finetune"),
    "steps": [SynthesisStep.model_validate({"back_translation": {"method": "sampling", "top_k": 10}})],
}
#: Where a stage needs one of several keys, none of them always.
CHOSEN: dict[type[BaseModel], dict[str, Any]] = {AverageSettings: {"checkpoints": Path("train/checkpoints"), "last": 5}}


def example_settings(model: type[BaseModel]) -> str:
    """YAML text that `model` accepts; required keys come first, others show their default."""
    fields = sorted(model.model_fields.items(), key=lambda item: not item[1].is_required())
    return "\n".join(_entry(model, name, info) for name, info in fields)


def example_content(model: type[BaseModel]) -> dict[str, Any]:
    """The example as plain data."""
    return {name: _plain(_value(model, name, info)) for name, info in model.model_fields.items()}


def _entry(model: type[BaseModel], name: str, info: FieldInfo) -> str:
    chosen = name in CHOSEN.get(model, {})
    comment = "required" if info.is_required() else "or another way to choose" if chosen else "default"
    return f"# {info.description} ({comment})\n{dump_value({name: _plain(_value(model, name, info))})}".rstrip()


def _value(model: type[BaseModel], name: str, info: FieldInfo) -> Any:
    if name in CHOSEN.get(model, {}):
        return CHOSEN[model][name]
    return REQUIRED[name] if info.default is PydanticUndefined else info.get_default(call_default_factory=True)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value

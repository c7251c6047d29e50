"""An example settings file for a stage, made from its model: every key with its meaning and default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from vega.settings import Corpus, SynthesisStep, System
from vega.strict_yaml import dump_value

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
    "steps": [SynthesisStep.model_validate({"back_translation": {"method": "sampling", "top_k": 10}})],
}


def example_settings(model: type[BaseModel]) -> str:
    """YAML text that `model` accepts; required keys come first, others show their default."""
    fields = sorted(model.model_fields.items(), key=lambda item: not item[1].is_required())
    return "\n".join(_entry(name, info) for name, info in fields)


def example_content(model: type[BaseModel]) -> dict[str, Any]:
    """The example as plain data."""
    return {name: _plain(_value(name, info)) for name, info in model.model_fields.items()}


def _entry(name: str, info: FieldInfo) -> str:
    comment = "required" if info.is_required() else "default"
    return f"# {info.description} ({comment})\n{dump_value({name: _plain(_value(name, info))})}".rstrip()


def _value(name: str, info: FieldInfo) -> Any:
    return REQUIRED[name] if info.default is PydanticUndefined else info.get_default(call_default_factory=True)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value

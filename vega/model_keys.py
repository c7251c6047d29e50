"""What keys a settings model knows at a key path, and which of them a misspelt key meant."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def known_keys(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The field names at `path` inside `model`; empty where any key is allowed."""
    here: Any = model
    for part in path:
        here = _step(here, part)
    found = _model(here)
    return list(found.model_fields) if found else []


def nearest(key: str, known: Iterable[str]) -> str:
    """` Did you mean 'lr'?`, or the known keys where none is near."""
    known = list(known)
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if near:
        return f" Did you mean '{near[0]}'?"
    return f" Known keys: {', '.join(known)}." if known else ""


def _step(annotation: Any, part: str | int) -> Any:
    """The annotation one key further down."""
    model = _model(annotation)
    if model is not None:
        info = model.model_fields.get(str(part))
        return info.annotation if info else None
    for candidate in _options(annotation):
        origin, arguments = get_origin(candidate), get_args(candidate)
        if origin is list:
            return arguments[0]
        if origin is dict:
            return arguments[1]
    return None


def _model(annotation: Any) -> type[BaseModel] | None:
    for candidate in _options(annotation):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _options(annotation: Any) -> list[Any]:
    """An annotation without Annotated, and the members of a union."""
    if get_origin(annotation) is Annotated:
        return _options(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [option for member in get_args(annotation) for option in _options(member)]
    return [annotation]

"""Strict YAML: every mistake in a file is an error that names file, line, key and the nearest known key.

A `Document` is the raw content with the place each value came from, so that `extends` and `--set` can be
merged first and a mistake still points at the line (or the `--set`) that made it.
Numbers and truth values follow YAML 1.2 (`7e-4` is a number, `no` is the text "no").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from vega.errors import UserError
from vega.model_keys import known_keys, nearest

Model = TypeVar("Model", bound=BaseModel)
KeyPath = tuple[str | int, ...]

#: More mistakes than this are counted, not shown.
MAX_SHOWN = 8


@dataclass
class Document:
    """A YAML mapping, and for every key path the place (`file:line` or `--set ...`) that stated it."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, str] = field(default_factory=dict)

    def origin(self, path: KeyPath) -> str:
        """The place of the longest known part of `path`."""
        while path and path not in self.origins:
            path = path[:-1]
        return self.origins.get(path, self.name)


class _Loader(yaml.SafeLoader):
    """Safe loading with the scalars of YAML 1.2's core schema."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|", "~n\0"),
    ("bool", r"true|false|True|False", "tfTF"),
    ("int", r"[-+]?[0-9][0-9_]*", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", "-+0123456789."),
):
    _starts = [*(c for c in _first if c != "\0"), *([""] if "\0" in _first else [])]
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _starts)


class _Dumper(yaml.SafeDumper):
    """Quotes what `_Loader` would take for a number or a truth value."""


_Dumper.yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers
# `08` is eight, not a broken octal number.
_Loader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value.replace("_", "")))


def read(path: Path) -> Document:
    """Read a YAML file into a Document. A syntax error or a key stated twice is a UserError with its line."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder, a YAML file is needed.") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: invalid UTF-8 at byte {error.start + 1}. Save the file as UTF-8.") from None
    return parse(text, str(path))


def parse(text: str, name: str) -> Document:
    """Parse YAML text; `name` is what errors call it."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UserError(f"{name}:{line}: control character U+{error.character:04X}; delete it.") from None
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(name)
        document = Document(name)
        _record(node, (), name, document.origins)
        data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}" if mark else name
        raise UserError(f"{place}: this is not valid YAML: {error.problem or error.context}.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{name}: this is not valid YAML: {' '.join(str(error).split())}.") from None
    finally:
        loader.dispose()
    if not isinstance(data, dict):
        raise UserError(f"{name}: expected `key: value` lines at the top, found {_kind(data)}.")
    document.data = data
    return document


def _record(node: yaml.Node, path: KeyPath, name: str, origins: dict[KeyPath, str]) -> None:
    """Note the line of every key below `node`; a key that is there twice is an error."""
    origins.setdefault(path, f"{name}:{node.start_mark.line + 1}")
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _record(item, (*path, index), name, origins)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise UserError(f"{name}:{line}: a key must be one word.")
            if key.value in seen:
                raise UserError(
                    f"{name}:{line}: '{dotted((*path, key.value))}' is stated twice, first in line "
                    f"{seen[key.value]}. Keep one of them."
                )
            seen[key.value] = line
            origins[(*path, key.value)] = f"{name}:{line}"
            _record(value, (*path, key.value), name, origins)


def merge(base: Document, child: Document) -> Document:
    """`child` over `base`: mappings are merged key by key, everything else is replaced."""
    origins = {**base.origins, **child.origins}
    return Document(child.name, _merged(base.data, child.data), origins)


def _merged(base: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in child.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        result[key] = _merged(base[key], value) if both else value
    return result


def apply_overrides(document: Document, overrides: Iterable[str]) -> Document:
    """Apply `a.b=value` assignments; the value is YAML, a number in the path is a position in a list."""
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals or not key:
            raise UserError(f"--set {override}: write --set key=value, as in --set train.max_update=500.")
        place = f"--set {override}"
        path = tuple(int(part) if part.isdigit() else part for part in key.split("."))
        value = parse(f"value: {text}", place).data["value"]
        _assign(document.data, path, value, place)
        for known in [known for known in document.origins if known[: len(path)] == path]:
            del document.origins[known]
        for length in range(1, len(path) + 1):
            document.origins.setdefault(path[:length], place)
    return document


def _assign(data: Any, path: KeyPath, value: Any, place: str) -> None:
    for position, part in enumerate(path):
        last = position == len(path) - 1
        here = dotted(path[:position]) or "the top level"
        if isinstance(data, list):
            if not isinstance(part, int) or part >= len(data):
                raise UserError(f"{place}: {here} is a list of {len(data)}; give a position from 0, not '{part}'.")
        elif not isinstance(data, dict):
            raise UserError(f"{place}: {here} is {_kind(data)}, it has no '{part}' in it.")
        elif isinstance(part, int):
            part = str(part)
        if last:
            data[part] = value
        else:
            if isinstance(data, dict) and data.get(part) is None:
                data[part] = {}
            data = data[part]


def validate(document: Document, model: type[Model]) -> Model:
    """The typed, checked content, or a UserError that lists what is wrong and where."""
    try:
        return model.model_validate(document.data)
    except UserError as error:
        raise UserError(f"{document.name}: {error}") from None
    except ValidationError as error:
        problems = error.errors(include_url=False)
        lines = [_explain(problem, document, model) for problem in problems[:MAX_SHOWN]]
        if len(problems) > MAX_SHOWN:
            lines.append(f"and {len(problems) - MAX_SHOWN} more")
        raise UserError("\n".join(lines)) from None


def load(path: Path, model: type[Model], overrides: Iterable[str] = ()) -> Model:
    """Read a file, apply `--set` assignments, check it against `model`."""
    return validate(apply_overrides(read(path), overrides), model)


def dump(model: BaseModel) -> str:
    """The model as YAML that `load` reads back to an equal model."""
    return dump_value(model.model_dump(mode="json"))


def dump_value(value: Any) -> str:
    """Plain data as YAML that `parse` reads back to equal data."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def dotted(path: KeyPath) -> str:
    """A key path as people write it: `corpora.train.0.files`."""
    return ".".join(str(part) for part in path)


def _explain(problem: Any, document: Document, model: type[BaseModel]) -> str:
    """One sentence for one pydantic problem."""
    path: KeyPath = tuple(problem["loc"])
    key, place = dotted(path), document.origin(path)
    if problem["type"] == "extra_forbidden":
        known = known_keys(model, path[:-1])
        return f"{place}: unknown key '{key}'.{nearest(str(path[-1]), known)}"
    if problem["type"] == "missing":
        return f"{place}: '{key}' is missing."
    if problem["type"] == "value_error":
        return f"{place}: {key}: {problem['ctx']['error']}."
    expected = problem["msg"].removeprefix("Input should be ").replace("Input should have", "something with")
    return f"{place}: {key}: expected {expected}, found {problem['input']!r}."


def _kind(value: Any) -> str:
    return {dict: "a mapping", list: "a list", type(None): "nothing"}.get(type(value), f"the value {value!r}")

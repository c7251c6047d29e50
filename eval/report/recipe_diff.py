"""Where the recipes of several runs differ, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

#: In place of a value that a recipe does not have.
ABSENT = "–"


def recipe_diff(recipes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Run -> recipe (YAML) as [{"key", "values": {run: text}}], only keys whose values are not all the same."""
    flat = {run: dict(_flat(yaml.safe_load(text) or {}, "")) for run, text in recipes.items() if text}
    keys = dict.fromkeys(key for found in flat.values() for key in found)
    rows = {key: {run: found.get(key, ABSENT) for run, found in flat.items()} for key in keys}
    return [{"key": key, "values": values} for key, values in rows.items() if len(set(values.values())) > 1]


def _flat(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Values by dotted key; entries of a list by their `name` or their number from 0."""
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _flat(part, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        for name, part in zip(_names(value), value, strict=True):
            yield from _flat(part, f"{key}.{name}")
    elif isinstance(value, list):
        yield key, ", ".join(map(str, value)) or "none"
    else:
        yield key, "none" if value in (None, {}, "") else str(value)


def _names(entries: Sequence[Any]) -> list[str]:
    """A name for each entry; corpora may share one where their languages differ."""
    names = [_name(each, str(at)) for at, each in enumerate(entries)]
    return names if len(set(names)) == len(names) else [f"{name} #{at}" for at, name in enumerate(names)]


def _name(entry: Any, place: str) -> str:
    if not isinstance(entry, dict) or "name" not in entry:
        return place
    return "-".join([str(entry["name"]), *map(str, entry.get("languages") or [])])

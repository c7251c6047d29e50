"""What the recipe's steps chose by dev sentences: gains with their intervals, tables and figures of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from eval.report.files import read_json

#: Kinds of steps, in the names of their folders `kind-name`.
KINDS = ("average", "soup", "fuse", "ensemble", "rerank", "mbr", "tune", "probe")


class Table(NamedTuple):
    """A table of a step, its cells as text; the first column names the row."""

    caption: str
    head: list[str]
    rows: list[list[str]]


def read_steps(stages: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Stage -> {"kind", "gain", "content"} of each step among them: what its gain.json and KIND.json say, or None."""
    found = {}
    for path in stages:
        kind = path.name.partition("-")[0]
        if kind in KINDS:
            facts = {"gain": read_json(path / "gain.json"), "content": read_json(path / f"{kind}.json")}
            found[path.name] = {"kind": kind, **facts}
    return found


def gains(steps: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per step that has a gain: stage, base, metric, scores, interval, decoding time over the base's."""
    rows = []
    for stage, step in steps.items():
        if gain := step["gain"]:
            slower = gain["seconds"] / gain["base_seconds"] if gain["base_seconds"] else None
            rows.append({"stage": stage, **gain, "slower": slower, "verdict": verdict(gain)})
    return rows


def verdict(gain: Mapping[str, Any]) -> str:
    """In words, by the interval of the difference."""
    if gain["low"] > 0:
        return "better"
    return "worse" if gain["high"] < 0 else "no sure difference"


def sections(steps: Mapping[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Tables and figures of each step that has any, by the module of its kind."""
    for stage, step in steps.items():
        module = f"eval.report.{step['kind']}"
        if step["content"] is None or find_spec(module) is None:
            continue
        found = import_module(module)
        tables: Callable[[Any], list[Table]] = found.tables
        figures: Callable[[Any], list[tuple[str, str]]] = found.figures
        yield {"stage": stage, "tables": tables(step["content"]), "figures": figures(step["content"])}

"""SLURM's short form of node names, `n[1-3,07],login`, read without `scontrol`, which compute nodes may lack."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vega.errors import UserError

#: A comma that does not stand between brackets.
_COMMA = re.compile(r",(?![^\[]*\])")
_BRACKETS = re.compile(r"\[([^\]]*)\]")


def expand(text: str) -> list[str]:
    """The names, in their order. UserError where the text is none of SLURM's lists."""
    return [name for part in _COMMA.split(text) if part for name in _names(part, text)]


def _names(part: str, text: str) -> Iterator[str]:
    found = _BRACKETS.search(part)
    if found is None:
        if "[" in part or "]" in part:
            raise UserError(f"{text}: not a list of nodes as SLURM writes it (n[1-3,07]).")
        yield part
        return
    for number in _numbers(found[1], text):
        yield from _names(part[: found.start()] + number + part[found.end() :], text)


def _numbers(ranges: str, text: str) -> Iterator[str]:
    """`1-3,07` as 1, 2, 3, 07: the width of the first number holds for its range."""
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            raise UserError(f"{text}: not a list of nodes as SLURM writes it (n[1-3,07]).")
        for number in range(int(first), int(last or first) + 1):
            yield str(number).zfill(len(first))

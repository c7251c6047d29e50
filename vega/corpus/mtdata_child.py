"""Print a data set of mtdata's catalogue, a row per line, languages in the order asked, a tab between them.

    python mtdata_child.py OPUS-tatoeba-v20230412-deu-eng en de

A child process, see fetch.py, perhaps in an environment without Vega. Errors go to stderr; the last line says the
reason.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any


def rows(name: str, languages: list[str]) -> Iterator[list[str]]:
    """The rows of a data set; ValueError if its id is unknown or its languages are others."""
    mtdata = import_module("mtdata")  # by name: it has no type hints, and is no requirement
    data, bcp47 = import_module("mtdata.data"), import_module("mtdata.iso.bcp47").bcp47
    mtdata.pbar_man.enabled = False
    identity = data.DatasetId.parse(name)
    if identity not in data.INDEX:
        raise ValueError(f"the catalogue of mtdata {mtdata.__version__} has no data set {name}")
    entry = data.INDEX[identity]
    places = [_place(entry.did.langs, bcp47(code), code) for code in languages]
    path = data.Cache(mtdata.cache_dir).get_entry(entry)
    for row in data.Parser(path, ext=entry.in_ext or None, ent=entry).read_segs(show_pbar=False):
        sides = [row] if isinstance(row, str) else row
        yield [_line(sides[place]) for place in places]


def _place(found: tuple[Any, ...], wanted: Any, code: str) -> int:
    for place, language in enumerate(found):
        if language.is_compatible(wanted):
            return place
    raise ValueError(f"its languages are {', '.join(map(str, found))}, not '{code}'")


def _line(text: str | None) -> str:
    return " ".join((text or "").replace("\t", " ").splitlines())


def main(arguments: list[str]) -> None:
    name, *languages = arguments
    try:
        for sides in rows(name, languages):
            sys.stdout.buffer.write(("\t".join(sides) + "\n").encode())
        sys.stdout.buffer.flush()
    except Exception as error:  # whatever it is, the parent shows it
        raise SystemExit(f"{type(error).__name__}: {error}") from None


if __name__ == "__main__":
    main(sys.argv[1:])

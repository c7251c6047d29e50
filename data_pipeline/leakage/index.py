"""The index: test sets, and the bundled hashes of WMT sets, in one file that any process loads in a moment.

Two parts of one shape: the recipe's own sets with their text, for exact answers, and the bundled ones without.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from data_pipeline.leakage.part import Array, Part, read_part
from data_pipeline.leakage.part_builder import PartBuilder
from vega.atomic import atomic_path
from vega.corpus import read_rows
from vega.errors import UserError
from vega.normalize import normalize
from vega.settings import Corpus

#: Hashes of WMT sets, part of the package; see tools/make_wmt_hashes.py.
BUNDLED_FILE = Path(__file__).with_name("wmt_hashes.npz")

#: Format of an index file.
FORMAT = 1


def build_index(
    corpora: Sequence[Corpus], output: Path, ignore: Sequence[str] = (), bundled: Path | None = BUNDLED_FILE
) -> None:
    """Write the index of validation and test sets `corpora` and of the hashes in `bundled`.

    `ignore` are patterns of bundled sets to leave out, as `newstest20*` where one trains on old test sets on purpose;
    one that matches none is a UserError. The same input makes the same bytes.
    """
    builder = PartBuilder()
    for corpus in corpora:
        for number, row in enumerate(read_rows(corpus), start=1):
            builder.add(corpus.name, number, [(code, normalize(text)) for code, text in row.items()])
    parts = {"recipe": builder.build()}
    if bundled:
        parts["bundled"] = without(read_index(bundled)["bundled"], ignore)
    write_index(parts, output)


def without(part: Part, ignore: Sequence[str]) -> Part:
    """The part without the sets that match a pattern."""
    for pattern in ignore:
        if not any(fnmatchcase(name, pattern) for name in part.sets):
            raise UserError(f"ignore: no bundled test set matches '{pattern}'. Bundled: {', '.join(part.sets)}.")
    return part.select([not any(fnmatchcase(name, pattern) for pattern in ignore) for name in part.sets])


def write_index(parts: Mapping[str, Part], path: Path, compress: bool = False) -> None:
    """Write parts by name, by rename."""
    facts = {"format": FORMAT, "parts": {name: part.facts() for name, part in parts.items()}}
    arrays: dict[str, Array] = {"facts": np.frombuffer(json.dumps(facts, sort_keys=True).encode(), dtype=np.uint8)}
    for name, part in parts.items():
        arrays |= part.arrays(name)
    save: Any = np.savez_compressed if compress else np.savez
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        save(stream, **arrays)


def read_index(path: Path) -> dict[str, Part]:
    """The parts of an index file by name; UserError if it is none."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            stored = {name: archive[name] for name in archive.files}
        facts = json.loads(stored.pop("facts").tobytes())
        if facts["format"] != FORMAT:
            raise UserError(f"{path}: leakage index of format {facts['format']}, not {FORMAT}. Make it anew.")
        return {name: read_part(name, described, stored) for name, described in facts["parts"].items()}
    except FileNotFoundError:
        raise UserError(f"{path}: no such file. The leakage index is made by the clean and leakage stages.") from None
    except (KeyError, ValueError, BadZipFile, OSError, EOFError) as error:
        raise UserError(f"{path}: not a leakage index, or a damaged one ({error}). Make it anew.") from None

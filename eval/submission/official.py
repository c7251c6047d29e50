"""The official test set as a submission needs it: its documents, and its segments in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vega.corpus.wmt_document import Document, Segment
from vega.corpus.wmt_jsonl import HYPOTHESIS, Row, read_jsonl, target_of
from vega.corpus.wmt_parser import read_xml
from vega.corpus.wmt_xml import is_jsonl
from vega.errors import UserError


@dataclass(frozen=True)
class Official:
    """`rows`: the objects of JSONL, one per document; empty for XML. `ignored`: elements that are not of the format."""

    file: Path
    documents: Sequence[Document]
    source: str
    target: str
    target_tag: str
    rows: Sequence[Mapping[str, Any]] = ()
    ignored: Mapping[str, int] | None = None
    field: str = HYPOTHESIS  # of JSONL: where a translation is

    @property
    def is_jsonl(self) -> bool:
        return is_jsonl(self.file)

    def segments(self) -> list[tuple[Document, Segment]]:
        """All segments of the source, in the order in which they are translated."""
        return [(document, segment) for document in self.documents for segment in document.source.segments]


def read_official(file: Path, direction: str | None, field: str = HYPOTHESIS) -> Official:
    """Read a test set; `direction` (source-target) where it has several or names no target."""
    wanted: tuple[str, str] | None = None
    if direction:
        source, _, target = direction.partition("-")
        wanted = (source, target)
    found = replace(_read_jsonl(file, wanted), field=field) if is_jsonl(file) else _read_xml(file, wanted)
    if wanted and (found.source, found.target) != wanted:
        raise UserError(f"{file}: it is {found.source}-{found.target}, not {direction}. Correct --direction.")
    return found


def _read_xml(file: Path, wanted: tuple[str, str] | None) -> Official:
    ignored: dict[str, int] = {}
    documents = list(read_xml(file, ignored))
    sources = sorted({document.source.language for document in documents})
    if len(sources) > 1:
        raise UserError(f"{file}: sources in {' and '.join(sources)}. Split the file by language.")
    sides = [side for document in documents for side in (*document.references, *document.hypotheses)]
    tags = dict.fromkeys(side.tag for side in sides if not wanted or side.language == wanted[1])
    targets = sorted({side.language for side in sides if side.tag in tags})
    if sides and not tags:
        others = " and ".join(sorted({side.language for side in sides}))
        raise UserError(f"{file}: it is translated into {others}, not {wanted and wanted[1]}. Correct --direction.")
    if len(targets) > 1:
        raise UserError(f"{file}: translations into {' and '.join(targets)}. Say which with --direction.")
    if not targets and not wanted:
        raise UserError(f"{file}: nothing in it says into what it is translated. Add --direction {sources[0]}-TARGET.")
    target = wanted[1] if wanted else targets[0]
    return Official(file, documents, sources[0], target, next(iter(tags), target), ignored=ignored)


def _read_jsonl(file: Path, wanted: tuple[str, str] | None) -> Official:
    rows: list[Row] = list(read_jsonl(file, wanted))
    pairs = sorted({(row.document.source.language, target_of(row)) for row in rows})
    if not pairs:
        assert wanted is not None
        raise UserError(f"{file}: no document from {wanted[0]} into {wanted[1]}. Correct --direction.")
    if len(pairs) > 1:
        names = [f"{source}-{target}" for source, target in pairs]
        raise UserError(f"{file}: it has {len(names)} directions. Add --direction with one of {', '.join(names)}.")
    source, target = pairs[0]
    documents = [row.document for row in rows]
    return Official(file, documents, source, target, target, rows=[row.fields for row in rows])

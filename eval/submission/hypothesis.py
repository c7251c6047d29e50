"""Translations, put beside the segments that they translate: from text, or from a package that holds them already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from eval.submission.findings import Finding
from eval.submission.official import Official
from vega.corpus.wmt_document import Document, Segment
from vega.corpus.wmt_jsonl import read_jsonl
from vega.corpus.wmt_parser import read_xml
from vega.corpus.wmt_xml import is_jsonl
from vega.errors import UserError
from vega.settings.corpora import unpacked
from vega.text_files import read_lines


@dataclass(frozen=True)
class Line:
    """A segment and its translation, with the place where that stands."""

    document: Document
    segment: Segment
    file: Path
    line: int
    text: str


def is_package(file: Path) -> bool:
    """Whether a file of translations is XML or JSONL."""
    return is_jsonl(file) or unpacked(file).suffix == ".xml"


def read_hypotheses(official: Official, files: Sequence[Path], system: str) -> tuple[list[Line], list[Finding]]:
    """All translations in the order of the test set, and what does not fit; where something is missing, too few."""
    packages = [file for file in files if is_package(file)]
    if packages and len(files) > 1:
        raise UserError(f"{packages[0]}: a package holds all translations. Name it alone.")
    if packages:
        return _from_package(official, packages[0], system)
    return _from_text(official, files)


def _from_text(official: Official, files: Sequence[Path]) -> tuple[list[Line], list[Finding]]:
    if len(files) > 1 and len(files) == len(official.documents):
        return _by_document(official, files)
    lines = [
        Line(*place, read[0], read[1], read[2]) for place, read in zip(official.segments(), _read(files), strict=False)
    ]
    return lines, list(_counted(official.segments(), files, official.file))


def _by_document(official: Official, files: Sequence[Path]) -> tuple[list[Line], list[Finding]]:
    """As many files as documents: each is a document's, and a line too few does not shift the others."""
    lines: list[Line] = []
    findings: list[Finding] = []
    for document, file in zip(official.documents, files, strict=True):
        places = [(document, segment) for segment in document.source.segments]
        lines += [Line(*place, read[0], read[1], read[2]) for place, read in zip(places, _read([file]), strict=False)]
        findings += _counted(places, [file], official.file)
    return lines, findings


def _read(files: Sequence[Path]) -> Iterator[tuple[Path, int, str]]:
    for file in files:
        for number, text in enumerate(read_lines(file), start=1):
            yield file, number, text


def _counted(places: Sequence[tuple[Document, Segment]], files: Sequence[Path], official: Path) -> Iterator[Finding]:
    """A finding if there are more or fewer lines than segments."""
    last, count = (files[-1], 0), 0
    missing: tuple[Document, Segment] | None = None
    extra: tuple[Path, int] | None = None
    for place, read in zip_longest(places, _read(files)):
        if read is not None:
            count += 1
            last = (read[0], read[1])
            extra = extra or (last if place is None else None)
        elif missing is None:
            missing = place
    if missing is None and extra is None:
        return
    said = f"{count:,} lines for {len(places):,} segments of {official}; line i must translate segment i"
    if extra is not None:
        yield Finding("error", "count", *extra, f"{said}. This line is the first too many")
        return
    assert missing is not None
    document, segment = missing
    yield Finding("error", "count", *last, f"{said}. After this line the first is missing", document.id, segment.id)


def _from_package(official: Official, file: Path, system: str) -> tuple[list[Line], list[Finding]]:
    """The translations by `system` in a file that has documents and segments itself."""
    direction = (official.source, official.target)
    if is_jsonl(file):
        documents: Iterator[Document] = (row.document for row in read_jsonl(file, direction, official.field))
    else:
        documents = read_xml(file)
    given = {_key(document): document for document in documents}
    findings: list[Finding] = []
    lines: list[Line] = []
    for document in official.documents:
        own = given.pop(_key(document), None)
        hypothesis = own and (own.hypothesis(system) or (own.hypothesis("") if is_jsonl(file) else None))
        if own is None or not hypothesis:
            what = "is not in it" if own is None else f"has no translation by '{system}'{_systems(own)}"
            findings.append(Finding("error", "count", file, own.line if own else 0, f"document '{document.id}' {what}"))
            continue
        found = {segment.id: segment for segment in hypothesis.segments}
        for segment in document.source.segments:
            if segment.id in found:
                each = found[segment.id]
                lines.append(Line(document, segment, file, each.line, each.text))
            else:
                message = "the translation has no such segment"
                findings.append(Finding("error", "count", file, hypothesis.line, message, document.id, segment.id))
        findings += _same_source(document, own, file)
    for document in given.values():
        message = f"document '{document.id}' is not in {official.file}"
        findings.append(Finding("error", "count", file, document.line, message))
    return lines, findings


def _key(document: Document) -> tuple[str, str]:
    """Documents of different collections may have one id."""
    return (document.collection or {}).get("id", ""), document.id


def _systems(document: Document) -> str:
    names = [side.name for side in document.hypotheses]
    return f"; it has {', '.join(names)}" if names else ""


def _same_source(official: Document, own: Document, file: Path) -> Iterator[Finding]:
    theirs = {segment.id: segment for segment in own.source.segments}
    for segment in official.source.segments:
        if segment.id in theirs and theirs[segment.id].text != segment.text:
            line = theirs[segment.id].line
            message = "the source is not that of the official file"
            yield Finding("error", "source", file, line, message, official.id, segment.id)

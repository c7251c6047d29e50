"""A document of a WMT test set: source, references and systems' translations, by paragraph and segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vega.errors import UserError

#: Text of one document, in bytes, and its segments, at most: a whole book is smaller.
MAX_DOCUMENT_BYTES = 16_000_000
MAX_SEGMENTS = 100_000
#: Bytes of a file, unpacked, at most. Official files have 1 to 30 MB.
MAX_FILE_BYTES = 1 << 28
#: Segments of a file, of all sides, at most; with a dozen systems there are 30,000.
MAX_FILE_SEGMENTS = 2_000_000

#: What recent shared tasks call languages -> what Vega does (ISO 639-3 -> 639-1).
_CODES = {
    "ces": "cs", "deu": "de", "eng": "en", "spa": "es", "fra": "fr", "jpn": "ja", "kor": "ko", "rus": "ru",
    "ukr": "uk", "zho": "zh", "cmn": "zh",
}  # fmt: skip


def language_of(tag: str) -> str:
    """The language of a tag with region or script: `zh` of zh-TW, `cs` of cs_CZ and of ces_Latn."""
    code = tag.replace("_", "-").partition("-")[0].lower()
    return _CODES.get(code, code)


@dataclass(frozen=True)
class Segment:
    """A segment as the file numbers it; text without line breaks; `line` of the file."""

    id: str
    text: str
    line: int


@dataclass(frozen=True)
class Side:
    """The text of a document by one writer: kind `src`, `ref` (name: translator) or `hyp` (name: system)."""

    kind: str
    tag: str  # the language as the file writes it
    name: str
    paragraphs: tuple[tuple[Segment, ...], ...]
    line: int
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def language(self) -> str:
        return language_of(self.tag)

    @property
    def segments(self) -> Iterator[Segment]:
        return (segment for paragraph in self.paragraphs for segment in paragraph)

    def __str__(self) -> str:
        words = {"src": "source", "ref": "reference", "hyp": "translation by"}[self.kind]
        return f"{words} {self.name}".strip()


@dataclass(frozen=True)
class Document:
    """A document. `attributes` are those of the file; `collection` is None where documents stand in the data set."""

    file: Path
    id: str
    domain: str
    source: Side
    references: tuple[Side, ...]
    hypotheses: tuple[Side, ...]
    line: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    collection: Mapping[str, str] | None = None
    collection_number: int = 0
    dataset: Mapping[str, str] = field(default_factory=dict)

    def reference(self, language: str) -> Side | None:
        """The first reference in a language."""
        return next((side for side in self.references if side.language == language), None)

    def hypothesis(self, system: str) -> Side | None:
        """What a system wrote."""
        return next((side for side in self.hypotheses if side.name == system), None)

    def texts(self, side: Side) -> list[str]:
        """The side's text for each segment of the source. UserError if one is missing."""
        found = {segment.id: segment.text for segment in side.segments}
        for segment in self.source.segments:
            if segment.id not in found:
                raise UserError(
                    f"{self.file}:{side.line}: the {side} of document '{self.id}' has no segment {segment.id}, which "
                    f"the source has in line {segment.line}. Add it, or take the {side} out of the document."
                )
        return [found[segment.id] for segment in self.source.segments]


def check_document(document: Document) -> None:
    """UserError where segments of a side are twice there, out of order, or unknown to the source."""
    order = {segment.id: place for place, segment in enumerate(document.source.segments)}
    _check_numbers(document)
    names: set[tuple[str, str, str]] = set()
    for side in (document.source, *document.references, *document.hypotheses):
        key = (side.kind, side.tag, side.name)
        if key in names:
            raise UserError(f"{document.file}:{side.line}: document '{document.id}' has the {side} twice. Delete one.")
        names.add(key)
        _check_side(document, side, order)


def _check_side(document: Document, side: Side, order: Mapping[str, int]) -> None:
    seen: set[str] = set()
    last = -1
    for segment in side.segments:
        where = f"{document.file}:{segment.line}: segment {segment.id} of document '{document.id}' ({side})"
        if segment.id in seen:
            raise UserError(f"{where} is there twice. Give every segment a number of its own.")
        if segment.id not in order:
            raise UserError(f"{where} is not in the source. Number the {side} as the source.")
        if order[segment.id] < last:
            raise UserError(f"{where} is out of order. Sort the segments as in the source.")
        seen.add(segment.id)
        last = order[segment.id]


def _check_numbers(document: Document) -> None:
    """Numbers of the source rise; gaps between them are the organisers' affair."""
    last = 0
    for segment in document.source.segments:
        if not segment.id.isdecimal():
            continue
        if int(segment.id) < last:
            raise UserError(
                f"{document.file}:{segment.line}: segment {segment.id} of document '{document.id}' comes after "
                f"segment {last}. Sort the segments by number."
            )
        last = int(segment.id)

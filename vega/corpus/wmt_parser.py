"""Read the official WMT XML (2021 and later) as a stream, one document at a time.

    dataset id > [collection id >] doc id [domain] > src lang, ref lang translator, hyp lang system > p > seg id

A document type declaration is refused, and with it every entity that a file could declare and every file it could name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.parsers import expat

from vega.corpus.wmt_document import (
    MAX_DOCUMENT_BYTES,
    MAX_FILE_BYTES,
    MAX_FILE_SEGMENTS,
    MAX_SEGMENTS,
    Document,
    Segment,
    Side,
    check_document,
)
from vega.errors import UserError
from vega.text_files import MAX_LINE_BYTES, read_blocks

_BLOCK = 1 << 18
#: Bytes of one tag or comment at most: the parser holds it whole.
_MAX_TAG = 1 << 20
_SIDES = ("src", "ref", "hyp")
#: Element -> where it may stand.
_PARENTS = {
    "dataset": ("",),
    "collection": ("dataset",),
    "doc": ("dataset", "collection"),
    **dict.fromkeys(_SIDES, ("doc",)),
    "p": _SIDES,
    "seg": ("p", *_SIDES),
}
#: wmt-wrap, with which many submissions were made, writes `language`.
_LANGUAGE = ("lang", "language")


def read_xml(path: Path, ignored: dict[str, int] | None = None) -> Iterator[Document]:
    """Yield the documents of a file, checked, in order. Memory is that of one document.

    `ignored` gets the elements that are not of the format, and the line of the first of each.
    """
    parser = _Parser(path, {} if ignored is None else ignored)
    size = 0
    for block in read_blocks(path, _BLOCK):
        size += len(block)
        if size > MAX_FILE_BYTES:
            raise UserError(
                f"{path}: more than {MAX_FILE_BYTES >> 20} MiB of XML. An official test set has a few; is it one?"
            )
        yield from parser.feed(block)
    yield from parser.feed(b"", last=True)
    parser.check()


class _Parser:
    """Turns blocks of a file into documents."""

    def __init__(self, path: Path, ignored: dict[str, int]) -> None:
        self._path = path
        self._ignored = ignored
        self._documents: list[Document] = []
        self._seen: set[tuple[int, str]] = set()
        self._open: list[str] = []  # elements
        self._skipped = 0  # depth inside an element that is not of the format
        self._fed = 0
        self._dataset: Mapping[str, str] = {}
        self._collection: Mapping[str, str] | None = None
        self._collections = 0
        self._document: tuple[Mapping[str, str], int] | None = None
        self._sides: list[Side] = []
        self._side: tuple[Mapping[str, str], int] = ({}, 0)
        self._paragraphs: list[list[Segment]] = []
        self._segment: tuple[str, int] | None = None
        self._text: list[str] = []
        self._size = self._document_size = self._segments = self._all_segments = 0
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse_doctype

    def feed(self, block: bytes, last: bool = False) -> list[Document]:
        """The documents that end in the block."""
        self._documents = []
        self._fed += len(block)
        try:
            self._parser.Parse(block, last)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            hint = "Is the file cut off?" if last else "Repair the XML; is it in the encoding that its first line says?"
            raise UserError(f"{self._path}:{error.lineno}: not well-formed XML ({reason}). {hint}") from None
        except (LookupError, ValueError) as error:  # an encoding that Python does not know, or not as a table
            raise UserError(f"{self._path}:1: {error}. Write the file in UTF-8.") from None
        if not last and self._fed - self._parser.CurrentByteIndex > _MAX_TAG + _BLOCK:
            raise UserError(f"{self._where()}: a tag or comment of more than {_MAX_TAG >> 20} MiB. Delete it.")
        return self._documents

    def check(self) -> None:
        """UserError if the file has no documents."""
        if not self._seen:
            raise UserError(f"{self._path}: there is no document (doc) in it. Is it the XML of a WMT test set?")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parent = self._open[-1] if self._open else ""
        if self._skipped:
            self._skipped += 1
            return
        if self._segment is not None:
            raise UserError(f"{self._where()}: markup <{name}> inside a segment. Escape it as &lt;{name}&gt;.")
        if not parent and name != "dataset":
            raise UserError(f"{self._where()}: the file begins with <{name}>, the XML of WMT with <dataset>.")
        if name not in _PARENTS:
            self._ignored.setdefault(name, self._parser.CurrentLineNumber)
            self._skipped = 1
            return
        if parent not in _PARENTS[name]:
            raise UserError(f"{self._where()}: <{name}> inside <{parent}>. It belongs in <{_PARENTS[name][0]}>.")
        self._open.append(name)
        self._enter(name, attributes)

    def _enter(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        if name == "dataset":
            self._dataset = attributes
        elif name == "collection":
            self._collections += 1
            self._collection = attributes
        elif name == "doc":
            self._document, self._sides = (attributes, line), []
            self._document_size = self._segments = 0
        elif name in _SIDES:
            self._side, self._paragraphs = (attributes, line), []
        elif name == "p":
            self._paragraphs.append([])
        else:
            self._begin_segment(attributes, line)

    def _begin_segment(self, attributes: Mapping[str, str], line: int) -> None:
        self._segments += 1
        self._all_segments += 1
        if self._all_segments > MAX_FILE_SEGMENTS:
            raise UserError(f"{self._where()}: more than {MAX_FILE_SEGMENTS:,} segments. Is it a test set?")
        if self._segments > MAX_SEGMENTS:
            raise UserError(f"{self._where()}: more than {MAX_SEGMENTS:,} segments in a document. Split it.")
        number = attributes.get("id", "").strip()
        if not number:
            raise UserError(f"{self._where()}: a segment has no id. Number the segments of a document from 1.")
        self._segment, self._text, self._size = (number, line), [], 0
        if not self._paragraphs:
            self._paragraphs.append([])

    def _end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        self._open.pop()
        if name == "seg":
            assert self._segment is not None
            number, line = self._segment
            text = "".join(self._text).replace("\n", " ").replace("\r", " ")
            self._paragraphs[-1].append(Segment(number, text, line))
            self._segment = None
        elif name in _SIDES:
            self._sides.append(self._finished_side(name))
        elif name == "doc":
            self._documents.append(self._finished_document())
        elif name == "collection":
            self._collection = None

    def _characters(self, text: str) -> None:
        if self._segment is None:
            if not self._skipped and text.strip():
                raise UserError(f"{self._where()}: text outside a segment: '{text.strip()[:40]}'. Put it into a <seg>.")
            return
        self._text.append(text)
        size = len(text.encode())
        self._size += size
        self._document_size += size
        if self._size > MAX_LINE_BYTES:
            raise UserError(
                f"{self._where()}: the segment is longer than {MAX_LINE_BYTES:,} bytes. "
                "Split it into sentences, or look for a lost end of it."
            )
        if self._document_size > MAX_DOCUMENT_BYTES:
            raise UserError(f"{self._where()}: the document is longer than {MAX_DOCUMENT_BYTES:,} bytes. Split it.")

    def _finished_side(self, kind: str) -> Side:
        attributes, line = self._side
        where = f"{self._path}:{line}: a <{kind}>"
        tag = next((attributes[key] for key in _LANGUAGE if attributes.get(key)), "")
        if not tag:
            raise UserError(f'{where} has no lang. Say its language, as in lang="en".')
        name = attributes.get({"ref": "translator", "hyp": "system"}.get(kind, ""), "")
        if kind == "hyp" and not name:
            raise UserError(f'{where} has no system. Say whose translation it is, as in system="NAME".')
        return Side(kind, tag, name, tuple(map(tuple, self._paragraphs)), line, attributes)

    def _finished_document(self) -> Document:
        assert self._document is not None
        attributes, line = self._document
        where, name = f"{self._path}:{line}", attributes.get("id", "")
        if not name:
            raise UserError(f"{where}: a document has no id. Give it one.")
        if (self._collections, name) in self._seen:
            raise UserError(f"{where}: document '{name}' is there twice. Give every document an id of its own.")
        self._seen.add((self._collections, name))
        sources = [side for side in self._sides if side.kind == "src"]
        if len(sources) != 1:
            raise UserError(f"{where}: document '{name}' has {len(sources) or 'no'} source (src). It needs one.")
        if not any(sources[0].segments):
            raise UserError(f"{where}: the source of document '{name}' has no segment (seg). Delete the document.")
        document = Document(
            file=self._path,
            id=name,
            domain=attributes.get("domain", ""),
            source=sources[0],
            references=tuple(side for side in self._sides if side.kind == "ref"),
            hypotheses=tuple(side for side in self._sides if side.kind == "hyp"),
            line=line,
            attributes=attributes,
            collection=self._collection,
            collection_number=self._collections if self._collection is not None else 0,
            dataset=self._dataset,
        )
        check_document(document)
        return document

    def _refuse_doctype(self, name: str, *_: object) -> None:
        raise UserError(
            f"{self._where()}: the file has a document type declaration (<!DOCTYPE {name}>), whose entities could hide "
            "any amount of text. Delete it, and replace entities by their text."
        )

    def _where(self) -> str:
        return f"{self._path}:{self._parser.CurrentLineNumber}"

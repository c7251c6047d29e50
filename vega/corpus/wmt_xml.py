"""Official test sets of WMT: XML (2021 and later), and JSONL (2024 and later), as a corpus, by document and segment.

A row is a segment of the source: its text, and that of the first reference in the other language. So a test set in a
recipe can be the file as the organisers gave it out, also one that has no references yet: then it can be translated,
and whoever asks for the other side is told that there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from vega.corpus.wmt_document import Document
from vega.corpus.wmt_jsonl import read_jsonl
from vega.corpus.wmt_parser import read_xml
from vega.errors import UserError
from vega.settings.corpora import Corpus, unpacked


@dataclass(frozen=True)
class WmtSegment:
    """A segment of a test set, in the order of the file.

    `document` is its id; `domain` and `collection` are empty where the file has none; `paragraph` counts from 1 in its
    document; `references`: translator -> text, "" for a translator without name; `line` is that of the file.
    """

    document: str
    domain: str
    segment: str
    source: str
    references: dict[str, str]
    collection: str = ""
    paragraph: int = 1
    line: int = 0


def is_jsonl(path: Path) -> bool:
    """Whether the file's name says JSONL, also packed."""
    return unpacked(path).suffix == ".jsonl"


def read_documents(path: Path, direction: tuple[str, str] | None = None) -> Iterator[Document]:
    """The documents of a file; of JSONL only those of a direction, where one is named."""
    path = Path(path)
    if is_jsonl(path):
        return (row.document for row in read_jsonl(path, direction))
    return read_xml(path)


def read_segments(path: Path, languages: tuple[str, str] | None = None) -> list[WmtSegment]:
    """All segments of a file, with all their references. UserError where a reference lacks a segment.

    `languages` (source, target) is needed where the file has several target languages.
    """
    found = [segment for document in read_documents(path, languages) for segment in _segments(document, languages)]
    if not found:
        raise UserError(f"{path}: no document from {' into '.join(languages or ())}. Correct the languages.")
    return found


def has_reference(corpus: Corpus, language: str) -> bool:
    """Whether the first document of a test set in this format has a reference in the language.

    Reading says of which document if a later one has none.
    """
    path = corpus.paths()[language]
    return any(document.reference(language) for document in islice(read_documents(path, _direction(corpus)), 1))


def read_wmt(path: Path, corpus: Corpus, languages: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield a row per segment of the source in `languages`, some of those of `corpus`: source, then target.

    A target that has no reference is empty text if it is asked for after the source, else a UserError.
    """
    found = False
    for document in read_documents(path, _direction(corpus)):
        found = True
        texts = [_texts(document, corpus, code, code == languages[0]) for code in languages]
        for row in zip(*texts, strict=True):
            yield dict(zip(languages, row, strict=True))
    if not found:
        raise UserError(
            f"{path}: no document from {corpus.languages[0]} into {corpus.languages[-1]}. Correct `languages`: "
            "source, then target."
        )


def _direction(corpus: Corpus) -> tuple[str, str] | None:
    return (corpus.languages[0], corpus.languages[1]) if len(corpus.languages) == 2 else None


def _segments(document: Document, languages: tuple[str, str] | None) -> Iterator[WmtSegment]:
    targets = {side.language for side in document.references}
    wanted = languages[1] if languages else next(iter(targets), "")
    if len(targets) > 1 and not languages:
        raise UserError(
            f"{document.file}:{document.line}: document '{document.id}' has references in {', '.join(sorted(targets))}."
            " Say which language is meant."
        )
    sides = {side.name: document.texts(side) for side in document.references if side.language == wanted}
    collection = (document.collection or {}).get("id", "")
    place = 0
    for number, paragraph in enumerate(document.source.paragraphs, start=1):
        for segment in paragraph:
            references = {name: texts[place] for name, texts in sides.items()}
            place += 1
            yield WmtSegment(
                document.id, document.domain, segment.id, segment.text, references, collection, number, segment.line
            )


def _texts(document: Document, corpus: Corpus, code: str, needed: bool) -> list[str]:
    """A side of a document, a text per segment of its source."""
    where = f"{document.file}:{document.line}: document '{document.id}'"
    own = document.source.language
    if own != corpus.languages[0]:
        raise UserError(
            f"{where} is written in '{document.source.tag}'. In `languages` the source comes first: "
            f"[{own}, {next((code for code in corpus.languages if code != own), '...')}]."
        )
    if code == own:
        return [segment.text for segment in document.source.segments]
    reference = document.reference(code)
    if reference is not None:
        return document.texts(reference)
    if needed:
        raise UserError(
            f"{where} has no reference in {code}, so it can be translated into {code}, but not scored or read from "
            f"there. Leave the test set '{corpus.name}' out, or bring the file with references."
        )
    return [""] * sum(1 for _ in document.source.segments)

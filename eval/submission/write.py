"""Write a submission in the form of its test set: source and our translation only; equal input, equal bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from eval.submission.hypothesis import Line
from eval.submission.official import Official
from vega.corpus.wmt_document import Document, Segment
from vega.corpus.wmt_jsonl import FIELDS, field_of, with_lines
from vega.text_files import create_binary

Paragraphs = Sequence[Sequence[Segment]]


def write_submission(official: Official, lines: Sequence[Line], system: str, path: Path, suffix: str) -> None:
    """Write all translations, one per segment in the order of the test set; `suffix`: .gz, .xz or .zst, or none."""
    texts = [line.text for line in lines]
    parts = _jsonl(official, texts) if official.is_jsonl else _xml(official, texts, system)
    with create_binary(path, suffix) as stream:
        for part in parts:
            stream.write(part.encode())


def _xml(official: Official, texts: Sequence[str], system: str) -> Iterator[str]:
    yield "<?xml version='1.0' encoding='utf-8'?>\n"
    yield f"<dataset{_attributes(official.documents[0].dataset)}>\n"
    number, place = 0, 0
    for document in official.documents:
        if document.collection_number != number:
            yield "  </collection>\n" if number else ""
            number = document.collection_number
            yield f"  <collection{_attributes(document.collection or {})}>\n" if number else ""
        count = sum(1 for _ in document.source.segments)
        yield from _document(document, texts[place : place + count], system, official.target_tag, "  " * bool(number))
        place += count
    yield "  </collection>\n" if number else ""
    yield "</dataset>\n"


def _document(document: Document, texts: Sequence[str], system: str, tag: str, indent: str) -> Iterator[str]:
    remaining = iter(texts)
    translated = [
        [Segment(segment.id, next(remaining), 0) for segment in paragraph] for paragraph in document.source.paragraphs
    ]
    yield f"{indent}  <doc{_attributes(document.attributes)}>\n"
    yield from _side("src", document.source.attributes, document.source.paragraphs, indent)
    yield from _side("hyp", {"system": system, "lang": tag}, translated, indent)
    yield f"{indent}  </doc>\n"


def _side(kind: str, attributes: Mapping[str, str], paragraphs: Paragraphs, indent: str) -> Iterator[str]:
    yield f"{indent}    <{kind}{_attributes(attributes)}>\n"
    for paragraph in paragraphs:
        yield f"{indent}      <p>\n"
        for segment in paragraph:
            yield f"{indent}        <seg id={_quoted(segment.id)}>{escape(segment.text, {chr(13): '&#13;'})}</seg>\n"
        yield f"{indent}      </p>\n"
    yield f"{indent}    </{kind}>\n"


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f" {name}={_quoted(value)}" for name, value in attributes.items())


def _quoted(value: str) -> str:
    """Always in double quotes: a program that looks for them finds them."""
    quoted = quoteattr(value.replace('"', "\x00"))
    return quoted.replace("\x00", "&quot;")


def _jsonl(official: Official, texts: Sequence[str]) -> Iterator[str]:
    """The objects as they are, with the translation, and without what the organisers translated."""
    place = 0
    for fields, document in zip(official.rows, official.documents, strict=True):
        count = sum(1 for _ in document.source.segments)
        source = str(fields[field_of(fields, "source") or ""])
        kept = {name: value for name, value in fields.items() if name not in FIELDS["reference"]}
        kept[official.field] = with_lines(source.replace("\r\n", "\n"), list(texts[place : place + count]))
        place += count
        yield json.dumps(kept, ensure_ascii=False) + "\n"

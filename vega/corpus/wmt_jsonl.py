"""Read the JSONL of recent WMT shared tasks (2024 and later): an object per document, often for many directions.

    {"dataset_id": ..., "collection_id": ..., "doc_id": ..., "domain": ..., "src_lang": "en", "tgt_lang": "cs_CZ",
     "src_text": "First line.\\nSecond line.\\n\\nNext paragraph.", ...}

A segment is a line of the source text that is not blank, so that a line of a translation stands for a line of the
source; blank lines part paragraphs. Segments count from 1. Fields go by more than one name from year to year.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from vega.corpus.wmt_document import MAX_DOCUMENT_BYTES, MAX_FILE_BYTES, MAX_SEGMENTS, Document, Segment, Side
from vega.errors import UserError
from vega.text_files import MAX_LINE_BYTES, read_lines

#: What a document says -> the fields that say it, the first that is there.
FIELDS = {
    "id": ("doc_id", "document_id", "sent_id"),
    "source": ("src_text", "source_doc", "source", "src"),
    "reference": ("refs", "ref_text", "tgt_text", "reference", "ref", "target"),
    "domain": ("domain",),
    "source_language": ("src_lang", "source_language"),
    "target_language": ("tgt_lang", "target_language"),
    "collection": ("collection_id",),
}
#: Where a system's translation is.
HYPOTHESIS = "hypothesis"


@dataclass(frozen=True)
class Row:
    """One object of the file, untouched, and the document that it is."""

    fields: Mapping[str, Any]
    document: Document


def read_jsonl(path: Path, direction: tuple[str, str] | None = None, hypothesis: str = HYPOTHESIS) -> Iterator[Row]:
    """Yield the documents of a file, of one direction or of all, checked, in order. Memory is that of one document.

    `hypothesis`: the field of a system's translation.
    """
    seen: set[tuple[str, str]] = set()
    size = 0
    for number, line in enumerate(read_lines(path, longest=MAX_DOCUMENT_BYTES), start=1):
        size += len(line)
        if size > MAX_FILE_BYTES:
            raise UserError(f"{path}:{number}: more than {MAX_FILE_BYTES >> 20} MiB. Is it the JSONL of a test set?")
        if not line.strip():
            continue
        row = Row(fields := _parse(line, path, number), _document(fields, path, number, hypothesis))
        key = (row.document.id, str(fields.get("tgt_lang", "")))
        if key in seen:
            raise UserError(f"{path}:{number}: document '{key[0]}' is there twice. Give every document an id.")
        seen.add(key)
        if direction is None or (row.document.source.language, target_of(row)) == direction:
            yield row
    if not seen:
        raise UserError(f"{path}: the file is empty.")


def target_of(row: Row) -> str:
    """The language that a document is to be translated into."""
    return str(row.document.attributes["target"])


def source_lines(text: str) -> list[list[str]]:
    """Paragraphs of lines; blank lines part them and are none."""
    paragraphs: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip():
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [paragraph for paragraph in paragraphs if paragraph]


def with_lines(text: str, lines: list[str]) -> str:
    """The source text with its lines, but for blank ones, replaced in order; blank lines stay where they are."""
    remaining = iter(lines)
    return "\n".join(next(remaining) if line.strip() else line for line in text.split("\n"))


def field_of(fields: Mapping[str, Any], name: str) -> str | None:
    """The field of an object that says `name`, a key of FIELDS."""
    return next((field for field in FIELDS[name] if fields.get(field) not in (None, "")), None)


def _parse(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line, object_pairs_hook=_without_doubles, parse_constant=_refuse_constant)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else error
        raise UserError(f"{path}:{number}: not valid JSON ({reason}). Every line is one object.") from None
    if not isinstance(found, dict):
        raise UserError(f"{path}:{number}: not a JSON object. Every line is one, in braces.")
    return found


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field is there twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _document(fields: Mapping[str, Any], path: Path, number: int, own: str) -> Document:
    source_tag, target_tag = _languages(fields, path, number)
    text = _text(fields, "source", path, number)
    source = _side("src", source_tag, "", text, number)
    if long := next((each for each in source.segments if len(each.text.encode()) > MAX_LINE_BYTES), None):
        raise UserError(
            f"{path}:{number}: line {long.id} of the source text is longer than {MAX_LINE_BYTES:,} bytes. Split it."
        )
    if sum(1 for _ in source.segments) > MAX_SEGMENTS:
        raise UserError(f"{path}:{number}: more than {MAX_SEGMENTS:,} lines in the source text. Split it.")
    if not any(source.segments):
        raise UserError(f"{path}:{number}: the source text is blank. Delete the line.")
    name = field_of(fields, "id")
    document = _text(fields, "id", path, number)
    if name == "document_id" and "segment_id" in fields:  # an object per segment, as WMT24++
        document = f"{document}#{fields['segment_id']}"
    domain = field_of(fields, "domain")
    collection = field_of(fields, "collection")
    system = str(fields.get("system", ""))
    hypothesis = fields.get(own)
    return Document(
        file=path,
        id=document,
        domain=str(fields[domain]) if domain else "",
        source=source,
        references=tuple(_references(fields, target_tag, number)),
        hypotheses=(_side("hyp", target_tag, system, hypothesis, number),) if isinstance(hypothesis, str) else (),
        line=number,
        attributes={"target": _side("ref", target_tag, "", "", number).language},
        collection={"id": str(fields[collection])} if collection else None,
    )


def _text(fields: Mapping[str, Any], name: str, path: Path, number: int) -> str:
    field = field_of(fields, name)
    if field is None or not isinstance(fields[field], str | int):
        raise UserError(
            f"{path}:{number}: no text in any of the fields {', '.join(FIELDS[name])}. The object has: "
            f"{', '.join(fields)[:200]}. Name one of its fields so."
        )
    return str(fields[field])


def _languages(fields: Mapping[str, Any], path: Path, number: int) -> tuple[str, str]:
    source, target = field_of(fields, "source_language"), field_of(fields, "target_language")
    if source and target:
        return str(fields[source]), str(fields[target])
    pair = str(fields.get("lp", "")).split("-", 1)  # en-de, en-pt_BR
    if len(pair) != 2:
        raise UserError(
            f"{path}:{number}: the object says no languages. It needs src_lang and tgt_lang, or lp as in en-de."
        )
    return pair[0], pair[1]


def _references(fields: Mapping[str, Any], tag: str, number: int) -> Iterator[Side]:
    """`refs` is {name: text} or {name: {"ref": text}}; the other fields are text."""
    field = field_of(fields, "reference")
    content = fields[field] if field else {}
    named = content if isinstance(content, Mapping) else {"": content}
    for name, each in named.items():
        text = each.get("ref") if isinstance(each, Mapping) else each
        if isinstance(text, str) and text.strip():
            yield _side("ref", tag, str(name), text, number)


def _side(kind: str, tag: str, name: str, text: str, line: int) -> Side:
    paragraphs: list[tuple[Segment, ...]] = []
    count = 0
    for paragraph in source_lines(text):
        own = [Segment(str(count + place), each.rstrip("\r"), line) for place, each in enumerate(paragraph, start=1)]
        count += len(own)
        paragraphs.append(tuple(own))
    return Side(kind, tag, name, tuple(paragraphs), line)

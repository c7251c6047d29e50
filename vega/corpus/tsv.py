"""Tab-separated text: a row per line, no quoting, so a quotation mark is a quotation mark.

Every line must have as many columns as the first: a stray tab would shift text into another language.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from vega.errors import UserError
from vega.settings.corpora import Corpus
from vega.text_files import MAX_LINE_BYTES, read_lines

#: A line may be so many times longer than one text.
_MOST_COLUMNS = 64


def read_tsv(path: Path, corpus: Corpus, languages: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield the rows of a TSV file in `languages`, some of those of `corpus`."""
    lines = enumerate(read_lines(path, longest=_MOST_COLUMNS * MAX_LINE_BYTES), start=1)
    first = next(lines, None)
    if first is None:
        raise UserError(f"{path}: the file is empty.")
    head = first[1].split("\t")
    places = _places(path, head, corpus)
    wanted = [(code, places[code]) for code in languages]
    if not _has_header(corpus):
        yield _row(path, 1, head, wanted)
    number = 1
    for number, line in lines:
        cells = line.split("\t")
        if len(cells) != len(head):
            raise UserError(
                f"{path}:{number}: the line has {len(cells)} columns, the first line {len(head)}. "
                "Replace tabs inside text by spaces, or give the line its missing columns."
            )
        yield _row(path, number, cells, wanted)
    if number == 1 and _has_header(corpus):
        raise UserError(f"{path}: the file has a header, but no rows.")


def _row(path: Path, number: int, cells: Sequence[str], wanted: Sequence[tuple[str, int]]) -> dict[str, str]:
    row = {code: cells[place] for code, place in wanted}
    for code, text in row.items():
        if len(text) * 4 > MAX_LINE_BYTES and len(text.encode()) > MAX_LINE_BYTES:
            raise UserError(
                f"{path}:{number}: the '{code}' column is longer than {MAX_LINE_BYTES:,} bytes. "
                "Split it into sentences, or look for lost line breaks."
            )
    return row


def _has_header(corpus: Corpus) -> bool:
    return any(isinstance(column, str) for column in corpus.columns.values())


def _places(path: Path, head: Sequence[str], corpus: Corpus) -> dict[str, int]:
    """Language -> index of its column."""
    if not corpus.columns:
        return _in_order(path, head, corpus.languages)
    return {code: _place(path, head, column) for code, column in corpus.columns.items()}


def _in_order(path: Path, head: Sequence[str], languages: Sequence[str]) -> dict[str, int]:
    fix = f"Name the columns: `columns: {{{', '.join(f'{code}: NAME or NUMBER' for code in languages)}}}`."
    if len(head) != len(languages):
        raise UserError(f"{path}:1: the line has {len(head)} columns, the corpus {len(languages)} languages. {fix}")
    if {cell.strip() for cell in head} == set(languages) and len(languages) > 1:
        raise UserError(f"{path}:1: the line is a header, not text. {fix}")
    return {code: place for place, code in enumerate(languages)}


def _place(path: Path, head: Sequence[str], column: str | int) -> int:
    if isinstance(column, int):
        if column > len(head):
            raise UserError(f"{path}:1: there is no column {column}, the line has {len(head)}. Correct `columns`.")
        return column - 1
    if head.count(column) != 1:
        found = "two columns are" if column in head else "no column is"
        raise UserError(
            f"{path}:1: {found} named '{column}'. The header has: {', '.join(head)[:300]}. Correct `columns`."
        )
    return head.index(column)

"""Parquet: a column per language, or fields of a struct, as the `translation` of Hugging Face's data sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from vega.errors import UserError
from vega.settings.corpora import Corpus
from vega.text_files import check_line

#: The struct that is looked into where no column is named.
STRUCT = "translation"

_BATCH = 4096
#: Bytes of a column read at once; without it, all of a row group, which may hold the whole file.
_BUFFER = 1 << 20


def read_parquet(path: Path, corpus: Corpus, languages: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield the rows of a Parquet file in `languages`, some of those of `corpus`; a null is empty text."""
    import pyarrow as pa  # here: takes a tenth of a second
    import pyarrow.parquet as pq

    if not path.exists():
        raise UserError(f"{path}: no such file. Check the path in the recipe.")
    number = 0
    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER) as file:
            places = {code: _place(path, file.schema_arrow, corpus, code) for code in languages}
            columns = list(dict.fromkeys(".".join(place) for place in places.values()))
            for batch in file.iter_batches(_BATCH, columns=columns, use_threads=False):
                sides = [_bytes(path, batch, place) for place in places.values()]
                for texts in zip(*sides, strict=True):
                    number += 1
                    yield {
                        code: check_line(text or b"", path, number).replace("\n", " ")
                        for code, text in zip(places, texts, strict=True)
                    }
    except (OSError, pa.ArrowInvalid) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: not a Parquet file, or a damaged one ({reason}). Write it again.") from None
    if not number:
        raise UserError(f"{path}: the file has no rows.")


def _place(path: Path, schema: Any, corpus: Corpus, code: str) -> tuple[str, ...]:
    """The way to a language's text: a column, and fields below it."""
    stated = corpus.columns.get(code)
    ways = [stated] if stated is not None else [code, f"{STRUCT}.{code}"]
    for way in map(str, ways):
        for place in ((way,), tuple(way.split("."))):
            if _follow(schema, place) is not None:
                return place
    raise UserError(
        f"{path}: there is no column '{ways[0]}' for '{code}'. Columns: {', '.join(_names(schema))[:300]}. "
        f"Write `columns: {{{', '.join(f'{code}: COLUMN' for code in corpus.languages)}}}`."
    )


def _follow(schema: Any, place: Sequence[str]) -> Any:
    """The type at a place, or None."""
    import pyarrow as pa

    index = schema.get_field_index(place[0])
    found: Any = schema.field(index).type if index >= 0 else None
    for name in place[1:]:
        index = found.get_field_index(name) if found is not None and pa.types.is_struct(found) else -1
        found = found.field(index).type if index >= 0 else None
    return found


def _names(schema: Any) -> Iterator[str]:
    for field in schema:
        inner = [field.type.field(index).name for index in range(field.type.num_fields)]
        yield f"{field.name}.{{{', '.join(inner)}}}" if inner else field.name


def _bytes(path: Path, batch: Any, place: Sequence[str]) -> list[bytes | None]:
    """A batch's texts as bytes: what is no UTF-8 can then be reported with its row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    array = batch.column(place[0])
    for name in place[1:]:
        array = pc.struct_field(array, name)
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
        raise UserError(f"{path}: column '{'.'.join(place)}' holds {array.type}, not text (string). Choose another.")
    if kind != array.type:
        array = array.cast(kind)
    texts: list[bytes | None] = array.cast(pa.large_binary()).to_pylist()
    return texts

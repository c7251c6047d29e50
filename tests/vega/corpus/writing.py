"""Write the same rows in every format."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq

from vega.settings import Corpus

Rows = Sequence[Mapping[str, str]]

PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: pa.compress(content, "zstd", asbytes=True),
}

REGION = {"en": "en-US", "de": "DE-at", "zh": "zh_Hans"}


def tmx(rows: Rows) -> str:
    """A TMX file as tools write it: a DTD that nobody has, regions, pretty-printed."""
    units = [
        "    <tu tuid='1'>\n      <note>not text</note>\n"
        + "".join(
            f'      <tuv xml:lang="{REGION[code]}">\n        <seg>{_xml(text)}</seg>\n      </tuv>\n'
            for code, text in row.items()
        )
        + "    </tu>\n"
        for row in rows
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx version="1.4">\n'
    return f'{head}  <header srclang="en" datatype="PlainText"/>\n  <body>\n{"".join(units)}  </body>\n</tmx>\n'


def _xml(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def write(folder: Path, kind: str, rows: Rows) -> Corpus:
    """The rows in a format, as `text.gz`, `tsv.xz`, `tsv names`, `tmx`, `parquet`, `parquet struct`; their corpus."""
    languages = list(rows[0])
    name, _, variant = kind.partition(" ")
    suffix = Path(name).suffix
    base = name.removesuffix(suffix)
    if base == "text":
        for code in languages:
            content = "".join(f"{row[code]}\n" for row in rows).encode()
            (folder / f"text.{code}{suffix}").write_bytes(PACK[suffix](content))
        return Corpus(name="c", languages=languages, files=str(folder / f"text.{{lang}}{suffix}"))
    path = folder / f"text.{name}"
    columns: dict[str, str | int] = {}
    if base == "tsv":
        columns = _write_tsv(path, suffix, rows, variant)
    elif base == "tmx":
        path.write_bytes(PACK[suffix](tmx(rows).encode()))
    else:
        table = pa.table({code: pa.array([row[code] for row in rows]) for code in languages})
        if variant == "struct":
            table = pa.table({"id": range(len(rows)), "translation": table.to_struct_array()})
        if variant == "names":
            table = pa.table({"other": range(len(rows)), **{f"text {code}": table[code] for code in languages}})
            columns = {code: f"text {code}" for code in languages}
        pq.write_table(table, path, row_group_size=max(1, len(rows) // 3))
    return Corpus(name="c", languages=languages, files=str(path), columns=columns)


def _write_tsv(path: Path, suffix: str, rows: Rows, variant: str) -> dict[str, str | int]:
    languages = list(rows[0])
    lines = ["\t".join(row.values()) for row in rows]
    columns: dict[str, str | int] = {}
    if variant:  # a column before, the order turned round
        lines = ["\t".join(["x", *reversed(list(row.values()))]) for row in rows]
        places = {code: 1 + len(languages) - place for place, code in enumerate(languages)}
        columns = dict(places)
        if variant == "names":
            lines.insert(0, "\t".join(["other", *(f"text {code}" for code in reversed(languages))]))
            columns = {code: f"text {code}" for code in languages}
    path.write_bytes(PACK[suffix]("".join(f"{line}\n" for line in lines).encode()))
    return columns

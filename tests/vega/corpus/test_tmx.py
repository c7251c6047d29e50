"""TMX as tools write it, and as an attacker would."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from vega.corpus import read_rows
from vega.errors import UserError
from vega.settings import Corpus

HEAD = '<?xml version="1.0"?>\n<tmx version="1.4"><header/><body>\n'
UNIT = '<tu><tuv xml:lang="en"><seg>one</seg></tuv><tuv xml:lang="de"><seg>eins</seg></tuv></tu>\n'
TAIL = "</body></tmx>"


def corpus(folder: Path, content: str | bytes, **more: object) -> Corpus:
    path = folder / "text.tmx"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Corpus.model_validate({"name": "c", "languages": ["en", "de"], "files": str(path), **more})


def unit(**texts: str) -> str:
    """A unit with variants; `en_GB` is the language en-GB."""
    variants = "".join(
        f'<tuv xml:lang="{code.replace("_", "-")}"><seg>{text}</seg></tuv>' for code, text in texts.items()
    )
    return f"<tu>{variants}</tu>\n"


def rows(folder: Path, body: str, **more: object) -> list[tuple[str, str]]:
    return [(row["en"], row["de"]) for row in read_rows(corpus(folder, HEAD + body + TAIL, **more))]


def test_any_region_counts_and_the_first_variant_wins(tmp_path: Path) -> None:
    body = unit(fr="un", en_GB="colour", EN_us="color", de="Farbe") + unit(de_CH="zwei", en="two", eng="no", enx="no")
    assert rows(tmp_path, body) == [("colour", "Farbe"), ("two", "zwei")]
    assert rows(tmp_path, body, columns={"en": "en-US", "de": "de"}) == [("color", "Farbe"), ("", "zwei")]
    assert rows(tmp_path, body, columns={"en": "eng", "de": "de"}) == [("", "Farbe"), ("no", "zwei")]


def test_a_unit_without_a_language_has_an_empty_side_and_keeps_its_number(tmp_path: Path) -> None:
    assert rows(tmp_path, unit(en="a", de="b") + unit(en="c", fr="d") + "<tu></tu>") == [
        ("a", "b"),
        ("c", ""),
        ("", ""),
    ]


def test_of_inline_markup_text_stays_and_codes_go(tmp_path: Path) -> None:
    text = (
        'a <bpt i="1">&lt;b></bpt>bold<ept i="1">&lt;/b></ept> <hi>high <ph>{1}</ph>er</hi><ph/> &amp; <![CDATA[<z>]]>'
    )
    assert rows(tmp_path, unit(en=text, de="x")) == [("a bold high er & <z>", "x")]


def test_line_breaks_are_spaces_and_old_files_say_lang(tmp_path: Path) -> None:
    body = '<tu><tuv lang="EN"><prop>no</prop><seg>a\n b\r\nc</seg></tuv><tuv lang="DE"><seg>x</seg></tuv></tu>'
    assert rows(tmp_path, body) == [("a  b c", "x")]


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "cp1252"])
def test_the_declared_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    content = (HEAD.replace("?>", f' encoding="{encoding}"?>', 1) + unit(en="é", de="ü") + TAIL).encode(encoding)
    assert list(read_rows(corpus(tmp_path, content))) == [{"en": "é", "de": "ü"}]


ENTITIES = '<!DOCTYPE tmx [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(("content", "message"), [
    (HEAD + UNIT, r":4: not well-formed TMX \(no element found\). Is the file cut off"),
    (HEAD + UNIT + "<tu><tuv xml:lang='en'><seg>a < b</seg></tuv></tu>" + TAIL, r":4: not well-formed TMX"),
    (HEAD + TAIL, r"there is no translation unit"),
    ("<html/>", r"there is no translation unit"),
    (HEAD + unit(en="a", fr="b") + TAIL, r"no unit has text in 'de'. Its languages: en, fr. Write `columns: \{de:"),
    (HEAD + "<tu><tuv><seg>a</seg></tuv></tu>" + TAIL, r":3: a variant \(tuv\) has no xml:lang"),
    (HEAD.replace("<tmx", f"{ENTITIES}<tmx") + unit(en="&b;", de="x") + TAIL, r":2: the file declares the entity 'a'"),
    (HEAD.replace("<tmx", '<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/passwd">]><tmx') + UNIT + TAIL,
     r":2: the file declares the entity 'a'"),
    (HEAD.replace("<tmx", '<!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx') + unit(en="a&nbsp;b", de="x") + TAIL,
     r":3: the entity '&nbsp;' is not known"),
    (HEAD + unit(en="a&nbsp;b", de="x") + TAIL, r":3: not well-formed TMX \(undefined entity\)"),
    (HEAD.encode() + b"<tu><tuv xml:lang='en'><seg>\xff</seg></tuv></tu>", r":3: not well-formed TMX"),
])  # fmt: skip
def test_a_fault_is_named(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(UserError, match=f"text.tmx.*{message}"):
        list(read_rows(corpus(tmp_path, content)))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    content = corpus(tmp_path, HEAD + UNIT * 15_000 + TAIL)
    assert content.paths()["en"].stat().st_size > 1_300_000
    tracemalloc.start()
    assert sum(1 for _ in read_rows(content)) == 15_000
    # One block: its bytes, and its rows.
    assert tracemalloc.get_traced_memory()[1] < 2_500_000
    tracemalloc.stop()

"""Official test sets of WMT: XML and JSONL as organisers give them out, broken ones, and an attacker's."""

from __future__ import annotations

import contextlib
import gzip
import json
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vega.corpus import read_rows, read_texts
from vega.corpus.wmt_document import MAX_FILE_BYTES, language_of
from vega.corpus.wmt_jsonl import source_lines, with_lines
from vega.corpus.wmt_parser import read_xml
from vega.corpus.wmt_xml import has_reference, read_segments
from vega.errors import UserError
from vega.settings import Corpus

SHARED = Path(__file__).parents[4] / "shared" / "data" / "wmt22"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data/wmt22")

HEAD = "<?xml version='1.0' encoding='utf-8'?>\n"


def side(kind: str, attributes: str, *texts: str, first: int = 1) -> str:
    segments = "".join(f'<seg id="{number}">{text}</seg>\n' for number, text in enumerate(texts, start=first))
    return f"<{kind} {attributes}>\n<p>\n{segments}</p>\n</{kind}>\n"


def doc(name: str, *sides: str, more: str = "") -> str:
    return f'<doc origlang="en" id="{name}"{more}>\n{"".join(sides)}</doc>\n'


SOURCE = side("src", 'lang="en"', "One.", "Two &amp; three.")
A = side("ref", 'lang="de" translator="A"', "Eins.", "Zwei &amp; drei.")
B = side("ref", 'lang="de" translator="B"', "1.", "2 &lt; 3.")
HYP = side("hyp", 'system="Us" lang="de"', "EINS.", "ZWEI.")


def xml(*documents: str) -> str:
    return f'{HEAD}<dataset id="t">\n<collection id="general">\n{"".join(documents)}</collection>\n</dataset>\n'


def corpus(folder: Path, content: str | bytes, name: str = "t.xml", **more: Any) -> Corpus:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Corpus.model_validate({"name": "t", "languages": ["en", "de"], "files": str(path), **more})


def test_documents_with_their_references_are_rows_and_segments(tmp_path: Path) -> None:
    content = xml(doc("d1", SOURCE, A, B, HYP, more=' domain="news"'), doc("d2", side("src", 'lang="en"', "x"), B[:-1]
                  .replace('<seg id="2">2 &lt; 3.</seg>\n', "")))  # fmt: skip
    test = corpus(tmp_path, content)
    assert test.kind == "wmt"
    rows = [("One.", "Eins."), ("Two & three.", "Zwei & drei."), ("x", "1.")]
    assert [(row["en"], row["de"]) for row in read_rows(test)] == rows
    assert list(read_texts(test, "de")) == [row[1] for row in rows]
    first, second, third = read_segments(tmp_path / "t.xml")
    assert second.references == {"A": "Zwei & drei.", "B": "2 < 3."}
    assert (first.document, first.domain, first.segment, first.collection) == ("d1", "news", "1", "general")
    assert (third.document, third.domain, third.references) == ("d2", "", {"B": "1."})
    assert "One." in (tmp_path / "t.xml").read_text().splitlines()[first.line - 1]


@pytest.mark.parametrize("name", ["t.xml", "t.xml.gz", "official.data"])
def test_the_end_of_the_path_says_the_format_and_tmx_stays_tmx(tmp_path: Path, name: str) -> None:
    content = xml(doc("d", SOURCE, A)).encode()
    explicit = {"format": "wmt"} if name == "official.data" else {}
    test = corpus(tmp_path, gzip.compress(content) if name.endswith(".gz") else content, name, **explicit)
    assert [row["de"] for row in read_rows(test)] == ["Eins.", "Zwei & drei."]
    for path, kind in {
        "a.tmx": "tmx",
        "a.tmx.gz": "tmx",
        "a.xml.xz": "wmt",
        "a.tsv": "tsv",
        "a.{lang}": "text",
    }.items():
        assert Corpus(name="a", languages=["en", "de"], files=path).kind == kind


def test_a_set_without_references_can_be_translated_but_not_scored(tmp_path: Path) -> None:
    test = corpus(tmp_path, xml(doc("d", SOURCE)))
    assert list(read_rows(test)) == [{"en": "One.", "de": ""}, {"en": "Two & three.", "de": ""}]
    assert not has_reference(test, "de")
    for languages in (["de"], ["de", "en"]):  # to score it, or to translate from there
        with pytest.raises(UserError, match=r"t.xml:4: document 'd' has no reference in de.*cannot|not scored"):
            list(read_rows(test, languages))


def test_a_set_is_for_the_direction_its_organisers_mean(tmp_path: Path) -> None:
    test = corpus(tmp_path, xml(doc("d", SOURCE, A)))
    assert test.is_for("en", "de") and not test.is_for("de", "en")
    both = Corpus(name="t", languages=["en", "de"], files="t.{lang}")
    assert both.is_for("de", "en") and not both.is_for("de", "cs")
    with pytest.raises(UserError, match=r"is written in 'en'. In `languages` the source comes first: \[en, de\]"):
        list(read_rows(corpus(tmp_path, xml(doc("d", SOURCE, A)), languages=["de", "en"])))


def test_documents_stand_in_collections_or_not_and_ids_are_of_a_collection(tmp_path: Path) -> None:
    plain = f'{HEAD}<dataset id="t">{doc("d", SOURCE, A)}{doc("e", SOURCE, A)}</dataset>'
    path = corpus(tmp_path, plain).paths()["en"]
    assert [(each.id, each.collection) for each in read_xml(path)] == [("d", None), ("e", None)]
    two = xml(doc("d", SOURCE, A)).replace(
        "</collection>", f'</collection><collection id="b">{doc("d", SOURCE)}</collection>'
    )
    path = corpus(tmp_path, two).paths()["en"]
    assert [(each.id, (each.collection or {})["id"]) for each in read_xml(path)] == [("d", "general"), ("d", "b")]


def test_unknown_elements_are_noted_and_line_breaks_are_spaces(tmp_path: Path) -> None:
    extra = "<note><seg id='1'>no</seg></note>"
    content = xml(doc("d", extra, side("src", 'lang="en"', "a\nb&#13;c&#10;d")))
    ignored: dict[str, int] = {}
    (document,) = read_xml(corpus(tmp_path, content).paths()["en"], ignored)
    assert [each.text for each in document.source.segments] == ["a b c d"]
    assert list(ignored) == ["note"]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
FAULTS: list[tuple[str | bytes, str]] = [
    (xml(doc("d", SOURCE, A)).replace("<dataset", f'<!DOCTYPE d [<!ENTITY l0 "lol">{LAUGHS}]><dataset', 1)
     .replace("One.", "&l9;", 1), r":2: the file has a document type declaration"),
    (xml(doc("d", SOURCE)).replace("<dataset", f'<!DOCTYPE d [<!ENTITY q "{"a" * 50_000}">]><dataset', 1)
     .replace("One.", "&q;" * 10_000, 1), r":2: the file has a document type"),
    (xml(doc("d", SOURCE)).replace("<dataset", '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><dataset', 1)
     .replace("One.", "&x;", 1), r":2: the file has a document type"),
    (xml(doc("d", SOURCE)).replace("<dataset", '<!DOCTYPE d SYSTEM "http://127.0.0.1/x.dtd"><dataset', 1),
     r":2: the file has a document type"),
    (xml(doc("d", SOURCE)).replace("One.", "&nbsp;"), r":7: not well-formed XML \(undefined entity\)"),
    (xml(doc("d", SOURCE)).encode().replace(b"One.", b"\xff\xfe"), r":7: not well-formed XML"),
    (xml(doc("d", SOURCE))[:-30], r"not well-formed XML .* Is the file cut off"),
    (xml(doc("d", SOURCE)).replace("utf-8", "klingon-8"), r"unknown encoding"),
    (xml(doc("d", SOURCE)).replace("utf-8", "gb18030"), r"UTF-8"),
    (xml(), r"there is no document"),
    ("<html><doc/></html>", r":1: the file begins with <html>"),
    (xml(doc("d", A)), r":4: document 'd' has no source \(src\)"),
    (xml(doc("d", SOURCE, SOURCE)), r":4: document 'd' has 2 source"),
    (xml(doc("d", SOURCE), doc("d", SOURCE)), r":12: document 'd' is there twice"),
    (xml(doc("", SOURCE)), r":4: a document has no id"),
    (xml(doc("d", side("src", 'lang="en"'))), r":4: the source of document 'd' has no segment"),
    (xml(doc("d", SOURCE.replace('id="2"', 'id="1"'))), r":8: segment 1 of document 'd' \(source\) is there twice"),
    (xml(doc("d", SOURCE.replace('id="1"', 'id="3"'))), r":8: segment 2 of document 'd' comes after segment 3"),
    (xml(doc("d", SOURCE.replace(' id="1"', ""))), r":7: a segment has no id"),
    (xml(doc("d", SOURCE, A.replace('id="2"', 'id="1"'))), r":14: segment 1 of .* \(reference A\) is there twice"),
    (xml(doc("d", SOURCE, A.replace('id="2"', 'id="7"'))), r":14: segment 7 of .* is not in the source"),
    (xml(doc("d", SOURCE, A, A)), r":17: document 'd' has the reference A twice"),
    (xml(doc("d", SOURCE, A.replace('<seg id="1">Eins.</seg>\n', ""))),
     r":11: the reference A of document 'd' has no segment 1, which the source has in line 7"),
    (xml(doc("d", SOURCE, A.replace('id="1"', 'id="9"').replace('id="2"', 'id="1"').replace('id="9"', 'id="2"'))),
     r":14: segment 1 of document 'd' \(reference A\) is out of order"),
    (xml(doc("d", SOURCE.replace("One.", "O<b>n</b>e."))), r":7: markup <b> inside a segment. Escape it as &lt;b&gt;"),
    (xml(doc("d", SOURCE.replace("<p>", "<p>lost"))), r":7: text outside a segment: 'lost'"),
    (xml(doc("d", SOURCE.replace(' lang="en"', ""))), r":5: a <src> has no lang"),
    (xml(doc("d", SOURCE, HYP.replace('system="Us" ', ""))), r":11: a <hyp> has no system"),
    (xml("<seg id='1'>x</seg>"), r":4: <seg> inside <collection>"),
    (xml(doc("d", SOURCE.replace("One.", "a" * 100_001))), r":7: the segment is longer than 100,000 bytes"),
    (xml(doc("d", SOURCE)).replace("<dataset", f"<!--{'-x' * 1_000_000}--><dataset", 1), r"a tag or comment of more"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), FAULTS, ids=range(len(FAULTS)))
def test_a_fault_is_named_with_its_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(UserError, match=f"t.xml.*{message}"):
        list(read_rows(corpus(tmp_path, content)))


def test_bombs_take_no_memory_and_no_time(tmp_path: Path) -> None:
    test = corpus(tmp_path, FAULTS[0][0])
    tracemalloc.start()
    with pytest.raises(UserError):
        list(read_rows(test))
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    long = side("src", 'lang="en"', "a " * 5000)
    test = corpus(tmp_path, xml(*(doc(f"d{number}", long) for number in range(600))))
    assert test.paths()["en"].stat().st_size > 6_000_000
    tracemalloc.start()
    assert sum(1 for _ in read_rows(test, ["en"])) == 600
    assert tracemalloc.get_traced_memory()[1] < 3_000_000  # a block, its documents, and all ids
    tracemalloc.stop()


def test_segments_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vega.corpus.wmt_parser.MAX_FILE_SEGMENTS", 5)
    test = corpus(tmp_path, xml(doc("d", SOURCE, A), doc("e", SOURCE)))
    with pytest.raises(UserError, match=r"t.xml:22: more than 5 segments"):
        list(read_rows(test))
    monkeypatch.setattr("vega.corpus.wmt_parser.MAX_SEGMENTS", 3)
    with pytest.raises(UserError, match=r"t.xml:14: more than 3 segments in a document"):
        list(read_rows(test))


def test_a_packed_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_FILE_BYTES == 256 << 20
    monkeypatch.setattr("vega.corpus.wmt_parser.MAX_FILE_BYTES", 1 << 20)
    content = gzip.compress(xml(doc("d", SOURCE)).encode() + b" " * 3_000_000)
    with pytest.raises(UserError, match=r"t.xml.gz: more than 1 MiB of XML"):
        list(read_rows(corpus(tmp_path, content, "t.xml.gz")))


@given(place=st.integers(0, 600), cut=st.integers(0, 9), put=st.binary(max_size=6), packed=st.booleans())
@settings(max_examples=150, deadline=None)
def test_damage_anywhere_is_an_error_that_a_user_can_read_or_other_text(
    place: int, cut: int, put: bytes, packed: bool
) -> None:
    content = xml(doc("d", SOURCE, A, HYP)).encode()
    if packed:
        content = gzip.compress(content, mtime=0)
    content = content[:place] + put + content[place + cut :]
    with tempfile.TemporaryDirectory() as folder:
        test = corpus(Path(folder), content, "t.xml.gz" if packed else "t.xml")
        with contextlib.suppress(UserError):  # no other error
            assert all("\n" not in row["en"] for row in read_rows(test))


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=9
)


@given(lines=st.lists(TEXT.filter(str.strip), min_size=1, max_size=6), blanks=st.lists(st.booleans(), max_size=5))
@settings(max_examples=60, deadline=None)
def test_lines_of_a_paragraph_go_out_and_come_back(lines: list[str], blanks: list[bool]) -> None:
    text = "\n".join(
        f"{line}\n" if blank else line for line, blank in zip(lines, [*blanks, *[False] * 9], strict=False)
    )
    found = [line for paragraph in source_lines(text) for line in paragraph]
    assert found == lines
    assert with_lines(text, found) == text
    other = with_lines(text, [f"<{line}>" for line in lines])
    assert [len(each) for each in source_lines(other)] == [len(each) for each in source_lines(text)]


def objects(**changes: object) -> list[dict[str, Any]]:
    first = {"dataset_id": "wmt", "collection_id": "general", "doc_id": "en-cs_#_1", "domain": "news", "src_lang": "en",
             "tgt_lang": "cs_CZ", "src_text": "One.\n\nTwo.\nThree.", "refs": {"refA": {"ref": "J.\n\nD.\nT."}},
             "video": None}  # fmt: skip
    return [{**first, **changes}, {**first, "doc_id": "en-de_#_1", "tgt_lang": "de_DE", "refs": None}]


def jsonl(folder: Path, rows: list[dict[str, Any]] | str, languages: tuple[str, str] = ("en", "cs")) -> Corpus:
    content = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows)
    return corpus(folder, content, "t.jsonl", languages=list(languages), format="wmt")


def test_of_jsonl_a_direction_is_read_by_lines(tmp_path: Path) -> None:
    rows = list(read_rows(jsonl(tmp_path, objects())))
    assert rows == [{"en": "One.", "cs": "J."}, {"en": "Two.", "cs": "D."}, {"en": "Three.", "cs": "T."}]
    assert [row["de"] for row in read_rows(jsonl(tmp_path, objects(), ("en", "de")))] == ["", "", ""]
    segments = read_segments(tmp_path / "t.jsonl", ("en", "cs"))
    assert [(s.segment, s.paragraph, s.references) for s in segments] == [
        ("1", 1, {"refA": "J."}), ("2", 2, {"refA": "D."}), ("3", 2, {"refA": "T."}),
    ]  # fmt: skip
    pairs = [
        {"lp": "en-cs_CZ", "document_id": "d", "segment_id": n, "source": f"s{n}", "target": f"t{n}"} for n in (1, 2)
    ]
    assert [row["cs"] for row in read_rows(jsonl(tmp_path, pairs))] == ["t1", "t2"]


@pytest.mark.parametrize(("change", "message"), [
    (lambda: '{"a": 1}\n', r"t.jsonl:1: the object says no languages"),
    (lambda: "[1]\n", r":1: not a JSON object"),
    (lambda: "{\n", r":1: not valid JSON"),
    (lambda: '{"a": 1, "a": 2}\n', r":1: not valid JSON \(a field is there twice"),
    (lambda: '{"a": NaN}\n', r":1: not valid JSON \(NaN"),
    (lambda: '{"a": "\\ud800"}\n', r":1: not valid JSON"),
    (lambda: "[" * 100_000 + "\n", r":1: not valid JSON \(nested too deep"),
    (lambda: objects() + objects()[:1], r":3: document 'en-cs_#_1' is there twice"),
    (lambda: objects(src_text=" \n"), r":1: the source text is blank"),
    (lambda: objects(src_text=None), r":1: no text in any of the fields src_text"),
    (lambda: objects(src_text="a" * 100_001), r":1: line 1 of the source text is longer than 100,000 bytes"),
    (lambda: objects(refs={"refA": {"ref": "J."}}), r"the reference refA of document 'en-cs_#_1' has no segment 2"),
    (lambda: objects()[1:], r"no document from en into cs"),
    (lambda: "", r"the file is empty"),
])  # fmt: skip
def test_a_fault_in_jsonl_is_named(tmp_path: Path, change: Callable[[], Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        list(read_rows(jsonl(tmp_path, change())))


def test_tags_of_languages() -> None:
    tags = {"zh-TW": "zh", "cs_CZ": "cs", "ces_Latn": "cs", "zho_Hans": "zh", "EN": "en", "is": "is", "hsb": "hsb"}
    assert {tag: language_of(tag) for tag in tags} == tags


@needs_shared
@pytest.mark.parametrize(("pair", "references"), [("en-zh", "AB"), ("ja-en", "A"), ("ru-en", "A")])
def test_the_real_files_say_what_the_organisers_text_files_say(pair: str, references: str) -> None:
    source, target = pair.split("-")
    path = SHARED / "xml" / f"wmttest2022.{pair}.trimmed.xml.gz"
    general = [each for each in read_segments(path) if each.collection == "general"]

    def lines(folder: str, end: str) -> list[str]:
        return (
            gzip.decompress((SHARED / folder / f"generaltest2022.{pair}.{end}.gz").read_bytes()).decode().splitlines()
        )

    assert [each.source for each in general] == lines("sources", f"src.{source}")
    for name in references:
        assert [each.references[name] for each in general] == lines("references", f"ref.{name}.{target}")
    assert {each.domain for each in general} >= {"news", "ecommerce"}

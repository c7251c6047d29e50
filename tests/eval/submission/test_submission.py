"""A package goes out as it came in, and nothing goes out that is wrong."""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.submission.run import run
from tests.eval.submission.official_files import DOCUMENTS, GERMAN, hypothesis, long_official, official, official_jsonl
from vega.corpus.wmt_parser import read_xml
from vega.errors import UserError
from vega.settings.submission import SubmissionSettings

SHARED = Path(__file__).parents[4] / "shared" / "data" / "wmt22"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data/wmt22")


def submit(source: Path, *files: Path, output: Path | None = None, **more: Any) -> list[str]:
    """Submit; returns what is said."""
    said: list[str] = []
    values = {"input": source, "hypothesis": list(files), "system": "Us", "output": output, **more}
    run(SubmissionSettings.model_validate(values), said.append)
    return said


def recorded(output: Path) -> list[tuple[str, str, int]]:
    """(level, kind, line) of every finding."""
    checks = json.loads(output.with_name(f"{output.name}.checks.json").read_text(encoding="utf-8"))
    return [(each["level"], each["kind"], each["line"]) for each in checks["findings"]]


def test_the_package_is_the_official_file_with_our_translation_alone(tmp_path: Path) -> None:
    source = official(tmp_path, reference=True, hypothesis="Others")
    output = tmp_path / "out" / "Us.xml"
    submit(source, hypothesis(tmp_path, GERMAN), output=output)
    (tmp_path / "expected").mkdir()
    expected = official(tmp_path / "expected", reference=False, hypothesis="Us").read_text(encoding="utf-8")
    assert output.read_text(encoding="utf-8") == expected
    assert recorded(output) == []
    assert sorted(path.name for path in output.parent.iterdir()) == ["Us.xml", "Us.xml.checks.json"]


def test_it_is_idempotent_and_its_own_input(tmp_path: Path) -> None:
    source, first, second = official(tmp_path), tmp_path / "a.xml", tmp_path / "b.xml"
    submit(source, hypothesis(tmp_path, GERMAN), output=first)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("a.xml*")}
    submit(source, hypothesis(tmp_path, GERMAN), output=first)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("a.xml*")} == before
    submit(source, first, output=second)  # a package is a hypothesis too
    assert second.read_bytes() == first.read_bytes()
    assert submit(source, first) == [f"{first}: 6 segments in 2 documents, en-de: fit to be uploaded, 0 warnings."]
    assert submit(first, first)[0].endswith("0 warnings.")
    submit(source, first, output=tmp_path / "c.xml.gz")
    assert gzip.decompress((tmp_path / "c.xml.gz").read_bytes()) == first.read_bytes()


#: Everything that XML can hold and a line can; a carriage return only inside of it.
LINE = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n\ufffe\uffff" + "".join(map(chr, range(32)))),
    min_size=1,
    max_size=12,
).filter(str.strip)


@given(lines=st.lists(LINE, min_size=6, max_size=6), system=st.sampled_from(["Us", 'A "B" <C> & D\'s', "Ü-1"]))
@settings(max_examples=40, deadline=None)
def test_any_text_comes_out_as_it_went_in(lines: list[str], system: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        output = folder / "Us.xml"
        submit(official(folder), hypothesis(folder, lines), output=output, system=system)
        sides = [document.hypothesis(system) for document in read_xml(output)]
        assert [segment.text for side in sides if side for segment in side.segments] == lines


def test_files_by_document_or_one_after_another(tmp_path: Path) -> None:
    source, whole = official(tmp_path), tmp_path / "whole.xml"
    submit(source, hypothesis(tmp_path, GERMAN), output=whole)
    parts = [hypothesis(tmp_path, GERMAN[:3], "1.de"), hypothesis(tmp_path, GERMAN[3:], "2.de")]
    for files in (parts, [hypothesis(tmp_path, GERMAN[:1], "a"), hypothesis(tmp_path, GERMAN[1:5], "b"),
                          hypothesis(tmp_path, GERMAN[5:], "c")]):  # fmt: skip
        submit(source, *files, output=tmp_path / "parts.xml")
        assert (tmp_path / "parts.xml").read_bytes() == whole.read_bytes()
    said: list[str] = []
    short = hypothesis(tmp_path, GERMAN[:2], "1.de")
    with pytest.raises(UserError, match="1 error, see"):
        run(SubmissionSettings(input=source, hypothesis=[short, parts[1]], system="Us"), said.append)
    assert said[0].startswith(f"error: {short}:2: 2 lines for 3 segments")  # of the second document none is blamed


def test_a_carriage_return_survives_any_reader_of_xml(tmp_path: Path) -> None:
    output = tmp_path / "Us.xml"
    submit(official(tmp_path), hypothesis(tmp_path, ["a\rb", *GERMAN[1:]]), output=output)
    found = ElementTree.parse(output).find(".//hyp//seg")
    assert found is not None and found.text == "a\rb"


def test_of_jsonl_fields_stay_and_lines_stand_where_they_stood(tmp_path: Path) -> None:
    source, output = official_jsonl(tmp_path), tmp_path / "Us.jsonl"
    files = hypothesis(tmp_path, GERMAN)
    with pytest.raises(UserError, match=r"it has 2 directions. Add --direction with one of en-cs, en-de"):
        submit(source, files, output=output)
    submit(source, files, output=output, direction="en-de")
    before = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()[:2]]
    after = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [row.pop("hypothesis") for row in after] == [
        f"{GERMAN[0]}\n{GERMAN[1]}\n\n{GERMAN[2]}", f"{GERMAN[3]}\n\n{GERMAN[4]}\n{GERMAN[5]}",
    ]  # fmt: skip
    for row in before:
        row.pop("refs")
    assert after == before
    assert "secret" not in output.read_text(encoding="utf-8")
    submit(source, output, output=tmp_path / "again.jsonl", direction="en-de")
    assert (tmp_path / "again.jsonl").read_bytes() == output.read_bytes()
    named = {"direction": "en-de", "field": "tgt_text"}
    submit(source, files, output=tmp_path / "named.jsonl", **named)
    written = (tmp_path / "named.jsonl").read_text(encoding="utf-8")
    assert written == output.read_text(encoding="utf-8").replace('"hypothesis"', '"tgt_text"')
    assert "0 warnings" in submit(source, tmp_path / "named.jsonl", **named)[0]


BROKEN: list[tuple[dict[int, str | None], str, int]] = [
    ({5: None}, "error: .*hyp.de:5: 5 lines for 6 segments of .*After this line the first is missing "
     r"\(document d&1, segment 3\)", 0),
    ({6: "One more."}, r"error: .*hyp.de:7: 7 lines for 6 segments of .*first too many", 0),
    ({0: ""}, r"error: .*hyp.de:1: the translation is empty \(document d&0, segment 1\)", 1),
    ({2: " \t "}, r"error: .*hyp.de:3: the translation is empty", 3),
    ({3: "Der \x08 Ausschuss"}, r"error: .*hyp.de:4: U\+0008 at character 5 cannot be in XML", 4),
    ({4: "Er \ufffe"}, r"error: .*hyp.de:5: U\+FFFE at character 4 cannot be in XML", 5),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message", "line"), BROKEN)
def test_an_error_names_the_place_and_stops(
    tmp_path: Path, changes: dict[int, str | None], message: str, line: int
) -> None:
    lines: list[str | None] = [*GERMAN, None]
    for place, text in changes.items():
        lines[place] = text
    files = hypothesis(tmp_path, [text for text in lines if text is not None])
    said: list[str] = []
    output = tmp_path / "out" / "Us.xml"
    values = {"input": official(tmp_path), "hypothesis": [files], "system": "Us", "output": output}
    with pytest.raises(UserError, match=r"1 error, see above. Nothing was written"):
        run(SubmissionSettings.model_validate(values), said.append)
    assert any(re.match(message, each) for each in said), said
    assert not output.parent.exists()


WARNINGS: list[tuple[int, str, str]] = [
    (2, DOCUMENTS[0][1][0], "untranslated"),
    (2, "Personne n'est sorti pour faire une promenade.", "language"),
    (1, "Es regnete\u2028& es war kalt.", "control"),
    (1, "Es regnete\rund es war kalt.", "control"),
    (3, "▁Der ▁Ausschuss ▁wird nächste Woche wieder zusammenkommen.", "leftover"),
    (3, "__de__ Der Ausschuss wird nächste Woche wieder zusammenkommen.", "leftover"),
]


@pytest.mark.parametrize(("place", "text", "kind"), WARNINGS)
def test_a_warning_is_printed_and_recorded_and_strict_makes_it_an_error(
    tmp_path: Path, place: int, text: str, kind: str
) -> None:
    lines = [*GERMAN]
    lines[place] = text
    files, output = hypothesis(tmp_path, lines), tmp_path / "Us.xml"
    with pytest.raises(UserError, match=r"errors? \(warnings are errors with --strict\)"):
        submit(official(tmp_path), files, output=output, strict=True)
    assert not output.exists()
    said = submit(official(tmp_path), files, output=output)
    found = recorded(output)
    assert ("warning", kind, place + 1) in found
    assert said[0].startswith(f"warning: {files}:{place + 1}: ")
    assert all(level == "warning" for level, _, _ in found)


ENGLISH = [
    f"The {place} committee of the {thing} will decide on the new rules about {thing} next {day}."
    for place in ("second", "third", "largest", "oldest")
    for thing, day in (("harbour", "Monday"), ("railway", "Tuesday"), ("university", "Friday"))
]
LONG = [
    f"Der {place} Ausschuss {thing} wird am kommenden {day} über die neuen Regeln {thing} entscheiden."
    for place in ("zweite", "dritte", "größte", "älteste")
    for thing, day in (("des Hafens", "Montag"), ("der Eisenbahn", "Dienstag"), ("der Universität", "Freitag"))
]


@pytest.mark.parametrize(("lines", "message"), [
    (ENGLISH, r"error: .*hyp.de: 12 of 12 translations are the source. Is it the right file\?"),
    ([line.replace("Ausschuss", "výbor").replace("wird am kommenden", "rozhodne příští týden v") for line in
      ["Výbor přístavu rozhodne o nových pravidlech příští pondělí odpoledne."] * 12],
     r"error: .*hyp.de: 12 of 12 longer translations are not in 'de'"),
])  # fmt: skip
def test_the_wrong_file_is_an_error(tmp_path: Path, lines: list[str], message: str) -> None:
    said: list[str] = []
    values = {"input": long_official(tmp_path, ENGLISH), "hypothesis": [hypothesis(tmp_path, lines)], "system": "Us",
              "direction": "en-de"}  # fmt: skip
    with pytest.raises(UserError, match="not fit to be uploaded"):
        run(SubmissionSettings.model_validate(values), said.append)
    assert any(re.match(message, each) for each in said), said
    assert sum("more like this" in each for each in said) >= 1  # five of a kind are printed


def test_lengths_and_order_are_looked_at(tmp_path: Path) -> None:
    source, output = long_official(tmp_path, ENGLISH), tmp_path / "Us.xml"
    fine = hypothesis(tmp_path, LONG)
    submit(source, fine, output=output, direction="en-de")
    assert recorded(output) == []
    lines = [LONG[0] * 4, "Ausschuss.", *LONG[2:]]
    submit(source, hypothesis(tmp_path, lines), output=output, direction="en-de")
    assert recorded(output) == [("warning", "long", 1), ("warning", "short", 2)]


def test_lines_that_were_moved_are_noticed(tmp_path: Path) -> None:
    names = ["Aarhus", "Bilbao", "Coventry", "Dubrovnik", "Eindhoven", "Freiberg", "Göteborg", "Heraklion", "Innsbruck",
             "Jyväskylä", "Kaliningrad", "Ljubljana"]  # fmt: skip
    source = long_official(tmp_path, [f"Number {n} of the list is the town of {name}." for n, name in enumerate(names)])
    lines = [f"Nummer {n} der Liste ist die Stadt {name}." for n, name in enumerate(names)]
    output = tmp_path / "Us.xml"
    submit(source, hypothesis(tmp_path, [*lines[1:], lines[0]]), output=output, direction="en-de")
    assert ("warning", "order") in {each[:2] for each in recorded(output)}


def test_a_package_must_fit_the_official_file(tmp_path: Path) -> None:
    source, package = official(tmp_path), tmp_path / "a.xml"
    submit(source, hypothesis(tmp_path, GERMAN), output=package)
    good = package.read_text(encoding="utf-8")
    for change, message in {
        ('system="Us"', 'system="Them"'): "has no translation by 'Us'; it has Them",
        ('id="d&amp;1"', 'id="other"'): "document 'd&1' is not in it",
        (f'          <seg id="2">{GERMAN[1].replace("&", "&amp;")}</seg>\n', ""): "the translation has no such segment",
        ("The weather", "The wheather"): "the source is not that of the official file",
    }.items():
        package.write_text(good.replace(*change, 1), encoding="utf-8")
        said: list[str] = []
        values = SubmissionSettings(input=source, hypothesis=[package], system="Us")
        with pytest.raises(UserError, match="not fit to be uploaded"):
            run(values, said.append)
        assert any(message in each for each in said), said


@pytest.mark.parametrize(("values", "message"), [
    ({"output": "official.xml"}, "would overwrite what is read"),
    ({"output": "out.jsonl"}, r"is a .xml file. Name it so"),
    ({"output": "."}, "it is a folder"),
    ({"run": "nowhere"}, "--run: the declaration is written beside --output"),
    ({"run": "nowhere", "output": "a.xml"}, "nowhere: no such folder"),
    ({"run_system": "x"}, "--run-system: it names a system of a run"),
    ({"system": "a\nb"}, "--system: .* is no name"),
    ({"direction": "de"}, "--direction: 'de' is none"),
    ({"direction": "en-cs"}, "official.xml: it is translated into de, not cs. Correct --direction"),
    ({"hypothesis": ["none.de"]}, "none.de: no such file"),
    ({"input": "none.xml"}, "none.xml: no such file"),
    ({"hypothesis": ["hyp.de", "official.xml"]}, "a package holds all translations. Name it alone"),
])  # fmt: skip
def test_a_mistake_in_the_call_is_named(
    tmp_path: Path, values: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    official(tmp_path)
    hypothesis(tmp_path, GERMAN)
    given = {"input": "official.xml", "hypothesis": ["hyp.de"], "system": "Us", **values}
    with pytest.raises(UserError, match=message):
        run(SubmissionSettings.model_validate(given), lambda line: None)


@pytest.mark.parametrize(("content", "message"), [
    (b"gut\n\xff\xfe\n", r"hyp.de:2: invalid UTF-8"),
    (b"gut\n\0\n", r"hyp.de:2: NUL byte"),
    (b"a" * 100_002 + b"\n", r"hyp.de:1: the line is longer than 100,000 bytes"),
])  # fmt: skip
def test_a_broken_file_of_translations_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    files = tmp_path / "hyp.de"
    files.write_bytes(content)
    with pytest.raises(UserError, match=message):
        submit(official(tmp_path), files)


@needs_shared
@pytest.mark.parametrize("pair", ["en-zh", "ja-en", "ru-en"])
def test_the_system_in_the_real_files_comes_out_as_it_went_in(tmp_path: Path, pair: str) -> None:
    name, target = "JDExploreAcademy", pair.split("-")[1]
    source = SHARED / "xml" / f"wmttest2022.{pair}.trimmed.xml.gz"
    text = gzip.decompress(source.read_bytes()).decode()
    output = tmp_path / "out.xml"
    submit(source, source, output=output, system=name)
    assert segments(output.read_text(encoding="utf-8"), name) == segments(text, name)
    assert [line for line in recorded(output) if line[0] == "error"] == []
    lines = [line for document in read_xml(output) for side in document.hypotheses for line in side.segments]
    general = gzip.decompress((SHARED / "outputs" / f"generaltest2022.{pair}.hyp.{name}.{target}.gz").read_bytes())
    assert [line.text for line in lines][: len(general.decode().splitlines())] == general.decode().splitlines()
    again = hypothesis(tmp_path, [line.text for line in lines])
    submit(source, again, output=tmp_path / "again.xml", system=name)
    assert (tmp_path / "again.xml").read_bytes() == output.read_bytes()


def segments(text: str, system: str) -> list[str]:
    """Every line of a system's translation as it stands in the file, markup and escapes and all."""
    blocks = re.findall(rf'<hyp system="{system}".*?</hyp>', text, re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines()]

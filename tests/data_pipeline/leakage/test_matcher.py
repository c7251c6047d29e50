"""What matches and what does not, on lines small enough to see why."""

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.folding import fold
from data_pipeline.leakage.candidates import Candidates
from data_pipeline.leakage.features import gram_keys
from data_pipeline.leakage.index import write_index
from data_pipeline.leakage.matcher import Matcher
from data_pipeline.leakage.part_builder import PartBuilder
from vega.normalize import normalize

Row = Mapping[str, str]

TEST = [
    {"en": "The quick brown fox jumps over the lazy dog near the river bank", "de": "Ein Fuchs springt über den Hund"},
    {"en": "Open", "de": "Öffnen"},
    {"en": "Deletes the current sheet", "de": "Löscht die aktuelle Tabelle jetzt sofort"},
    {"en": "Two dogs", "ja": "この計算書はまったく新しい表を作成するために使います。"},
    {"en": "Three", "zh": "在 LibreOffice 中选择工具并打开新的电子表格文件以编辑内容"},
]


def matcher(rows: Sequence[Row], hashed: bool = False) -> Matcher:
    builder = PartBuilder(hashed)
    for number, row in enumerate(rows, start=1):
        builder.add("test", number, [(code, normalize(text)) for code, text in row.items()])
    return Matcher([builder.build()])


FULL, HASHED = matcher(TEST), matcher(TEST, hashed=True)


@pytest.mark.parametrize(("row", "kind", "side", "line"), [
    ({"en": TEST[0]["en"]}, "exact", "en", 1),
    ({"en": "Unrelated", "de": TEST[0]["de"]}, "exact", "de", 1),
    ({"en": "the QUICK brown fox, jumps over the lazy dog; near the river-bank!".replace("-", " ")}, "folded", "en", 1),
    ({"de": "Öffnen", "en": "Open"}, "exact", "de", 2),
    ({"en": "OPEN!", "de": "Öffnen"}, "folded", "en", 2),
    ({"en": f"Yes: {TEST[0]['en']}, or so my neighbour says"}, "ngram", "en", 1),
    ({"en": "The quick brown fox jumps over the lazy"}, "ngram", "en", 1),
    ({"en": "The quick brown fox jumps over the sleepy dog near the river bank"}, "near", "en", 1),
    ({"en": "The quick brwon fox jumps over teh lazy dog near the river bank"}, "near", "en", 1),
    ({"en": "Delets the current sheet"}, "near", "en", 3),
    ({"ja": "この計算書は、まったく新しい図を作成するために使います"}, "near", "ja", 4),
    ({"ja": f"注意してください、{TEST[3]['ja']}以上ですので、どうぞよろしく"}, "ngram", "ja", 4),
    ({"zh": "在ＬｉｂｒｅＯｆｆｉｃｅ中选择工具并打开新的电子表格文件以编辑内容！"}, "folded", "zh", 5),
])  # fmt: skip
def test_found(row: Row, kind: str, side: str, line: int) -> None:
    found = FULL.find(row)
    assert found is not None
    assert (found.kind, found.side, found.test_set, found.line) == (kind, side, "test", line)
    assert found.similarity == 1 if kind in ("exact", "folded") else 0.5 < found.similarity <= 1


@pytest.mark.parametrize("row", [
    {"en": "Open"},
    {"en": "Open", "de": "Aufmachen"},
    {"en": "Open", "cs": "Öffnen"},
    {"en": "Ein Fuchs springt über den Hund"},
    {"en": "Deletes the current slide"},
    {"en": "It deletes the current sheet as well as the next"},
    {"en": "A dog near the river bank saw the quick brown fox"},
    {"en": "The quick brown fox jumps"},
    {"en": "Shift over the lazy dog near"},
    {"zh": "在 LibreOffice 中"},
    {"en": "", "de": ""},
    {"en": "...", "de": "!"},
    {},
])  # fmt: skip
@pytest.mark.parametrize("index", [FULL, HASHED], ids=["text", "hashed"])
def test_not_found(row: Row, index: Matcher) -> None:
    assert index.find(row) is None


def test_the_strongest_match_is_told() -> None:
    """Not the first side, nor the first test line."""
    near = "The quick brown fox jumps over the lazy cat near the river bank"
    found = matcher([{"en": TEST[0]["en"]}] * 3).find({"en": TEST[0]["en"]})
    assert found and found.line == 1  # of equals the first
    for wanted, other in permutations((near, TEST[0]["en"])):
        for lines in ([wanted, other], [other, wanted]):
            found = matcher([{"en": line} for line in lines]).find({"en": wanted.replace("quick", "quicker")})
            assert found and lines[found.line - 1] == wanted
    index = matcher([{"en": near}, *TEST])
    found = index.find({"de": TEST[0]["de"].upper(), "en": TEST[0]["en"]})
    assert found and (found.kind, found.side, found.line) == ("exact", "en", 2)
    found = index.find({"en": TEST[0]["en"].replace("quick", "quicker")})
    assert found and (found.kind, found.line) == ("near", 2)


def test_hashes_without_text_find_what_they_can() -> None:
    kinds = {}
    for kind, line in {
        "exact": TEST[0]["en"],
        "folded": TEST[0]["en"].upper(),
        "ngram": f"Yes and again {TEST[0]['en']} I think so too",
        "near": "The quick brown fox jumps over the sleepy dog near the river bank",
        "short": "Löscht die aktuelle Datei jetzt sofort",
    }.items():
        found = HASHED.find({"en" if kind != "short" else "de": line})
        kinds[kind] = found and found.kind
    assert kinds == {"exact": "exact", "folded": "folded", "ngram": "ngram", "near": "near", "short": "near"}


@given(st.lists(st.tuples(st.text(), st.text()), max_size=6), st.booleans())
def test_every_long_test_line_is_found_in_itself(rows: list[tuple[str, str]], hashed: bool) -> None:
    """Whatever characters there are; so is a pair of short sides."""
    test = [{"en": normalize(f"{one} four long words here"), "zh": normalize(two)} for one, two in rows]
    index = matcher(test, hashed)
    for row in test:
        found = index.find(row)
        assert found is not None and found.kind in ("exact", "folded")  # a line before it may fold to the same


@given(st.lists(st.text(), max_size=4), st.text())
def test_no_line_breaks_the_search(lines: list[str], line: str) -> None:
    index = matcher([{"en": normalize(text), "ja": normalize(text)} for text in lines])
    index.find({"en": normalize(line), "ja": normalize(line)})


def test_loading_gives_the_same_answers(tmp_path: Path, invented: Callable[..., list[str]]) -> None:
    rows = [{"en": one, "zh": two} for one, two in zip(invented("en", 60), invented("zh", 60), strict=True)]
    builder = PartBuilder()
    for row in rows:
        builder.add("invented", 0, list(row.items()))
    write_index({"only": builder.build()}, tmp_path / "index")
    loaded, direct = Matcher.load(tmp_path / "index"), Matcher([builder.build()])
    changed = [{code: text[:-4] + "x" for code, text in row.items()} for row in rows]
    answers = [direct.find(row) for row in rows + changed]
    assert [loaded.find(row) for row in rows + changed] == answers
    assert all(answers[: len(rows)])


@pytest.mark.parametrize("hashed", [False, True])
def test_keys_that_agree_by_chance_across_languages_are_no_match(hashed: bool) -> None:
    """One row of free6 had them: 32 bits are few for millions of n-grams."""
    builder = PartBuilder(hashed)
    text = fold(normalize(TEST[3]["ja"]), "ja")
    builder.add("test", 1, [("ja", normalize(TEST[3]["ja"]))])
    candidates = Candidates(builder.build())
    assert list(candidates.judge(text, "ja", gram_keys(text, "ja")))
    assert not list(candidates.judge("an english line of words", "en", gram_keys(text, "ja")))

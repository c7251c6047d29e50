"""`vega data` tells of each line what happened to it."""

import json
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from data_pipeline import clean
from vega.cli import app
from vega.errors import UserError
from vega.settings import CleanSettings, Corpus

PAIRS = [
    ("The quick brown fox jumps over it", "Der schnelle braune Fuchs springt darüber"),
    ("LibreOffice Writer", "LibreOffice Writer"),
    ("THE QUICK brown fox jumps over it!", "Der schnelle  braune Fuchs springt darüber."),
    ("Short", "Ein sehr langer Satz, der unmöglich eine Übersetzung sein kann"),
    ("The sentence of the test is this one", "Etwas ganz anderes steht da"),
    ("A longer line that fits well", "Eine längere Zeile passt ganz gut"),
]
TEST = [("The sentence of the test is this one.", "Der Satz im Test ist dieser.")]
MONO = ["A longer line that fits well", "Nobody has said this before", "", "Nobody has said this  before"]
#: Other files with the pairs in them: name -> columns.
TABLES: dict[str, dict[str, str | int]] = {
    "plain.tsv": {},
    "headed.tsv.gz": {"en": "english", "de": "german"},
    "memory.tmx": {},
    "rows.parquet": {},
}
#: Synthetic text of a round; the second pair nearly repeats a genuine one.
MADE = [("A fox that nobody knows sleeps", "Ein Fuchs schläft, den niemand kennt"), ("x", "y"),
        ("The quick brown fox jumps over it", "Der schnelle braune Fuchs springt darüber")]  # fmt: skip


def write_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_pairs(stem: str, rows: list[tuple[str, str]]) -> None:
    for column, code in enumerate(("en", "de")):
        write_lines(Path(f"{stem}.{code}"), [row[column] for row in rows])


def write_tables() -> None:
    import gzip

    write_lines(Path("plain.tsv"), ["\t".join(row) for row in PAIRS])
    lines = ["id\tgerman\tenglish", *(f"{at}\t{de}\t{en}" for at, (en, de) in enumerate(PAIRS))]
    Path("headed.tsv.gz").write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))
    units = "".join(
        f'<tu><tuv xml:lang="en-GB"><seg>{escape(en)}</seg></tuv>'
        f'<tuv xml:lang="de"><seg>{escape(de)}</seg></tuv></tu>\n'
        for en, de in PAIRS
    )
    Path("memory.tmx").write_text(
        f'<?xml version="1.0"?><tmx version="1.4"><header/><body>\n{units}</body></tmx>', encoding="utf-8"
    )
    pq.write_table(pa.table({"translation": [{"de": de, "en": en} for en, de in PAIRS]}), "rows.parquet")


def corpus(name: str, files: str, languages: tuple[str, ...] = ("en", "de"), **more: object) -> Corpus:
    return Corpus(name=name, languages=list(languages), files=files, **more)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """runs/x: pairs, monolingual text and a synthesis round; runs/tables: the pairs in other formats."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_pairs("train", PAIRS)
        write_pairs("test", TEST)
        write_lines(Path("mono.en"), MONO)
        held_out = [corpus("test", "test.{lang}")]
        for name, columns in TABLES.items():
            write_tables()
            table = corpus("t", name, columns=columns)
            stage = Path("runs", name, "clean")
            clean.run(CleanSettings(corpora=[table], held_out=held_out, workers=1), stage)
        corpora = [corpus("train", "train.{lang}"), corpus("news", "mono.{lang}", ("en",))]
        clean.run(CleanSettings(corpora=corpora, held_out=held_out, workers=1), Path("runs/x/clean"))
        write_round(held_out)
    return folder


def write_round(held_out: list[Corpus]) -> None:
    """Stages of round r1 as synthesis leaves them, its text compared with the genuine text."""
    made = Path("runs/x/synthesize-r1")
    write_pairs(str(made / "r1_bt.en-de"), MADE)
    (made / "provenance").mkdir()
    provenance = {
        "corpus": ["mono.en"] * 4, "line": [1, 2, 2, 4], "rank": [0, 0, 1, 0],
        "outcome": ["kept", "kept", "kept", "unfinished"], "error": [None] * 4,
        "pair_score": pa.array([-1.5, -2.5, -3.5, None], pa.float32()), "output_line": [1, 2, 3, None],
    }  # fmt: skip
    pq.write_table(pa.table(provenance), made / "provenance/r1_bt.en-de.parquet")
    text = {
        "lines": 3, "candidates": 4, "kept": 3, "dropped": {"unfinished": 1}, "quarantined": {},
        "hours_per_million_kept": 12.345,
    }  # fmt: skip
    (made / "synthesize.json").write_text(json.dumps({"texts": {"r1_bt.en-de": text}}))
    genuine = corpus("genuine", "runs/x/clean/train.en-de.{lang}")
    synthetic = corpus("r1_bt", str(made / "r1_bt.en-de.{lang}"), tag="bt", directions=["en-de"])
    settings = CleanSettings(corpora=[synthetic], against=[genuine], held_out=held_out, workers=1)
    clean.run(settings, Path("runs/x/clean-r1"))
    report = Path("runs/x/leakage-r1/leakage.json")
    report.parent.mkdir()
    report.write_text(json.dumps({"passed": True, "hits": 0, "allow": 0}))


@pytest.fixture(autouse=True)
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(folder)
    yield


def call(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["data", *arguments])
    if isinstance(result.exception, UserError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


FATES = [
    (1, ["de: Der schnelle", "\nkept\n", "share=0 "]),
    (2, ["dropped by copy", "share=1 ", "max_share=0.0"]),
    (3, ["dropped by duplicate", "repeats {corpus}.en-de, line 1 (similarity 1.00)", "    en: The quick brown fox"]),
    (4, ["dropped by length_ratio", "copy          not asked", "max_ratio=3.0"]),
    (5, ["dropped by held_out", "folded match with test, line 1", "    de: Der Satz im Test ist dieser."]),
]


@pytest.mark.parametrize(("line", "said"), FATES)
def test_why(line: int, said: list[str]) -> None:
    for output in (call("why", f"train.en:{line}"), call("why", f"./train.en:{line}", "--run", "runs/x/clean")):
        assert f"train.en:{line}  (corpus train.en-de, runs/x/clean)" in output.replace("./train", "train")
        for part in said:
            assert part.format(corpus="train") in output


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(("line", "said"), FATES)
def test_why_in_every_format(name: str, line: int, said: list[str]) -> None:
    output = call("why", f"{name}:{line}")
    for part in (f"{name}:{line}  (corpus t.en-de", *said):
        assert part.format(corpus="t") in output
    assert {"headed.tsv.gz": f"row {line}, which is line {line + 1} of the file with its header",
            "memory.tmx": f"unit {line}", "rows.parquet": f"row {line}"}.get(name, "") in output  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (1, ["dropped by", "repeats train.en-de, line 6", "    de: Eine längere Zeile"]),
        (2, ["\nkept\n", "  en: Nobody has said this before"]),
        (3, ["dropped by empty"]),
        (4, ["dropped by duplicate", "repeats news.en, line 2"]),
    ],
)
def test_why_of_monolingual_text(line: int, said: list[str]) -> None:
    output = call("why", f"mono.en:{line}")
    for part in (f"mono.en:{line}  (corpus news.en, runs/x/clean)", *said):
        assert part in output


def test_why_of_synthetic_text_says_what_it_was_made_from() -> None:
    text = "runs/x/synthesize-r1/r1_bt.en-de.de"
    kept, short, repeated = (call("why", f"{text}:{line}", "--run", "runs/x") for line in (1, 2, 3))
    assert "(corpus r1_bt.en-de, runs/x/clean-r1)" in kept and "\nkept\n" in kept
    assert "  made from mono.en, line 1 (pair_score=-1.5)" in kept
    assert "  made from mono.en, line 2 (pair_score=-2.5)" in short
    assert "  made from mono.en, line 2, translation 2 (pair_score=-3.5)" in repeated
    assert "dropped by duplicate" in repeated and "repeats genuine.en-de, line 1" in repeated
    assert "\n    de: Der schnelle braune Fuchs" in repeated  # the text of the line that it repeats
    assert call("why", f"{text}:1") == kept.replace("\n\n\n", "\n\n")  # the run is found by its file too


def test_why_of_cleaned_text_says_where_it_comes_from() -> None:
    output = call("why", "runs/tables/../rows.parquet/clean/t.en-de.de:2", "--run", "runs/rows.parquet")
    assert "rows.parquet:6  (corpus t.en-de, row 6, runs/rows.parquet/clean)" in output and "\nkept\n" in output
    with pytest.raises(UserError, match="has 2 lines; there is no line 3"):
        call("why", "runs/rows.parquet/clean/t.en-de.de:3", "--run", "runs/rows.parquet")


def test_a_file_that_two_corpora_read_has_two_answers() -> None:
    both = [corpus("pair", "train.{lang}"), corpus("side", "train.{lang}", ("en",))]
    clean.run(CleanSettings(corpora=both, workers=1), Path("twice"))
    output = call("why", "train.en:6", "--run", "twice")
    assert "(corpus pair.en-de, twice)" in output and "(corpus side.en, twice)" in output
    assert "repeats pair.en-de, line 6" in output


def test_text_that_is_gone_leaves_the_rest_of_the_answer() -> None:
    write_pairs("passing", PAIRS)
    clean.run(CleanSettings(corpora=[corpus("p", "passing.{lang}")], workers=1), Path("passing"))
    Path("passing.de").unlink()
    output = call("why", "passing.en:3", "--run", "passing")
    assert "(passing.de: no such file" in output and "dropped by duplicate" in output and "line 1" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["why", "train.en"], "'train.en' names no line. Write FILE:LINE"),
        (["why", "train.en:7"], "train.en had 6 lines when runs/x/clean was made; there is no line 7"),
        (["why", "train.en:0"], "there is no line 0"),
        (["why", "memory.tmx:7"], "memory.tmx had 6 units when runs/memory.tmx/clean was made; there is no unit 7"),
        (["why", "other.en:1"], "No run in runs/ has read other.en. Name the run with --run"),
        (
            ["why", "other.en:1", "--run", "runs/x/clean"],
            "no input of this run. Its inputs: train.en, train.de, mono.en",
        ),
        (["why", "test.en:1", "--run", "runs/x"], "test.en is a validation or test set of this run"),
        (["why", "train.en:1", "--run", "runs/y"], "runs/y: no finished clean stage"),
        (["stats", "runs/y"], "runs/y: no finished clean stage"),
        (["stats", "old"], "old/clean/clean.json: of an older Vega, which kept no record of each line"),
        (["why", "a.en:1", "--run", "broken"], "broken/clean.json: cannot be read"),
    ],
)
def test_a_wrong_question_is_answered_with_the_right_one(arguments: list[str], message: str) -> None:
    for name, text in {"old/clean": '{"corpora": {"a": {"read": 1, "kept": 1, "dropped": {}}}}', "broken": "{"}.items():
        write_lines(Path(name, "clean.json"), [text])
    with pytest.raises(UserError) as raised:
        call(*arguments)
    assert message in str(raised.value)


def test_the_last_run_that_read_the_file_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    write_pairs("train", PAIRS)
    for name in ("early", "late"):
        clean.run(CleanSettings(corpora=[corpus(name, "train.{lang}")], workers=1), Path(f"runs/{name}/clean"))
    write_lines(Path("runs/older/clean/clean.json"), ['{"corpora": {}}'])
    assert "(corpus late.en-de, runs/late/clean)" in call("why", "train.en:1")


def test_stats_are_those_of_the_stage() -> None:
    output = call("stats", "runs/x/clean")
    facts = json.loads(Path("runs/x/clean/clean.json").read_text(encoding="utf-8"))["corpora"]["train.en-de"]
    first = output.split("news.en: 4 lines")[0]
    rows = {line.split()[0]: line.split()[1:] for line in first.splitlines() if line.strip()}
    for rule, count in {"kept": facts["kept"], **facts["dropped"]}.items():
        if rule not in facts["filters"]:
            assert rows[rule] == [str(count), f"{count / 6:.2%}"]
    assert rows["copy"][:3] == ["5", "1", "0"]  # asked of all but the line that length_ratio had dropped
    assert "nearly dropped, length_ratio:" in output
    assert "LibreOffice" in output and "LibreOffice" not in call("stats", "runs/x/clean", "--samples", "0")


def test_stats_of_a_run_have_its_rounds() -> None:
    output = call("stats", "runs/x", "--samples", "0")
    order = ["clean, train.en-de: 6 lines", "clean, news.en: 4 lines", "synthesize-r1",
             "clean-r1, r1_bt.en-de: 3 lines", "leakage-r1: passed, 0 rows match a test set, 0 allowed"]  # fmt: skip
    places = [output.index(part) for part in order]
    assert places == sorted(places)
    assert ["r1_bt.en-de", "3", "4", "3", "12.35", "unfinished=1"] in [line.split() for line in output.splitlines()]

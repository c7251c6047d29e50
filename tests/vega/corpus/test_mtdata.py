"""Data sets of mtdata's catalogue; with the real mtdata where it is installed, its downloads put in place by hand."""

from __future__ import annotations

import gzip
import importlib.util
import json
import subprocess
import sys
from hashlib import md5
from pathlib import Path
from urllib.parse import urlparse

import pytest

from vega.corpus import fetch, read_rows
from vega.corpus.fetch import python_with_mtdata
from vega.errors import UserError
from vega.fingerprint import collect_inputs
from vega.settings import CleanSettings, Corpus

#: A TSV with German first, and a plain monolingual file: in the catalogue since 2020.
BITEXT = "Statmt-news_commentary-16-deu-eng"
MONO = "Statmt-news_commentary-16-eng"

LOOK_UP = """
import json, sys
from mtdata.data import INDEX, DatasetId
entries = {name: INDEX[DatasetId.parse(name)] for name in sys.argv[1:]}
print(json.dumps({name: [entry.url, entry.filename] for name, entry in entries.items()}))
"""


def corpus(folder: Path, *names: str, languages: tuple[str, ...] = ("en", "de"), suffix: str = "") -> Corpus:
    files = str(folder / f"text/news.{{lang}}{suffix}")
    return Corpus(name="news", languages=list(languages), files=files, mtdata=list(names))


def test_text_that_is_there_is_used_as_it_is(tmp_path: Path) -> None:
    found = corpus(tmp_path, BITEXT)
    (tmp_path / "text").mkdir()
    for code, path in found.paths().items():
        path.write_text(f"{code}\n", encoding="utf-8")
    assert list(read_rows(found)) == [{"en": "en", "de": "de"}]


def test_text_of_other_data_sets_is_refused(tmp_path: Path) -> None:
    test_text_that_is_there_is_used_as_it_is(tmp_path)
    note = tmp_path / "text/news.en-de.mtdata.json"
    note.write_text(json.dumps({"ids": [BITEXT]}), encoding="utf-8")
    fetch(corpus(tmp_path, BITEXT))
    with pytest.raises(UserError, match=r"news\.\{lang\}: holds the data sets .*-16-.*, the corpus names .*-17-"):
        fetch(corpus(tmp_path, "Statmt-news_commentary-17-deu-eng"))


def test_without_mtdata_the_error_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mtdata", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"news\.en: no such file.*`pip install 'vega-mt\[mtdata\]'"):
        collect_inputs(CleanSettings(corpora=[corpus(tmp_path, BITEXT)]), tmp_path / "output")


def test_the_command_of_another_environment_tells_its_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert python_with_mtdata() is None
    (tmp_path / "mtdata").write_text("#!/opt/pipx/venvs/mtdata/bin/python\nimport mtdata\n", encoding="utf-8")
    (tmp_path / "mtdata").chmod(0o755)
    assert python_with_mtdata() == "/opt/pipx/venvs/mtdata/bin/python"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for mtdata, with its index (seconds) and the files of two data sets as if it had downloaded them."""
    python = python_with_mtdata()
    if python is None:
        pytest.skip("mtdata is not installed:`pip install 'vega-mt[mtdata]'")
    folder = tmp_path_factory.mktemp("mtdata")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MTDATA", str(folder))
        found = subprocess.run(
            [python, "-c", LOOK_UP, BITEXT, MONO], stdout=subprocess.PIPE, check=True, text=True
        ).stdout.splitlines()[-1]
    texts = {BITEXT: "eins\tone\nzwei\u2028drei\ttwo three\n\tempty\n", MONO: "one\n\ntwo\n"}
    for name, (url, filename) in json.loads(found).items():
        digest = md5(url.encode(), usedforsecurity=False).hexdigest()
        path = folder / str(urlparse(url).hostname) / digest[:4] / digest[4:] / filename
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.compress(texts[name].encode()))
        path.with_name(f"{filename}._valid").touch()
    return folder


@pytest.mark.slow  # mtdata reads its catalogue for seconds
@pytest.mark.parametrize("suffix", ["", ".gz", ".xz", ".zst"])
def test_a_data_set_is_fetched_once_in_the_languages_of_the_corpus(
    tmp_path: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setenv("MTDATA", str(catalogue))
    wanted = corpus(tmp_path, BITEXT, suffix=suffix)
    expected = [{"en": "one", "de": "eins"}, {"en": "two three", "de": "zwei drei"}, {"en": "empty", "de": ""}]
    assert list(read_rows(wanted)) == expected
    note = json.loads((tmp_path / f"text/news.en-de{suffix}.mtdata.json").read_text(encoding="utf-8"))
    assert (note["ids"], note["rows"]) == ([BITEXT], {BITEXT: 3})
    assert sorted(path.suffix for path in (tmp_path / "text").iterdir()) == sorted(
        [".json", *(path.suffix for path in wanted.paths().values())]
    )
    monkeypatch.setenv("MTDATA", str(tmp_path / "nowhere"))
    assert list(read_rows(wanted)) == expected


@pytest.mark.slow  # mtdata reads its catalogue for seconds
def test_monolingual_text_and_several_data_sets_in_a_row(
    tmp_path: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTDATA", str(catalogue))
    settings = CleanSettings(corpora=[corpus(tmp_path, MONO, BITEXT, languages=("en",))])
    assert list(collect_inputs(settings, tmp_path / "output").by_role) == ["corpora.0.en"]
    assert [row["en"] for row in read_rows(settings.corpora[0])] == ["one", "", "two", "one", "two three", "empty"]


@pytest.mark.slow  # mtdata reads its catalogue for seconds
@pytest.mark.parametrize(("name", "languages", "message"), [
    ("Statmt-no_such_set-16-deu-eng", ("en", "de"), "has no data set Statmt-no_such_set-16-deu-eng"),
    (BITEXT, ("en", "ru"), "its languages are deu, eng, not 'ru'"),
    ("nonsense", ("en", "de"), "could not fetch nonsense"),
    ("Statmt-news_commentary-16-ces-eng", ("en", "cs"), "whether there is a network"),
])  # fmt: skip
def test_what_cannot_be_fetched_is_named_and_leaves_nothing(
    tmp_path: Path,
    catalogue: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    languages: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.setenv("MTDATA", str(catalogue))
    for proxy in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")  # nobody answers there
    with pytest.raises(UserError, match=message):
        fetch(corpus(tmp_path, name, languages=languages))
    assert list((tmp_path / "text").iterdir()) == []

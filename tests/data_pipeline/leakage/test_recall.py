"""Test lines planted in training text are found, in six languages; what is found in clean text is counted."""

import gzip
import lzma
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from data_pipeline.leakage.index import build_index
from data_pipeline.leakage.matcher import Matcher
from tests.data_pipeline.leakage.planting import Planter, Row, recall
from vega.normalize import normalize
from vega.settings import Corpus
from vega.text_files import read_parallel

DEMO = Path(__file__).parents[3] / "vega" / "recipes" / "demo_data"
SHARED = Path(__file__).parents[4] / "shared" / "data"
LANGUAGES = ["en", "de", "cs", "ru", "ja", "zh"]
RECALL = 0.99
#: Share of rows of clean text that may be found all the same.
FALSE_HITS_NEWS, FALSE_HITS_DEMO = 0.001, 0.03

needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")


def demo(split: str) -> Corpus:
    return Corpus(name=split, languages=LANGUAGES, files=f"{DEMO}/{split}.{{lang}}")


def rows(corpus: Corpus, limit: int | None = None) -> Iterator[Row]:
    for row in islice(read_parallel(corpus.paths()), limit):
        yield {code: normalize(text) for code, text in row.items()}


def columns(text: Iterable[Row]) -> dict[str, list[str]]:
    read = list(text)
    return {code: [row[code] for row in read] for code in read[0]}


def check_recall(matcher: Matcher, planter: Planter, test: Iterable[Row], languages: list[str], kinds: int) -> None:
    planted, missed = recall(matcher.find, planter.plants(test, languages))
    lost = Counter(plant.kind for plant in missed)
    assert len(planted) == kinds and min(planted.values()) > 100, planted
    found = {kind: 1 - lost[kind] / count for kind, count in planted.items()}
    assert min(found.values()) >= RECALL, (found, [plant for plant in missed if found[plant.kind] < RECALL][:5])


@pytest.fixture(scope="module")
def demo_matcher(tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    path = tmp_path_factory.mktemp("demo") / "index"
    build_index([demo("test")], path, bundled=None)
    return Matcher.load(path)


def test_planted_demo_lines(demo_matcher: Matcher) -> None:
    planter = Planter(columns(rows(demo("train"))))
    check_recall(demo_matcher, planter, rows(demo("test")), LANGUAGES, kinds=8)


def test_the_demo_has_few_lines_in_common_with_its_test_set(demo_matcher: Matcher) -> None:
    """None is equal: the demo was cut so. The rest are formulas of manuals, in a row of six sides."""
    found = [match.kind for row in rows(demo("train")) if (match := demo_matcher.find(row))]
    assert set(found) <= {"ngram", "near"}
    assert len(found) <= FALSE_HITS_DEMO * 3918


def wmt22(language: str, folder: Path) -> Corpus:
    """generaltest2022 from English, first reference."""
    data = SHARED / "wmt22"
    reference = next(iter(sorted((data / "references").glob(f"generaltest2022.en-{language}.ref.*.gz"))))
    for code, path in (
        ("en", data / "sources" / f"generaltest2022.en-{language}.src.en.gz"),
        (language, reference),
    ):
        (folder / f"wmt22.{code}").write_bytes(gzip.decompress(path.read_bytes()))
    return Corpus(name="wmt22", languages=["en", language], files=f"{folder}/wmt22.{{lang}}")


@pytest.fixture
def bundled(tmp_path: Path) -> Matcher:
    build_index([], tmp_path / "bundled")
    return Matcher.load(tmp_path / "bundled")


@needs_shared
@pytest.mark.parametrize("language", ["de", "ja"])
def test_planted_wmt_lines(language: str, tmp_path: Path, bundled: Matcher) -> None:
    """By the recipe's test set, and by the bundled hashes alone."""
    test = wmt22(language, tmp_path)
    train = SHARED / "free6" / f"train.en-{language}.{{lang}}.xz"
    text = list(rows(Corpus(name="free", languages=test.languages, files=str(train)), 20_000))
    build_index([test], tmp_path / "recipe", bundled=None)
    kinds = 8 if language == "ja" else 7
    for matcher, hashed in ((Matcher.load(tmp_path / "recipe"), False), (bundled, True)):
        check_recall(matcher, Planter(columns(text), hashed), rows(test, 1000), test.languages, kinds)
        found = [match for row in text if (match := matcher.find(row))]
        assert len(found) <= FALSE_HITS_NEWS * len(text), found


def test_the_bundle_knows_no_demo_line(bundled: Matcher) -> None:
    """What is planted above is found by the right index, not by chance."""
    planted, missed = recall(bundled.find, Planter(columns(rows(demo("train")))).plants(rows(demo("test")), LANGUAGES))
    assert planted.total() - len(missed) <= 0.005 * planted.total()


def test_files_of_xz_are_read(tmp_path: Path) -> None:
    for code in ("en", "de"):
        (tmp_path / f"t.{code}.xz").write_bytes(lzma.compress((DEMO / f"test.{code}").read_bytes()))
    build_index([Corpus(name="t", languages=["en", "de"], files=f"{tmp_path}/t.{{lang}}.xz")], tmp_path / "index")
    assert Matcher.load(tmp_path / "index").find(next(rows(demo("test"))))

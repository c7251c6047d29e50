import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.filters.language_id import LanguageId

LINES = {
    "en": "The document was saved to the selected folder.",
    "de": "Das Dokument wurde im ausgewählten Ordner gespeichert.",
    "cs": "Dokument byl uložen do vybrané složky na disku.",
    "ru": "Документ был сохранён в выбранной папке.",
    "uk": "Документ було збережено у вибраній теці.",
    "ja": "ドキュメントは選択したフォルダーに新しい名前で保存されました。",
    "zh": "您可以在此对话框中设置打印机的属性、纸张大小和页面的打印顺序。",
}


@pytest.mark.parametrize("code", LINES)
def test_right_language_is_kept_and_wrong_ones_dropped(code: str) -> None:
    rule = LanguageId()
    assert rule.keeps({code: LINES[code]})
    others = [other for other in LINES if other != code]
    assert not any(rule.keeps({other: LINES[code]}) for other in others)


def test_one_wrong_side_is_enough() -> None:
    assert not LanguageId().keeps({"en": LINES["en"], "de": LINES["cs"]})


def test_short_lines_are_not_judged() -> None:
    assert LanguageId().score({"en": "Öffnen", "zh": "Open"}) == {"en": 1.0, "zh": 1.0}
    assert LanguageId(min_characters=0).score({"cs": "Das ist es"})["cs"] < 0.2


def test_what_the_model_does_not_know_is_kept() -> None:
    assert LanguageId().keeps({"en": "jackd modules for PulseAudio sound server"})


def test_capitals_are_no_other_language() -> None:
    for code in ("en", "de", "cs", "ru"):
        assert LanguageId().keeps({code: LINES[code].upper()})


@pytest.mark.parametrize("line", ["执行回退后不显示差异", "取回被偷走的金币", "返回摘录数。"])
def test_chinese_characters_are_not_taken_for_a_european_language(line: str) -> None:
    assert LanguageId(min_characters=0).keeps({"zh": line})


@given(st.text(max_size=200), st.sampled_from(sorted(LINES)))
def test_any_text_has_a_share(text: str, code: str) -> None:
    assert 0 < LanguageId(min_characters=0).score({code: text})[code] <= 1


@pytest.mark.parametrize(("share", "kept"), [(0.1, True), (0.09, False)])
def test_accept(share: float, kept: bool) -> None:
    assert LanguageId().accept({"en": 1.0, "de": share}) is kept

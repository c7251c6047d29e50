import pytest

from data_pipeline.filters.language_id import LanguageId

LINES = {
    "en": "The document was saved to the selected folder.",
    "de": "Das Dokument wurde im ausgewählten Ordner gespeichert.",
    "cs": "Dokument byl uložen do vybrané složky na disku.",
    "ru": "Документ был сохранён в выбранной папке.",
    "uk": "Документ було збережено у вибраній теці.",
    "ja": "ドキュメントは選択したフォルダーに保存されました。",
    "zh": "您可以在此对话框中设置打印机的属性和纸张大小。",
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


def test_a_second_guess_has_its_own_probability() -> None:
    assert 0 < LanguageId().score({"ja": "文档已保存到所选文件夹中。"})["ja"] < 0.1


@pytest.mark.parametrize(("probability", "kept"), [(0.2, True), (0.19, False)])
def test_accept(probability: float, kept: bool) -> None:
    assert LanguageId().accept({"en": 1.0, "de": probability}) is kept

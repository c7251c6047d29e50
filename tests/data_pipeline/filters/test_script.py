import pytest

from data_pipeline.filters.script import Script


@pytest.mark.parametrize(("text", "code", "share"), [
    ("Příliš žluťoučký kůň", "cs", 1.0),
    ("Hello", "ru", 0.0),
    ("Привет", "uk", 1.0),
    ("Привет", "en", 0.0),
    ("中文字", "zh", 1.0),
    ("ひらがなカタカナ漢字々ーｶﾅ", "ja", 1.0),
    ("ひらがな", "zh", 0.0),
    ("한글", "ko", 1.0),
    ("Calc を", "ja", 0.2),
    ("שלום", "en", 0.0),
    ("12 + 34 = ?", "ru", 1.0),
])  # fmt: skip
def test_score(text: str, code: str, share: float) -> None:
    assert Script().score({code: text}) == {code: pytest.approx(share)}


@pytest.mark.parametrize(("shares", "kept"), [((0.5, 0.5), True), ((1.0, 0.49), False), ((0.0, 1.0), False)])
def test_accept(shares: tuple[float, float], kept: bool) -> None:
    assert Script(min_share=0.5).accept(dict(zip(("en", "de"), shares, strict=True))) is kept

import pytest

from data_pipeline.filters.alphabet import Alphabet
from vega.normalize import normalize


@pytest.mark.parametrize(("row", "letters"), [
    ({"en": "ab c.", "de": "abcd"}, 0.75), ({"en": "12", "de": "ab"}, 0.0), ({"en": "ab", "zh": "中文。"}, 2 / 3),
])  # fmt: skip
def test_letters(row: dict[str, str], letters: float) -> None:
    assert Alphabet().score(row)["letters"] == pytest.approx(letters)


@pytest.mark.parametrize(("code", "text", "usual"), [
    ("de", "Füße", 1.0), ("de", "řeka", 0.75), ("ru", "Київ", 0.75), ("ru", "Hello", 1.0), ("ja", "这是中文", 0.75),
])  # fmt: skip
def test_usual(code: str, text: str, usual: float) -> None:
    assert Alphabet().score({code: text})["usual"] == pytest.approx(usual)


@pytest.mark.parametrize(("text", "encodings"), [
    ("Bücher", ["latin-1", "cp1252"]),
    ("Příliš žluťoučký", ["latin-1", "cp1252"]),
    ("Привет", ["latin-1", "cp1252"]),
    ("« naïve »", ["latin-1", "cp1252"]),
    ("日本語", ["cp1252"]),  # as Latin-1 most of it are control characters, which are gone
    ("it’s – “so”", ["cp1252"]),
])  # fmt: skip
def test_mojibake_is_found(text: str, encodings: list[str]) -> None:
    for encoding in encodings:
        garbled = normalize(text.encode().decode(encoding, errors="ignore"))
        assert Alphabet().score({"en": garbled})["garbled"] > 0, garbled


@pytest.mark.parametrize(
    "text", ["„Ö“, „ü“ – Ä", "SÃO PAULO", "où… «là» é”", "ŠŠŠ nášššš íš", "ESPAÑA ¡sí!", "50 °C à ½"]
)
def test_accents_are_not_mojibake(text: str) -> None:
    assert Alphabet().score({"en": text})["garbled"] == 0


@pytest.mark.parametrize(("options", "kept"), [
    ({}, True), ({"min_letters": 0.51}, False), ({"min_usual": 0.96}, False), ({"max_garbled": 1}, True),
])  # fmt: skip
def test_accept(options: dict[str, float], kept: bool) -> None:
    assert Alphabet(**options).accept({"letters": 0.5, "usual": 0.95, "garbled": 0}) is kept


def test_one_wrong_sign_is_enough() -> None:
    assert not Alphabet().accept({"letters": 1.0, "usual": 1.0, "garbled": 1})

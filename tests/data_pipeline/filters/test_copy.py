import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.filters.copy import Copy
from data_pipeline.folding import fold


@pytest.mark.parametrize(("row", "share"), [
    ({"en": "LibreOffice Writer", "de": "LibreOffice Writer."}, 1.0),
    ({"en": "LibreOffice 7 Help", "zh": "libreoffice７help"}, 1.0),
    ({"en": "Hand", "de": "Die Hand"}, 0.0),
    ({"en": "Format", "de": "Format", "cs": "Formát"}, 0.5),
    ({"en": "Formats", "de": "Format", "nl": "Format"}, 0.0),
])  # fmt: skip
def test_score(row: dict[str, str], share: float) -> None:
    assert Copy().score(row) == {"share": share}


@pytest.mark.parametrize(("share", "max_share", "kept"), [(0.0, 0.0, True), (0.5, 0.0, False), (0.5, 0.5, True)])
def test_accept(share: float, max_share: float, kept: bool) -> None:
    assert Copy(max_share=max_share).accept({"share": share}) is kept


starts = st.sampled_from(
    ["A", "a", "Á", "A\u0301", "中", "中\u3099", "ﾊﾟ", "ハ\u309a", "1", "１", "Ａ", "ß", "ss", ".", "", " "]
)


@given(starts, starts, st.text("aA.中\u0301é ", max_size=4), st.text("aA.中\u0301é ", max_size=4))
def test_the_quick_look_overlooks_no_copy(start: str, other: str, rest: str, its_rest: str) -> None:
    first, second = start + rest, other + its_rest
    equal = fold(first, "en").replace(" ", "") == fold(second, "zh").replace(" ", "")
    assert Copy().score({"en": first, "zh": second}) == {"share": float(equal)}

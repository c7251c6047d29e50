import pytest

from data_pipeline.filters.copy import Copy


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

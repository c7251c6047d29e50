import pytest

from vega import progress


def test_items_pass_through_and_the_last_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress.track(range(3), "Counting", total=3)) == [0, 1, 2]
    captured = capsys.readouterr()
    assert captured.err == "Counting: 3 of 3\n"
    assert captured.out == ""


def test_a_line_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PLAIN_INTERVAL", -1.0)
    list(progress.track("ab", "Letters", total=2))
    assert capsys.readouterr().err == "Letters: 1 of 2\nLetters: 2 of 2\n"


def test_a_terminal_gets_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert list(progress.track(range(2), "Bar", total=2)) == [0, 1]
    assert "Bar" in capsys.readouterr().err

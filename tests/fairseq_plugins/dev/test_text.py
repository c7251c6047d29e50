"""Dev sentences, translated and scored."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairseq_plugins.dev.text import DevText, dev_parts, read_gain, write_gain
from vega.directions import Direction
from vega.errors import UserError
from vega.settings import Corpus
from vega.settings.dev import DevInputs, DevOptions


class Settings(DevOptions, DevInputs):
    """Of a stage."""


class Copies:
    """Translates by copying; with `right`, by what is right for so many lines."""

    def __init__(self, right: dict[str, str] | None = None) -> None:
        self.right = right or {}

    def translate(self, lines: list[str], direction: Direction) -> list[str]:
        return [self.right.get(line, line) for line in lines]


def settings(data: Path, corpora: dict[str, Corpus], **more: object) -> Settings:
    return Settings(data=data, valid=[corpora["dev"], corpora["check"]], directions=["en-de", "ja-en"], **more)


def test_a_part_is_a_set_in_a_direction_and_has_the_same_rows_in_all(corpora: dict[str, Corpus]) -> None:
    parts = dev_parts([corpora["dev"], corpora["check"]], ["en-de", "ja-en"], 10, 1)
    assert [part.label for part in parts] == ["dev en-de", "check en-de", "dev ja-en", "check ja-en"]
    assert all(len(part.sources) == len(part.references) == 10 for part in parts)
    assert parts[0].sources == parts[2].references
    assert dev_parts([corpora["dev"]], ["en-de"], 10, 2)[0].sources != parts[0].sources
    whole = dev_parts([corpora["dev"]], ["en-de"], 500, 1)[0]
    assert len(whole.sources) == 21 and set(parts[0].sources) <= set(whole.sources)


def test_directions_that_no_dev_set_has_are_named(corpora: dict[str, Corpus]) -> None:
    with pytest.raises(UserError, match="no dev set has sentences in en-cs"):
        dev_parts([corpora["dev"]], ["en-cs"], 10, 1)


def test_a_gain_is_written_for_the_whole_and_each_set(data: Path, corpora: dict[str, Corpus], tmp_path: Path) -> None:
    dev = DevText(settings(data, corpora))
    right = {source: reference for part in dev.parts for source, reference in zip(*part[2:], strict=True)}
    bad, good = dev.translate(Copies()), dev.translate(Copies(right))
    assert dev.score(good) == pytest.approx(100)
    gain = write_gain(tmp_path, dev, ("copy", bad), ("right", good), {"steps": [1]})
    written = read_gain(tmp_path)
    assert gain.is_sure and written["gain"] == pytest.approx(gain.gain, abs=1e-3)
    assert (written["base"], written["system"], written["sentences"], written["steps"]) == ("copy", "right", 88, [1])
    assert [each["set"] for each in written["sets"]] == [part.label for part in dev.parts]

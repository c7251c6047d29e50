from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega.errors import UserError
from vega.settings import CleanSettings, TrainSettings
from vega.strict_yaml import dump, dump_value, load, merge, parse, read, validate

GOOD = "data: binarize\ndirections: [en-de]\n"
CORPUS = "corpora: [{name: a, languages: [en, de], files: 'x.{lang}'}]\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def error(folder: Path, text: str, model: Any = TrainSettings, overrides: tuple[str, ...] = ()) -> str:
    with pytest.raises(UserError) as caught:
        load(written(folder, text), model, overrides)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "model", "overrides", "says"),
    [
        (GOOD + "lrr: 1", TrainSettings, (), ["settings.yaml:3:", "unknown key 'lrr'", "Did you mean 'lr'?"]),
        (GOOD + "qqqq: 1", TrainSettings, (), ["Known keys: arch"]),
        (GOOD + "max_update: many", TrainSettings, (), [":3:", "max_update", "valid integer", "'many'"]),
        (GOOD + "max_update: 1.5", TrainSettings, (), ["max_update", "1.5"]),
        (GOOD + "jemalloc: maybe", TrainSettings, (), [":3:", "jemalloc", "boolean", "'maybe'"]),
        (GOOD + "lr: 1\nlr: 2", TrainSettings, (), [":4:", "'lr' is stated twice", "line 3"]),
        (GOOD + "lr: [1\nseed: 2", TrainSettings, (), [":4:", "not valid YAML"]),
        (GOOD + "\tlr: 1", TrainSettings, (), [":3:", "not valid YAML"]),
        (GOOD + "lr: \x01", TrainSettings, (), [":3:", "control character U+0001"]),
        (GOOD + "arch: !!python/object:os.system x", TrainSettings, (), [":3:", "not valid YAML"]),
        (GOOD + "? [a, b]\n: 1", TrainSettings, (), [":3:", "a key must be one word"]),
        ("- a", TrainSettings, (), ["expected `key: value` lines", "a list"]),
        ("", TrainSettings, (), ["'data' is missing", "'directions' is missing"]),
        (GOOD, TrainSettings, ("lrr=3",), ["--set lrr=3: unknown key 'lrr'", "'lr'"]),
        (GOOD, TrainSettings, ("lr",), ["--set lr", "key=value"]),
        (GOOD, TrainSettings, ("lr.x=3",), ["--set lr.x=3", "lr"]),
        (GOOD + "lr: 1", TrainSettings, ("lr.x=3",), ["--set lr.x=3", "the value 1"]),
        (GOOD, TrainSettings, ("directions.3=en-cs",), ["list of 1"]),
        (GOOD, TrainSettings, ("precision=fp8",), ["--set precision=fp8", "'auto', 'fp32', 'fp16' or 'bf16'"]),
        (CORPUS, CleanSettings, ("corpora.0.file=y",), ["unknown key 'corpora.0.file'", "Did you mean 'files'?"]),
        (CORPUS.replace("x.{lang}", "x"), CleanSettings, (), [":1:", "must contain {lang}"]),
        (CORPUS.replace("[en, de]", "[en, dx]"), CleanSettings, (), ["settings.yaml", "'dx'", "'de'"]),
    ],
)
def test_a_mistake_names_place_key_and_fix(
    tmp_path: Path, text: str, model: Any, overrides: tuple[str, ...], says: list[str]
) -> None:
    message = error(tmp_path, text, model, overrides)
    assert all(part in message for part in says), message


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    for path in (tmp_path / "none.yaml", tmp_path, tmp_path / "latin.yaml"):
        with pytest.raises(UserError, match=path.name):
            read(path)


def test_overrides_reach_lists_and_new_mappings(tmp_path: Path) -> None:
    overrides = ["corpora.0.files=y.{lang}", "workers=08", "filters.length.max=5"]
    settings = load(written(tmp_path, CORPUS), CleanSettings, overrides)
    assert settings.corpora[0].files == "y.{lang}"
    assert settings.workers == 8
    assert settings.filters == {"length": {"max": 5}}


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = "a: 7e-4\nb: no\nc: 1_000\nd: 012\ne: .5\nf: true\ng: ~\nh: 2024-01-01\ni: 1:30"
    assert parse(text, "x").data == {
        "a": 7e-4, "b": "no", "c": 1000, "d": 12, "e": 0.5, "f": True, "g": None, "h": "2024-01-01", "i": "1:30",
    }  # fmt: skip


def test_a_merged_mistake_points_at_its_own_file() -> None:
    base, child = parse("data: d\ndirections: [en-de]\nseeed: 1", "base.yaml"), parse("lrr: 2", "child.yaml")
    with pytest.raises(UserError) as caught:
        validate(merge(base, child), TrainSettings)
    assert "base.yaml:3: unknown key 'seeed'" in str(caught.value)
    assert "child.yaml:1: unknown key 'lrr'" in str(caught.value)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
PRINTABLE = SCALARS.filter(lambda value: not isinstance(value, str) or value.isprintable())


@given(st.dictionaries(st.text("abc_", min_size=1), PRINTABLE | st.lists(PRINTABLE, max_size=3), max_size=4))
def test_what_is_dumped_is_read_back(content: dict[str, Any]) -> None:
    if content:
        assert parse(dump_value(content), "x").data == content


@given(
    lr=st.floats(1e-9, 1.0),
    extra=st.dictionaries(st.sampled_from("ab"), st.sampled_from(["no", "7e-4", "08", "1:30", "~", ""])),
)
def test_settings_survive_their_file(lr: float, extra: dict[str, str]) -> None:
    settings = TrainSettings(data=Path("d"), directions=["en-de"], lr=lr, extra=extra)
    assert validate(parse(dump(settings), "x"), TrainSettings) == settings

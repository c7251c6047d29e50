"""A unit is there whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data_pipeline.ledger import (
    DamagedUnit,
    open_ledger,
    publishing,
    read_checked,
    read_record,
    whole_record,
    work_folder,
)


def publish(unit: Path, text: str) -> None:
    with publishing(unit) as (folder, seal):
        (folder / "text").write_text(text, encoding="utf-8")
        assert not unit.exists() or (unit / "text").read_text(encoding="utf-8") != text
        seal({"rows": len(text)})


def test_a_published_unit_is_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    unit = tmp_path / "unit"
    publish(unit, "abc")
    record = whole_record(unit)
    assert record is not None and record["rows"] == 3
    assert read_checked(unit, record, "text") == b"abc"
    assert [path.name for path in tmp_path.iterdir()] == ["unit"]
    publish(unit, "other")  # again, by another attempt
    assert read_checked(unit, read_record(unit) or {}, "text") == b"other"
    assert [path.name for path in tmp_path.iterdir()] == ["unit"]


def test_writers_of_one_unit_at_once_do_no_harm(tmp_path: Path) -> None:
    """A job that was started again, and its first start on a node that was only thought dead."""

    def write() -> None:
        for _ in range(50):
            with publishing(tmp_path / "unit") as (folder, seal):
                (folder / "text").write_text("abc", encoding="utf-8")
                seal({"rows": 3})

    with ThreadPoolExecutor(4) as pool:
        for writer in [pool.submit(write) for _ in range(4)]:
            writer.result()
    assert whole_record(tmp_path / "unit") is not None
    assert [path.name for path in tmp_path.iterdir()] == ["unit"]


def test_a_writer_that_fails_publishes_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), publishing(tmp_path / "unit") as (folder, _):
        (folder / "text").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["changed", "longer", "gone", "record gone", "record cut off", "record of nothing"])
def test_damage_is_seen(tmp_path: Path, damage: str) -> None:
    unit = tmp_path / "unit"
    publish(unit, "abc")
    record = whole_record(unit)
    assert record is not None
    text, written = unit / "text", unit / "unit.json"
    {
        "changed": lambda: text.write_text("abd", encoding="utf-8"),
        "longer": lambda: text.write_text("abcd", encoding="utf-8"),
        "gone": text.unlink,
        "record gone": written.unlink,
        "record cut off": lambda: written.write_bytes(written.read_bytes()[:-3]),
        "record of nothing": lambda: written.write_text("[]", encoding="utf-8"),
    }[damage]()
    assert whole_record(unit) is None
    if not damage.startswith("record"):
        with pytest.raises(DamagedUnit, match="is not as it was written"):
            read_checked(unit, record, "text")


def test_a_ledger_outlives_its_stage_but_not_its_settings(tmp_path: Path) -> None:
    private = tmp_path / ".clean.tmp"
    assert work_folder(private) == work_folder(tmp_path / "clean") == tmp_path / ".clean.work"
    ledger = open_ledger(private, "one")
    publish(ledger / "units" / "unit", "abc")
    (ledger / "units" / ".unit.half").mkdir()
    assert open_ledger(private, "one") == ledger
    assert [path.name for path in (ledger / "units").iterdir()] == ["unit"]
    other = open_ledger(private, "two")
    assert [path.name for path in work_folder(private).iterdir()] == ["two"]
    assert list((other / "units").iterdir()) == []

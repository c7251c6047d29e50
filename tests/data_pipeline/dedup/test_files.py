"""Files: any order, any number, the same bytes; damage is the user's to see."""

from __future__ import annotations

import errno
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_pipeline.dedup.engine import Engine
from data_pipeline.dedup.find import SCHEMA, find_duplicates
from data_pipeline.dedup.keys import write_keys
from vega.errors import UserError
from vega.settings import DedupOptions

OPTIONS = DedupOptions(sides=["de"])


@pytest.fixture(scope="module")
def rows(row: type, pairs: Any) -> list[Any]:
    """3000 rows in three corpora, of which half repeat others in all ways."""
    generator = random.Random(2)
    texts = pairs(1500, 20, vocabulary=300)
    for text in generator.choices(texts, k=1500):
        kind = generator.randrange(3)
        texts.append(
            [text, text | {"zh": text["zh"] + "x"}, text | {"de": text["de"] + " x", "zh": text["zh"] + "y"}][kind]
        )
    return [row(text, number, number % 3, 2 * (number % 5 == 0)) for number, text in enumerate(texts)]


def test_same_bytes_for_any_files_order_and_threads(
    rows: list[Any], shards: Callable[..., list[Path]], tmp_path: Path
) -> None:
    outputs = set()
    for size, threads, memory in ((3000, 1, 300), (100, 2, 300), (401, 4, 150)):
        folder = tmp_path / str(size)
        folder.mkdir()
        files = shards(folder, rows, OPTIONS, size)
        random.Random(size).shuffle(files)
        find_duplicates([*files, files[0]], OPTIONS, folder / "found", memory, folder, threads)
        outputs.add((folder / "found").read_bytes())
        assert {path.name for path in folder.iterdir()} == {"found", *(path.name for path in files)}
    assert len(outputs) == 1
    table = pq.read_table(folder / "found")
    assert table.schema == SCHEMA
    places = list(zip(table["corpus"].to_pylist(), table["line"].to_pylist(), strict=True))
    assert places == sorted(set(places))
    assert {"duplicate", "duplicate_side", "near_duplicate"} == set(table["rule"].to_pylist())


def test_no_rows(tmp_path: Path) -> None:
    write_keys(tmp_path / "empty", 0, [], [])
    for files in ([], [tmp_path / "empty"]):
        find_duplicates(files, OPTIONS, tmp_path / "found", 100, tmp_path)
        assert pq.read_table(tmp_path / "found").num_rows == 0
        assert pq.read_schema(tmp_path / "found") == SCHEMA


def test_empty_shards_are_no_hindrance(rows: list[Any], shards: Any, tmp_path: Path) -> None:
    write_keys(tmp_path / "0", 0, [], [])
    files = [tmp_path / "0", *shards(tmp_path, [rows[0], rows[1]], OPTIONS)]
    find_duplicates(files, OPTIONS, tmp_path / "found", 100, tmp_path)
    assert pq.read_table(tmp_path / "found").num_rows == 0


def damage_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for place in range(100, len(data) // 2):
        data[place] ^= 0x55
    path.write_bytes(data)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"text"),
        damage_middle,
    ],
    ids=["missing", "truncated", "empty", "other", "damaged"],
)
def test_a_broken_file_is_named(rows: list[Any], shards: Any, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    files = shards(tmp_path, rows, OPTIONS, 1000)
    damage(files[3])
    with pytest.raises(UserError, match=f"{files[3].name}: missing or damaged"):
        find_duplicates(files, OPTIONS, tmp_path / "found", 200, tmp_path)
    assert not (tmp_path / "found").exists()


def test_files_of_other_options_are_named(rows: list[Any], shards: Any, tmp_path: Path) -> None:
    files = shards(tmp_path, rows[:10], DedupOptions(near_duplicates=False))
    with pytest.raises(UserError, match="other deduplication options"):
        find_duplicates(files, OPTIONS, tmp_path / "found", 200, tmp_path)


def test_too_little_memory_is_named(rows: list[Any], shards: Any, tmp_path: Path) -> None:
    files = shards(tmp_path, rows, OPTIONS)
    with pytest.raises(UserError, match="does not fit in 1 MiB"):
        find_duplicates(files, OPTIONS, tmp_path / "found", 1, tmp_path)


def test_a_full_disk_is_the_error_that_stages_explain(tmp_path: Path) -> None:
    with Engine(100, 1, tmp_path) as engine, pytest.raises(OSError, match="No space") as caught:
        engine.write(Path("/dev/full"), "SELECT range FROM range(1000000)")
    assert caught.value.errno == errno.ENOSPC


def test_a_full_disk_is_said_and_leaves_nothing(
    rows: list[Any], shards: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = shards(tmp_path, rows[:10], OPTIONS)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Engine, "write", full)
    with pytest.raises(UserError, match=f"{tmp_path}: cannot write, the disk is full"):
        find_duplicates(files, OPTIONS, tmp_path / "found", 200, tmp_path)
    assert set(tmp_path.iterdir()) == set(files)


@pytest.mark.parametrize(("corpus", "line", "priority"), [(1 << 16, 0, 0), (0, 1 << 40, 0), (0, 0, 256), (0, -1, 0)])
def test_numbers_out_of_range(tmp_path: Path, corpus: int, line: int, priority: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        write_keys(tmp_path / "keys", corpus, [line], [], priority)

from pathlib import Path

import pytest

from vega.atomic import atomic_files, atomic_path, remove, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "new" / "file") as temporary:
        temporary.write_text("text")
        assert names(tmp_path / "new") == [temporary.name]
    assert names(tmp_path / "new") == ["file"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    write_text(tmp_path / "file", "old")
    with pytest.raises(error), atomic_path(tmp_path / "file") as temporary:
        temporary.write_text("half")
        raise error
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "old"


def test_a_folder_replaces_a_folder(tmp_path: Path) -> None:
    for text in ("old", "new"):
        with atomic_path(tmp_path / "folder") as temporary:
            temporary.mkdir()
            (temporary / text).write_text(text)
    assert names(tmp_path / "folder") == ["new"]


def test_files_appear_together(tmp_path: Path) -> None:
    with atomic_files(tmp_path) as scratch:
        (scratch / "a").write_text("a")
        (scratch / "b").write_text("b")
        assert names(tmp_path) == [scratch.name]
    assert names(tmp_path) == ["a", "b"]


def test_after_an_error_no_file_appears(tmp_path: Path) -> None:
    with pytest.raises(ValueError), atomic_files(tmp_path) as scratch:
        (scratch / "a").write_text("a")
        raise ValueError
    assert names(tmp_path) == []


def test_remove_takes_files_folders_links_and_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    remove(tmp_path / "link")
    assert names(tmp_path) == ["folder"]
    remove(tmp_path / "folder")
    remove(tmp_path / "folder")
    assert names(tmp_path) == []

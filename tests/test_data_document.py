"""docs/data.md is executed: its files are written, its changes made in a copy of the packages, its commands run.

A block of code whose first line is `# PATH` is a file. A block of changes names a file after `---`; of what follows,
lines that begin with a space or a minus stand there, those with a space or a plus stand there afterwards.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vega.recipe import load_recipe
from vega.stage_graph import build_stages

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/data.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))

TEXT = {
    "forum.en": ["The printer in the hall jams daily.", "PLEASE HELP ME NOW", "It works, thanks."],
    "forum.de": ["Der Drucker im Flur klemmt jeden Tag.", "Bitte helft mir jetzt", "Es geht, danke."],
    "news.en": ["The bank raised its rates again this week.", "The weather will be fine on the coast tomorrow."],
    "news.tr": ["Banka bu hafta faiz oranlarını yeniden yükseltti.", "Yarın kıyıda hava güzel olacak."],
}
OBJECTS = [{"en": "The printer jams.", "de": "Der Drucker klemmt."}, {"en": "It works.", "de": "Es geht."}]


def blocks(section: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", SECTIONS[section], re.MULTILINE | re.DOTALL)


def write_files(section: str, folder: Path) -> None:
    for block in blocks(section, "python") + blocks(section, "yaml"):
        name, text = re.fullmatch(r"# (\S+)\n(.*)", block, re.DOTALL).groups()
        (folder / name).write_text(text, encoding="utf-8")


def change_files(section: str, folder: Path) -> None:
    """Make each change where its old lines stand, or begin a line; they must stand in one place."""
    for block in blocks(section, "diff"):
        path = None
        for part in re.split(r"^---", block, flags=re.MULTILINE)[1:]:
            name, _, changes = part.partition("\n")
            path = folder / name.strip() if name.strip() else path
            lines = changes.splitlines()
            old = "\n".join(line[1:] for line in lines if line[0] in " -")
            new = "\n".join(line[1:] for line in lines if line[0] in " +")
            text = path.read_text(encoding="utf-8")
            assert text.count(f"\n{old}") == 1, f"{path}: {old}"
            path.write_text(text.replace(f"\n{old}", f"\n{new}"), encoding="utf-8")


def run_commands(section: str, folder: Path) -> str:
    """What the indented commands print. They see the copy of the packages, as it lies in the working folder."""
    said = ""
    for command in re.findall(r"^    (vega .+)", SECTIONS[section], re.MULTILINE):
        arguments = [sys.executable, "-m", *shlex.split(command)]
        # One worker: these are a few lines.
        arguments += ["--set", "workers=1"] if " clean " in command else []
        done = subprocess.run(
            arguments, cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        said += done.stdout
    return said


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages, and some text to work on."""
    for package in ("vega", "data_pipeline"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "recipes"))
    for name, lines in TEXT.items():
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    with gzip.open(tmp_path / "web.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in OBJECTS)
    return tmp_path


def follow(section: str, folder: Path) -> str:
    write_files(section, folder)
    change_files(section, folder)
    return run_commands(section, folder)


@pytest.mark.e2e
def test_a_filter_is_added_as_written(copy: Path) -> None:
    said = follow("Add a filter", copy)
    assert "dropped by shouting" in said and "max_share=0.6" in said
    assert len((copy / "cleaned/forum.en-de.en").read_text().splitlines()) == 2


@pytest.mark.e2e
def test_a_source_is_added_as_written(copy: Path) -> None:
    said = follow("Add a source", copy)
    assert "en: It works." in said and "\nkept\n" in said and "row 2" in said


@pytest.mark.e2e
def test_a_language_is_added_as_written(copy: Path) -> None:
    said = follow("Add a language, and a pair", copy)
    assert "news.en-tr: 2 lines" in said and re.search(r"kept +2 +100", said)


def test_the_recipe_is_one(tmp_path: Path) -> None:
    write_files("Text in", tmp_path)
    recipe = load_recipe(str(tmp_path / "recipe.yaml"), [f"data={tmp_path}"])
    assert [corpus.kind for corpus in recipe.corpora.train] == ["text", "tmx", "tsv", "parquet"]
    names = [stage.name for stage in build_stages(recipe, tmp_path)]
    for stage in ("clean", "leakage", "binarize", "train"):
        assert stage in names and f"{stage}-r1" in names
    assert "synthesize-r1" in names


def test_every_setting_that_the_page_names_exists() -> None:
    from vega import settings

    sections = {
        "clean": settings.CleanSettings, "dedup": settings.DedupOptions, "leakage": settings.LeakageSettings,
    }  # fmt: skip
    for section, name in re.findall(r"`(clean|dedup|leakage)\.(\w+)`", PAGE):
        assert name in {**sections[section].model_fields, "json": None, "parquet": None}, f"{section}.{name}"
    for step in re.findall(r"^\| `(\w+_\w+)` \|.*\| `(?:bt|ft|ct)`", PAGE, re.MULTILINE):
        assert step in settings.SynthesisStep.model_fields
    for option in ("weights", "synthetic_share", "temperature", "noise", "curriculum"):
        assert f"`{option}`" in PAGE and option in settings.TrainOptions.model_fields
    for option in ("workers", "memory_mib", "shard_lines"):
        assert settings.CleanSettings.model_fields[option].json_schema_extra == settings.SPEED_ONLY

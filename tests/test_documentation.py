"""The documents are true: links lead somewhere, commands and options exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("vega/recipes/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_named_in_the_documents_exist(page: Path) -> None:
    named = r"`((?:vega|fairseq_plugins|data_pipeline|eval|tests|benchmarks|docs|tools)/[\w./]+)`"
    for target in re.findall(named, page.read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), f"{page.name}: {target}"


def test_every_vega_command_in_the_documents_exists() -> None:
    listed = subprocess.run([sys.executable, "-m", "vega", "--help"], capture_output=True, text=True, check=True).stdout
    commands = set(re.findall(r"^  (\w+)  ", listed, re.MULTILINE))
    for page in PAGES:
        for command in re.findall(r"(?:^    |`)vega ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert command in commands, f"{page.name}: vega {command}"


def test_the_two_commands_stand_first_in_the_readme() -> None:
    commands = re.findall(r"^    (\S.*)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert commands[0].startswith("make demo") and commands[1].startswith("make test")
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"demo", "test", "check", "bench"} <= set(targets)

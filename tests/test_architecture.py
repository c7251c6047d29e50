"""The import rules of CONTRIBUTING.md, read from the source without importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("vega", "fairseq_plugins", "data_pipeline", "eval", "slurm")
MAX_LINES = 400
#: Names that say nothing about what is inside.
EMPTY_NAMES = ("utils", "util", "common", "helpers", "misc")

#: Folder or file -> top-level names it must not import. The longest match counts.
FORBIDDEN = {
    "vega": {"fairseq", "ray", "fairseq_plugins", "data_pipeline", "eval", "slurm"},
    "vega/cli.py": {"fairseq", "ray"},
    "vega/ops": {"fairseq", "ray", "fairseq_plugins", "data_pipeline", "eval", "slurm"},
    "vega/methods": {"fairseq", "ray", "fairseq_plugins", "data_pipeline", "eval", "slurm"},
    "fairseq_plugins": {"ray", "data_pipeline", "eval", "slurm"},
    "data_pipeline": {"fairseq", "ray", "fairseq_plugins", "eval", "slurm"},
    "data_pipeline/run_ray.py": {"fairseq", "fairseq_plugins", "eval", "slurm"},
    "eval": {"fairseq", "ray", "fairseq_plugins", "data_pipeline", "slurm"},
    "slurm": {"fairseq", "ray", "fairseq_plugins", "data_pipeline", "eval"},
}
#: Folder -> modules of ours it may import; where it is not named, all that is not forbidden.
ONLY = {"vega/ops": ("vega.ops",), "vega/methods": ("vega.ops",)}


def source_files(root: Path) -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((root / package).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Every import with the full dotted names it may load: `from a import b` is both `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module
            for alias in node.names:
                yield node, f"{node.module}.{alias.name}"


def rule_for(relative: str, rules: dict[str, object]) -> object | None:
    matches = [key for key in rules if relative == key or relative.startswith(f"{key}/")]
    return rules[max(matches, key=len)] if matches else None


def violations(root: Path) -> list[str]:
    found = []
    for path in source_files(root):
        relative = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > MAX_LINES:
            found.append(f"{relative}: more than {MAX_LINES} lines")
        if path.stem in EMPTY_NAMES:
            found.append(f"{relative}: the name says nothing")
        tree = ast.parse(text)
        found += [f"{relative}:{line}: {problem}" for line, problem in sorted(set(import_problems(relative, tree)))]
    return found


def import_problems(relative: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    forbidden = rule_for(relative, dict(FORBIDDEN)) or set()
    only = rule_for(relative, dict(ONLY))
    assert isinstance(forbidden, set)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "relative import"
    for node, name in imports(tree):
        top = name.split(".")[0]
        if top in forbidden:
            yield node.lineno, f"must not import {top}"
        if isinstance(node, ast.Import) and top == "eval":
            yield node.lineno, "`import eval` hides the builtin, write `from eval.x import y`"
        if isinstance(only, tuple) and top in PACKAGES and not allowed(name, only):
            yield node.lineno, f"must not import {name}"
        if name == "vega.cli" and relative not in ("vega/__main__.py",):
            yield node.lineno, "must not import vega.cli"
    if relative == "vega/cli.py":
        yield from eager_imports(tree)


def allowed(name: str, only: tuple[str, ...]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in only)


def eager_imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """`vega --help` is quick because the command line imports only these at its top."""
    light = {"__future__", "sys", "pathlib", "typing", "typer", "vega"}
    for node in tree.body:
        for _, name in imports(node) if isinstance(node, ast.Import | ast.ImportFrom) else ():
            if name.split(".")[0] not in light:
                yield node.lineno, f"imports {name} outside a function"


def test_the_source_keeps_the_rules() -> None:
    assert violations(ROOT) == []


def test_the_walk_finds_the_source() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in source_files(ROOT)}
    assert {"vega/cli.py", "fairseq_plugins/__init__.py", "data_pipeline/clean.py", "eval/score.py"} <= found


@pytest.mark.parametrize(
    ("path", "source", "problem"),
    [
        ("vega/ops/masks.py", "import ray", "must not import ray"),
        ("vega/ops/masks.py", "from vega.errors import UserError", "must not import vega.errors"),
        ("vega/ops/masks.py", "from vega import directions", "must not import vega"),
        ("vega/methods/fsam.py", "from vega.methods.sam import step", "must not import vega.methods"),
        ("vega/methods/fsam.py", "from vega import methods", "must not import vega"),
        ("vega/plan.py", "def f():\n    import fairseq.tasks", "must not import fairseq"),
        ("vega/plan.py", "from data_pipeline.clean import run", "must not import data_pipeline"),
        ("vega/plan.py", "from vega.cli import main", "must not import vega.cli"),
        ("vega/cli.py", "import ray", "must not import ray"),
        ("vega/cli.py", "import pydantic", "outside a function"),
        ("vega/cli.py", "from vega.plan import x\nimport yaml", "outside a function"),
        ("fairseq_plugins/tasks/x.py", "import data_pipeline.clean", "must not import data_pipeline"),
        ("fairseq_plugins/tasks/x.py", "from ..models import y", "relative import"),
        ("data_pipeline/clean.py", "import ray.data", "must not import ray"),
        ("data_pipeline/clean.py", "from fairseq.data import x", "must not import fairseq"),
        ("data_pipeline/run_ray.py", "from eval.score import y", "must not import eval"),
        ("eval/score.py", "import fairseq_plugins", "must not import fairseq_plugins"),
        ("eval/score.py", "import eval.report", "hides the builtin"),
        ("slurm/jobs.py", "import ray", "must not import ray"),
        ("vega/utils.py", "", "the name says nothing"),
        ("vega/long.py", "x = 1\n" * 401, "more than 400 lines"),
    ],
)
def test_a_broken_rule_is_found(tmp_path: Path, path: str, source: str, problem: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")
    assert any(problem in found for found in violations(tmp_path)), violations(tmp_path)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("vega/ops/masks.py", "import torch\nfrom vega.ops.topk import topk"),
        ("vega/methods/fsam.py", "from vega.ops.masks import topk_mask"),
        ("data_pipeline/run_ray.py", "import ray"),
        ("eval/report/build.py", "from eval.score import y\nfrom vega.settings import ReportSettings"),
        ("fairseq_plugins/x.py", "import fairseq\nfrom vega.methods.fsam import step"),
        ("vega/cli.py", "def f():\n    import pydantic"),
        (".venv/lib/vega/utils.py", "import ray"),
    ],
)
def test_what_the_rules_allow_passes(tmp_path: Path, path: str, source: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")
    assert violations(tmp_path) == []

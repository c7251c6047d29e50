from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vega.example_settings import example_content
from vega.stages import COMMANDS
from vega.strict_yaml import parse, validate
from vega.version import __version__

HEAVY = ("torch", "ray", "fairseq", "pydantic", "numpy", "yaml")


def vega(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "vega", *map(str, arguments)], capture_output=True, text=True)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from vega.cli import main\nsys.argv = ['vega', '--help']\n"
        f"try: main()\nexcept SystemExit: pass\nprint([name for name in {HEAVY} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "First steps" in result.stdout
    assert result.stdout.splitlines()[-1] == "[]"


def test_version() -> None:
    assert vega("--version").stdout.strip() == f"vega {__version__}"


@pytest.mark.parametrize("stage", COMMANDS)
def test_the_help_of_a_stage_ends_with_settings_that_it_accepts(stage: str) -> None:
    output = vega(stage, "--help").stdout
    heading, _, example = output.partition("An example SETTINGS.yaml")
    assert f"vega {stage} {stage}.yaml --output {stage}" in heading
    model = COMMANDS[stage].settings
    settings = validate(parse(example.partition("\n")[2], "help"), model)
    assert settings == model.model_validate(example_content(model))
    for name, info in model.model_fields.items():
        assert f"# {info.description}" in example, name


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "demoo"], "Did you mean 'demo'"),
        (["run", "free6"], "--set data=FOLDER"),
        (["run", "demo", "--set", "trian.lr=1"], "unknown key 'trian'. Did you mean 'train'?"),
        (["run", "demo", "--stages", "trian", "--dry-run"], "no stage 'trian'"),
        (["plan", "none.yaml"], "none.yaml: no such recipe file"),
        (["status", "nowhere"], "nowhere is not a run"),
        (["vocab", "none.yaml", "--output", "out"], "none.yaml: no such file"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_1(arguments: list[str], says: str) -> None:
    result = vega(*arguments)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("vega: error: ")
    assert len(result.stderr.splitlines()) == 1
    assert says in result.stderr


def test_plan_prints_its_keys_as_json() -> None:
    result = vega("plan", "vega_mt_wmt22", "--json")
    assert result.returncode == 0
    assert '"parameters": 4693' in result.stdout


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m vega plan vega_mt_wmt22 | head -1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert result.stderr == ""


def test_train_prints_a_command_line_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("data: binarize\ndirections: [en-de]\narch: vega_tiny\n", encoding="utf-8")
    result = vega("train", tmp_path / "s.yaml", "--output", tmp_path / "out", "--print", "--set", "seed=77")
    assert result.returncode == 0, result.stderr
    assert "fairseq-train" in result.stdout
    assert "--seed 77" in result.stdout
    assert not (tmp_path / "out").exists()

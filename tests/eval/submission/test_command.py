"""The real command: what it says, and that a mistake is one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.eval.submission.official_files import GERMAN, hypothesis, official


def vega(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vega", "submission", *map(str, arguments)], capture_output=True, text=True
    )


def test_files_are_written_and_named(tmp_path: Path) -> None:
    output = tmp_path / "Us.xml"
    files = hypothesis(tmp_path, GERMAN)
    done = vega("--input", official(tmp_path), "--hypothesis", files, "--system", "Us", "--output", output)
    assert done.returncode == 0 and done.stderr == ""
    said = f"{output}: 6 segments in 2 documents, en-de, by 'Us'; 0 warnings.\n{output}.checks.json\n"
    assert done.stdout == said
    assert output.is_file()


def test_errors_are_listed_and_the_last_line_says_what_became_of_it(tmp_path: Path) -> None:
    files = hypothesis(tmp_path, GERMAN[:5])
    done = vega("--input", official(tmp_path), "--hypothesis", files, "--system", "Us", "--output", tmp_path / "a.xml")
    assert done.returncode == 1
    assert done.stdout.startswith(f"error: {files}:5: 5 lines for 6 segments")
    assert done.stderr == f"vega: error: {files}: 1 error, see above. Nothing was written.\n"
    assert not (tmp_path / "a.xml").exists()

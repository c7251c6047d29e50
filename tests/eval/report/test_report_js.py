"""The script of the page, run by node where there is one."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from eval.report import page

SCRIPT = Path(page.__file__).with_name("report.js")


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_lines_are_filtered_by_each_choice_and_by_text_a_page_at_a_time():
    run = [shutil.which("node"), str(Path(__file__).with_name("choose.js")), str(SCRIPT)]
    done = json.loads(subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout)
    assert done["form"] is True and done["text"] == ""
    assert done["steps"] == [
        [[True, True, False], "2 of 3 shown, 3 in all", True],
        [[True, True, True], "3 of 3 shown, 3 in all", False],
        [[True, True, False], "2 of 2 shown, 3 in all", False],
        [[False, True, False], "1 of 1 shown, 3 in all", False],
        [[False, True, False], "1 of 1 shown, 3 in all", False],
        [[False, False, True], "1 of 1 shown, 3 in all", False],
        [[True, True, False], "2 of 3 shown, 3 in all", True],
    ]

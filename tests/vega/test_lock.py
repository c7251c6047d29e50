from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vega.errors import UserError
from vega.lock import hold, holder

HOLD = "import sys, time; from pathlib import Path; from vega.lock import hold\n" \
    "with hold(Path(sys.argv[1]), 'it'):\n    print('held', flush=True); time.sleep(60)"  # fmt: skip


def holding(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_who_holds_it_and_a_killed_holder_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "run/.lock"
    process = holding(path)
    try:
        assert f"process {process.pid} on" in str(holder(path))
        with pytest.raises(UserError, match=f"The run is in use by process {process.pid}"), hold(path, "The run"):
            pytest.fail("two held it")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert holder(path) is None
    with hold(path, "The run"):
        assert f"process {os.getpid()}" in str(holder(path))
    assert not path.exists()


def test_a_lock_whose_file_was_replaced_does_not_delete_the_other(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with hold(path, "it"):
        path.rename(tmp_path / "moved")
        path.write_text("another's", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "another's"

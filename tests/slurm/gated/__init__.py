"""A `--user-dir` for tests: `tests.fairseq_plugins.recording`, and training that waits at given updates for the test.

After each update named in $GATES (`4,8`), every process writes its id into $RECORD_TO.pid.RANK and waits until the file
$RECORD_TO.pass.UPDATE is there, or until it is asked to stop.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from fairseq_plugins.training import stop
from fairseq_plugins.training.trainer import VegaTrainer
from tests.fairseq_plugins import recording  # noqa: F401 (puts its functions in place)

#: Seconds after which a forgotten gate opens.
LIMIT = 120.0

_step = VegaTrainer.train_step


def _wait_at_gates(self: Any, samples: list[Any], raise_oom: bool = False) -> Any:
    done = _step(self, samples, raise_oom)
    update, deadline = self.get_num_updates(), time.monotonic() + LIMIT
    if str(update) in os.environ.get("GATES", "").split(","):
        record = os.environ["RECORD_TO"]
        Path(f"{record}.pid.{self.data_parallel_rank}").write_text(str(os.getpid()))
        while not (Path(f"{record}.pass.{update}").exists() or stop.received() or time.monotonic() > deadline):
            time.sleep(0.02)
    return done


VegaTrainer.train_step = _wait_at_gates

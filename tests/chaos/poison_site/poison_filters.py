"""Cleaning filters that obey words in the text, and the environment, which is no part of a stage's settings."""

import os
import signal
import time
from pathlib import Path
from types import ModuleType
from typing import Any


def register(module: ModuleType) -> dict[str, Any]:
    """Name -> filter, for the module data_pipeline.filters. "poison" gets one row at a time, "poison_batch" many."""

    class Poison(module.Filter):  # type: ignore[name-defined, misc]
        name = "poison"
        harmless: bool = False

        def score(self, row: dict[str, str]) -> dict[str, float]:
            text = " ".join(row.values())
            take_time(text)
            if not self.harmless:
                act(text)
            return {"words": float(len(row))}

        def accept(self, scores: dict[str, float]) -> bool:
            return True

    class PoisonBatch(Poison):
        name = "poison_batch"
        batched = True

        def score(self, row: dict[str, str]) -> dict[str, float]:
            if not self.harmless and "TOGETHER" in " ".join(row.values()):
                os.abort()
            return {"words": float(len(row))}

    return {rule.name: rule for rule in (Poison, PoisonBatch)}


def take_time(text: str) -> None:
    """POISON_SECONDS for a row, and with the word WAIT until there is the file POISON_GATE."""
    time.sleep(float(os.environ.get("POISON_SECONDS", 0)))
    gate = os.environ.get("POISON_GATE")
    while gate and "WAIT" in text and not Path(gate).exists():
        time.sleep(0.01)


def act(text: str) -> None:
    if "RAISE" in text:
        raise ValueError("this line is bad")
    if "ABORT" in text:
        os.abort()
    if "MEMORY" in text:  # as the kernel does it to a process that takes too much
        os.kill(os.getpid(), signal.SIGKILL)

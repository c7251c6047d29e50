"""On PYTHONPATH it gives every process, Ray's workers too, a cleaning filter "poison" that obeys words in the text."""

import importlib.util
import os
import signal
import sys
import time
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def register(module: ModuleType) -> None:
    class Poison(module.Filter):  # type: ignore[name-defined, misc]
        name = "poison"
        seconds: float = 0.0
        harmless: bool = False

        def score(self, row: dict[str, str]) -> dict[str, float]:
            time.sleep(self.seconds)
            if not self.harmless:
                act(" ".join(row.values()))
            return {"words": float(len(row))}

        def accept(self, scores: dict[str, float]) -> bool:
            return True

    module.FILTERS["poison"] = Poison


def act(text: str) -> None:
    if "RAISE" in text:
        raise ValueError("this line is bad")
    if "ABORT" in text:
        os.abort()
    if "MEMORY" in text:  # as the kernel does it to a process that takes too much
        os.kill(os.getpid(), signal.SIGKILL)


class Finder(MetaPathFinder):
    """Registers the filter once data_pipeline.filters is imported."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != "data_pipeline.filters":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec and spec.loader
        execute = spec.loader.exec_module

        def execute_and_register(module: ModuleType) -> None:
            execute(module)
            register(module)

        spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, Finder())

"""A run in the middle of training, as `vega watch` finds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.vega.runs import do, small_recipe
from vega.lock import hold
from vega.stage_graph import build_stages
from vega.stage_run import LOCK, STARTED
from vega.stages import Stage
from vega.strict_yaml import dump


class MadeRun:
    """A run with text ready, in which training can begin and end."""

    def __init__(self, folder: Path, max_update: int = 1000) -> None:
        self.folder = folder / "run"
        recipe = small_recipe(folder, f"train.max_update={max_update}")
        self.stages: list[Stage] = build_stages(recipe, self.folder)
        do(self.stages[:4])
        (self.folder / "recipe.yaml").write_text(dump(recipe), encoding="utf-8")
        self.log = self.folder / "train" / "train.log"

    @contextmanager
    def used(self) -> Iterator[None]:
        """By `vega run`."""
        with hold(self.folder / ".lock", "the run"):
            yield

    @contextmanager
    def training(self) -> Iterator[None]:
        """Stage train at work."""
        with self.used(), hold(self.log.parent / LOCK, "the stage"):
            (self.log.parent / STARTED).write_text("{}", encoding="utf-8")
            (self.log.parent / "log.txt").write_text(
                "2026-11-30 10:00:00 | INFO | x | begins\n"
                "2026-11-30 10:00:01 | WARNING | x | \x1b[31mgradient <b>overflow</b>\x1b[0m [red]\n"
            )
            yield

    def finish(self) -> None:
        """All stages."""
        do(self.stages)

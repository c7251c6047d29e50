"""Training that is killed at random, again and again, on changing numbers of processes; then what must hold is checked.

    python -m tests.chaos.kills --kills 100 --seed 1 --folder DIR

trains a small model to a fixed update in several runs, each from an empty folder, and prints a JSON summary. The laws
are in `laws.py`, the ways to die in `blows.py`. Which kills come, and in what order, the seed decides; what they hit
depends on the machine's speed.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from data_pipeline import binarize, vocab
from tests.chaos.blows import DYING, STOP, Blow, draw, has_struck, is_saving, strike
from tests.chaos.laws import FINISHED, KILLED, STOPPED, Line, Reference, Start, figures, violations
from tests.fairseq_plugins import processes
from tests.fairseq_plugins.running import check_leakage, train_arguments, write_corpus
from vega import exit_codes
from vega.checkpoints.layout import BEST, HIDDEN, LAST, SUMS, checkpoint_folders, read_summary
from vega.checkpoints.newest import newest, update_of
from vega.checkpoints.sources import FileWeights
from vega.checkpoints.verify import problems
from vega.errors import UserError
from vega.settings import BinarizeSettings, VocabSettings

logger = logging.getLogger(__name__)

SHARDED, FILES = "vega_fsdp", "legacy_ddp"
BACKENDS = (SHARDED, FILES, SHARDED)
PROCESSES = (1, 2, 4)
SAVE_EVERY = 4
#: Seconds in which a start must have ended, and that the others live on when one has failed, as under torchrun.
LIMIT, GRACE = 180.0, 3.0


@dataclass
class Tally:
    """What all runs have found."""

    kinds: Counter[str] = field(default_factory=Counter)
    moments: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    largest: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return self.kinds.total()

    def add(self, numbers: dict[str, float]) -> None:
        for name, value in numbers.items():
            if name.startswith(("most", "largest")):
                self.largest[name] = max(value, self.largest.get(name, 0))
            else:
                self.numbers[name] += int(value)

    def summary(self, seconds: float) -> dict[str, Any]:
        return {
            "kills": self.kills, "kinds": dict(self.kinds), "moments": dict(self.moments), "runs": dict(self.runs),
            **self.numbers, **self.largest, "seconds": round(seconds), "violations": self.faults,
        }  # fmt: skip


def prepare(folder: Path) -> Path:
    """A corpus in three languages, binarized; made once."""
    data = folder / "data"
    if not (data / "dict.txt").exists():
        corpus = write_corpus(folder / "text", "news", 300, 1)
        vocabulary = folder / "vocab"
        for made in (vocabulary, data):
            made.mkdir(parents=True, exist_ok=True)
        vocab.run(VocabSettings(corpora=[corpus], size=320, seed=1), vocabulary)
        report = check_leakage([corpus], folder / "leakage")
        binarize.run(BinarizeSettings(vocab=vocabulary, leakage=report, train=[corpus], workers=1), data)
    return data


def arguments(data: Path, save: Path, updates: int, *more: str) -> list[str]:
    """Epochs of twelve updates, a save every four."""
    command = train_arguments(
        data, save, updates, "--disable-validation", "--batches-per-update", "4", "--epoch-batches", "48",
        "--save-interval-updates", str(SAVE_EVERY), "--keep-interval-updates", "3", *more,
    )  # fmt: skip
    command[command.index("--dropout") + 1] = "0.3"
    return command


def uninterrupted(data: Path, folder: Path, updates: int) -> Reference:
    command = arguments(data, folder / "never", updates, "--no-save", "--ddp-backend", FILES)
    lines = processes.train(1, command, folder / "uninterrupted")[0]
    assert [line["update"] for line in lines] == list(range(1, updates + 1))
    return {line["update"]: line for line in lines}


def newest_update(checkpoints: Path) -> int:
    found = newest(checkpoints)
    return 0 if found is None else update_of(found)


def damage(checkpoints: Path) -> Iterator[str]:
    """What is wrong with any checkpoint that has its name, and with the links to them."""
    for path in checkpoints.glob("update_*"):
        yield from problems(path, values=True) if (path / SUMS).exists() else [f"{path}: {SUMS} is missing"]
    for link in (checkpoints / LAST, checkpoints / BEST):
        if link.is_symlink() and (link.readlink().name.startswith(HIDDEN) or not link.exists()):
            yield f"{link}: points to {link.readlink()}, which is no checkpoint"
    for path in checkpoints.glob("checkpoint*.pt"):
        yield from _damaged_file(path)


def _damaged_file(path: Path) -> Iterator[str]:
    try:
        with zipfile.ZipFile(path) as file:
            bad = file.testzip()
        weights = FileWeights(path)
        finite = all(torch.isfinite(weights.tensor(name)).all() for name in weights.tensors())
        if bad or not finite:
            yield f"{path}: {bad or 'a number'} is damaged"
    except (zipfile.BadZipFile, UserError) as error:
        yield f"{path}: {error} ({path.stat().st_size} bytes)"


def read_lines(record: Path, rank: int) -> list[Line]:
    """A process's lines; the last may be cut off."""
    path = Path(f"{record}.{rank}")
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


class Run:
    """Training from nothing to the last update, with `kills` kills or fewer in between."""

    def __init__(self, data: Path, folder: Path, backend: str, reference: Reference, user_dir: str) -> None:
        self.data, self.folder, self.backend, self.reference = data, folder, backend, reference
        self.user_dir = user_dir
        self.checkpoints = folder / "checkpoints"
        self.starts: list[Start] = []
        folder.mkdir(parents=True)

    def train(self, kills: int, rng: random.Random, tally: Tally) -> None:
        left, updates = kills, max(self.reference)
        while newest_update(self.checkpoints) < updates:
            count = rng.choice(PROCESSES)
            blow = draw(rng, count, self.backend == SHARDED) if left else None
            struck, faults = self._start(count, blow, updates)
            if struck and blow is not None:
                left -= 1
                tally.kinds[blow.kind] += 1
                tally.moments[blow.moment] += 1
                tally.numbers["saves_cut_off"] += is_saving(self.checkpoints)
            if faults or (not struck and self.starts[-1].after < updates):
                faults.append(
                    f"start {len(self.starts)}: gave up; its output is {self._record(len(self.starts))}.log.*"
                )
                break
            tally.numbers["whole_but_not_yet_last"] += self._passed_over()
        else:
            most_lost = SAVE_EVERY * (2 if self.backend == SHARDED else 1)  # one save runs in the background
            faults = [*violations(self.reference, self.starts, most_lost)]
        tally.faults += [f"{self.folder.name}: {fault}" for fault in faults]
        tally.runs[self.backend] += 1
        tally.add(figures(self.reference, self.starts))

    def _record(self, number: int) -> Path:
        return self.folder / f"start{number}"

    def _start(self, count: int, blow: Blow | None, updates: int) -> tuple[bool, list[str]]:
        """Whether the blow struck; what was wrong with the checkpoints then, and with the end of the processes."""
        number = len(self.starts) + 1
        record, before = self._record(number), newest_update(self.checkpoints)
        variables = blow.environment(self.checkpoints) if blow is not None else {}
        command = arguments(self.data, self.checkpoints, updates, "--ddp-backend", self.backend)
        pids = processes.start(count, command, record, self.user_dir, **variables)
        if blow is not None:
            strike(blow, pids, record, self.checkpoints)
        statuses = processes.wait(pids, LIMIT, GRACE)
        ends = {(0,): FINISHED, (exit_codes.STOPPED,): STOPPED}
        end = ends.get(tuple(set(statuses)), KILLED)
        faults = list(damage(self.checkpoints))
        after = before if faults else newest_update(self.checkpoints)  # a damaged one may not say its update
        lines = [read_lines(record, rank) for rank in range(count)]
        self.starts.append(Start(number, lines, before, after, end))
        struck = blow is not None and has_struck(blow, statuses)
        self._report(self.starts[-1], statuses, blow if struck else None)
        return struck, faults + _odd_end(number, blow if struck else None, statuses, end)

    def _report(self, start: Start, statuses: list[int], blow: Blow | None) -> None:
        how = f"{blow.kind}, {blow.moment}" if blow else "nothing"
        logger.info(
            f"{self.folder.name} ({self.backend}), start {start.number}: {start.processes} processes from update "
            f"{start.before} to {start.last}, kept {start.after}; {how}; ended with {statuses}"
        )

    def _passed_over(self) -> bool:
        """A whole checkpoint that is newer than the one training goes on from: killed between the two names."""
        named = [int(read_summary(path)["update"]) for path in checkpoint_folders(self.checkpoints)]
        named += [int(path.stem.split("_")[2]) for path in self.checkpoints.glob("checkpoint_*_*.pt")]
        return max(named, default=0) > newest_update(self.checkpoints)


def _odd_end(number: int, blow: Blow | None, statuses: list[int], end: str) -> list[str]:
    """Training ends by itself, all of it stops when asked, or it is killed; nothing else."""
    unasked = blow is None and end != FINISHED
    listening = blow is not None and blow.kind == STOP and statuses[blow.victim] != -blow.number
    if unasked or (listening and end != STOPPED):
        return [f"start {number}: ended with {statuses} after {blow and blow.kind}"]
    return []


def run(
    data: Path, folder: Path, kills: int, seed: int, *, updates: int, kills_per_run: int, user_dir: str = DYING
) -> dict[str, Any]:
    """The summary; its `violations` are empty when all is well. Runs until there were `kills` kills, or a violation."""
    started, rng, tally = time.monotonic(), random.Random(seed), Tally()
    reference = uninterrupted(data, folder, updates)
    while tally.kills < kills and not tally.faults:
        number = tally.runs.total()
        one = Run(data, folder / f"run{number + 1}", BACKENDS[number % len(BACKENDS)], reference, user_dir)
        one.train(min(kills_per_run, kills - tally.kills), rng, tally)
    return tally.summary(time.monotonic() - started)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="in all runs together [100]")
    parser.add_argument("--seed", type=int, default=1, help="which kills [1]")
    parser.add_argument("--folder", type=Path, required=True, help="a new folder for data, checkpoints and records")
    parser.add_argument("--updates", type=int, default=48, help="of one run [48]")
    parser.add_argument("--kills-per-run", type=int, default=12, help="at most; then a run may finish [12]")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    if chosen.folder.exists():
        parser.error(f"{chosen.folder} exists: name a new folder")
    folder = chosen.folder.resolve()
    plan = {"updates": chosen.updates, "kills_per_run": chosen.kills_per_run}
    summary = run(prepare(folder), folder, chosen.kills, chosen.seed, **plan)
    print(json.dumps(summary, indent=1))  # noqa: T201
    return int(bool(summary["violations"]))


if __name__ == "__main__":
    sys.exit(main())

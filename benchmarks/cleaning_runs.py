"""What the cleaning benchmarks share: text of free6, `vega clean` as a measured process, what a second core is for."""

from __future__ import annotations

import json
import lzma
import multiprocessing
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vega.child_signals import descendants
from vega.settings import CleanSettings, Corpus
from vega.strict_yaml import dump

#: Written without spaces: characters are shuffled.
UNSEGMENTED = ("ja", "zh")


@dataclass
class Memory:
    """Peaks in MiB of memory that is a process's own, pages of mapped files left out: of the process that was started,
    of the largest worker, and of all processes together."""

    driver: float = 0.0
    worker: float = 0.0
    tree: float = 0.0

    def watch(self, pid: int) -> None:
        """Sample until the process ends."""
        while driver := _private_mib(pid):
            below = {child: _private_mib(child) for child in descendants(pid)}
            workers = [size for child, size in below.items() if "ray::" in _command(child)]
            self.driver = max(self.driver, driver)
            self.worker = max([self.worker, *workers])
            self.tree = max(self.tree, driver + sum(below.values()))
            time.sleep(0.2)


@dataclass
class Run:
    """A finished process: seconds, seconds of processor time of it and of the children that it waited for."""

    wall_s: float
    cpu_s: float
    memory: Memory = field(default_factory=Memory)


def measured(command: Sequence[str | Path], memory: bool = False) -> Run:
    """Run a program; ends this one where it fails. One thread for each library, and no progress bars.

    Python may keep what it compiles, as it does for users: else every process compiles thousands of modules again.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[1])}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.monotonic()
    with Path(os.devnull).open("wb") as nothing:
        process = subprocess.Popen(command, stdout=nothing, stderr=subprocess.PIPE, env=environment)
        assert process.stderr is not None
        run = Run(0.0, 0.0)
        watcher = threading.Thread(target=run.memory.watch, args=(process.pid,))
        if memory:
            watcher.start()
        errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    run.wall_s = time.monotonic() - started
    run.cpu_s = usage.ru_utime + usage.ru_stime
    if memory:
        watcher.join()
    if status:
        raise SystemExit(errors.decode()[-3000:])
    return run


def clean(folder: Path, corpora: Sequence[Corpus], workers: int, memory: bool = False, **options: Any) -> Run:
    """`vega clean` of corpora into `folder`/output."""
    settings = CleanSettings(corpora=list(corpora), workers=workers, **options)
    file = folder / "clean.yaml"
    file.write_text(dump(settings), encoding="utf-8")
    program = [sys.executable, "-m", "vega", "clean", str(file), "--output", str(folder / "output")]
    return measured(program, memory)


def counts(folder: Path) -> dict[str, Any]:
    """Lines read and kept, and dropped by rule, of all corpora together."""
    report = json.loads((folder / "output/clean.json").read_text(encoding="utf-8"))
    dropped: dict[str, int] = {}
    for corpus in report["corpora"].values():
        for rule, count in corpus["dropped"].items():
            dropped[rule] = dropped.get(rule, 0) + count
    return {key: sum(corpus[key] for corpus in report["corpora"].values()) for key in ("read", "kept")} | {
        "dropped": dropped
    }


def free6(data: Path, language: str, folder: Path, lines: int, times: int = 1) -> Corpus:
    """`lines` pairs of free6 (0 = all) from all over its files, as plain text in `folder`, `times` as many in all.

    The copies have their words shuffled and end in a number, so that none repeats another; their letters, lengths and
    numbers stay.
    """
    languages = ["en", language]
    packed = [(data / f"free6/train.en-{language}.{code}.xz").read_bytes() for code in languages]
    texts = [lzma.decompress(content).decode().split("\n")[:-1] for content in packed]
    step = len(texts[0]) / lines if lines else 1.0
    chosen = [int(number * step) for number in range(lines or len(texts[0]))]
    for code, text in zip(languages, texts, strict=True):
        with (folder / f"free6.en-{language}.{code}").open("w", encoding="utf-8") as file:
            for copy in range(times):
                generator = random.Random(f"{code} {copy}")
                for place in chosen:
                    file.write(f"{_other(text[place], code, copy, generator) if copy else text[place]}\n")
    files = str(folder / f"free6.en-{language}.{{lang}}")
    return Corpus(name="free6", languages=languages, files=files)


def _other(line: str, code: str, copy: int, generator: random.Random) -> str:
    parts = list(line) if code in UNSEGMENTED else line.split()
    generator.shuffle(parts)
    return f"{('' if code in UNSEGMENTED else ' ').join(parts)} {copy}"


def two_against_one() -> float:
    """How many times as fast two processes are that only count, as one: what this machine's second core is worth."""
    walls = []
    for processes in (1, 2):
        workers = [multiprocessing.Process(target=_count) for _ in range(processes)]
        started = time.monotonic()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        walls.append(time.monotonic() - started)
    return 2 * walls[0] / walls[1]


def _count() -> None:
    total = 0
    for number in range(60_000_000):
        total += number


def _private_mib(pid: int) -> float:
    """0 where it has ended."""
    with suppress(OSError):
        found = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    return ""

"""Corpora as the stages see them: checked before work starts, counted, and named by one file stem."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from vega.corpus import fetch, read_rows
from vega.errors import UserError
from vega.progress import track
from vega.settings import Corpus
from vega.text_files import count_sound_lines


def stem(corpus: Corpus) -> str:
    """`name.group`, as in the file names `name.group.lang`; unique in a stage."""
    return f"{corpus.name}.{corpus.group}"


def check_unique(corpora: Sequence[Corpus]) -> None:
    """Two corpora of one name and group would write the same file."""
    seen: set[str] = set()
    for corpus in corpora:
        if stem(corpus) in seen:
            raise UserError(f"Two corpora are named '{corpus.name}' for {corpus.group}. Give one another name.")
        seen.add(stem(corpus))


def check_exist(corpora: Sequence[Corpus]) -> None:
    """UserError if a file is missing: said before hours are spent on those that are there."""
    for corpus in corpora:
        fetch(corpus)
    if missing := [
        path for corpus in corpora if not corpus.mtdata for path in corpus.paths().values() if not path.exists()
    ]:
        raise UserError(f"{missing[0]}: no such file. Check the path in the recipe, and {{lang}} in it.")


def count_lines(corpora: Sequence[Corpus]) -> list[int]:
    """Read every file once: lines of each corpus. Any fault in any file is a UserError before the real work starts."""
    check_exist(corpora)
    return [_count(corpus) for corpus in track(corpora, "Checking text", total=len(corpora))]


def _count(corpus: Corpus) -> int:
    if corpus.kind == "text":
        counts = {count_sound_lines(path) for path in corpus.paths().values()}
        if len(counts) == 1 and (lines := counts.pop()):
            return lines
    return sum(1 for _ in read_rows(corpus))  # names the fault, if there is one


def number_of_workers(requested: int) -> int:
    """`requested`, or for 0 one per core that this process may use (CPU affinity and container limit)."""
    if requested:
        return requested
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cores, *_container_limit()]))


def _container_limit() -> Iterable[int]:
    """Cores granted by a cgroup v2 limit, as `docker run --cpus 2` sets it."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return [] if quota == "max" else [int(quota) // int(period)]
    except (OSError, ValueError):
        return []

"""The environment a training process starts in: memory allocator and threads.

Where page faults are slow (virtual machines), glibc's malloc gives large tensors back to the system at every free and
takes them anew at every use; jemalloc with transparent huge pages keeps them. How much that brings depends on the size
of the tensors: much for stock fairseq's loss, nothing for the demo (docs/performance.md).
"""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
from pathlib import Path

#: Huge pages wherever the system lets a program ask for them; freed memory is kept for 30 s before it is given back.
JEMALLOC_SETTINGS = "thp:always,metadata_thp:auto,dirty_decay_ms:30000,muzzy_decay_ms:30000"
_HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def find_jemalloc() -> Path | None:
    """The system's jemalloc, else the one in Ray's wheel, else None."""
    for name in ("libjemalloc.so.2", ctypes.util.find_library("jemalloc")):
        for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"):
            if name and (found := Path(folder) / name).exists():
                return found
    ray = importlib.util.find_spec("ray")  # finds it without importing it
    if ray is not None and ray.origin is not None:
        bundled = Path(ray.origin).with_name("core") / "libjemalloc.so"
        if bundled.exists():
            return bundled
    return None


def huge_pages_allowed() -> bool:
    """Whether the kernel gives huge pages to programs that ask."""
    return _HUGE_PAGES.exists() and "[never]" not in _HUGE_PAGES.read_text()


def cpu_environment(*, jemalloc: bool, threads: int) -> dict[str, str]:
    """Variables to add for training on CPU. An LD_PRELOAD or MALLOC_CONF of the user's stays as it is."""
    added = {"OMP_NUM_THREADS": str(threads)}
    library = find_jemalloc() if jemalloc else None
    if library is not None and "LD_PRELOAD" not in os.environ:
        added["LD_PRELOAD"] = str(library)
        if "MALLOC_CONF" not in os.environ and huge_pages_allowed():
            added["MALLOC_CONF"] = JEMALLOC_SETTINGS
    return added


def describe(environment: dict[str, str]) -> str:
    """One line for the log."""
    if "LD_PRELOAD" not in environment:
        return "jemalloc is not preloaded (switched off, not found, or LD_PRELOAD is already set)"
    pages = "with transparent huge pages" if "MALLOC_CONF" in environment else "without huge pages"
    return f"preloading jemalloc {pages}: {environment['LD_PRELOAD']}; switch it off with jemalloc=false"


def threads_per_process(threads: int, processes: int) -> int:
    """The given number, or an even share of this machine's cores."""
    return threads or max(1, len(os.sched_getaffinity(0)) // processes)

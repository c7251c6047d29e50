"""`vega watch`: a run's state again and again until the run has ended, on a terminal, in lines, or as a local page."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime

from eval.report.watch_page import REFRESH, page, state_json
from eval.report.watch_server import serving
from eval.report.watch_state import FAILED, FINISHED, RUNNING, RunState, WatchedRun
from eval.report.watch_text import OUTCOMES, PlainLines, screen

#: Seconds between looks where the user does not say: on a terminal or page, and in lines.
QUICK, SLOW = 2.0, 10.0

Look = Callable[[RunState], None]


def watch(run: WatchedRun, every: float | None = None) -> int:
    """Show the run on standard output until it ends. 0 if it ended well, 1 if a stage did not."""
    if sys.stdout.isatty():
        return _on_terminal(run, every or QUICK)
    plain = PlainLines()

    def show(state: RunState) -> None:
        now = datetime.fromtimestamp(state.time).strftime("%H:%M:%S")
        for line in plain.lines(state):
            sys.stdout.write(f"{now} {line}\n")
        sys.stdout.flush()

    return _follow(run, show, every or SLOW)


def serve(run: WatchedRun, port: int = 0, every: float | None = None) -> int:
    """The same as a page on this machine only; the address goes to standard output."""
    state = run.look()
    with serving(port, *page(state.name)) as server:
        server.set_state(state_json(state))
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        code = _follow(run, lambda found: server.set_state(state_json(found)), every or QUICK)
        time.sleep(2 * REFRESH)  # the page learns how it ended
    return code


def _on_terminal(run: WatchedRun, every: float) -> int:
    from rich.live import Live

    with Live(auto_refresh=False) as live:
        return _follow(run, lambda state: live.update(screen(state), refresh=True), every)


def _follow(run: WatchedRun, show: Look, every: float) -> int:
    """Look until the run has finished, or has ended otherwise long enough to be sure of it."""
    ended_at: float | None = None
    while True:
        state = run.look()
        show(state)
        now = time.monotonic()
        ended_at = None if state.outcome == RUNNING else ended_at or now
        if state.outcome == FINISHED or (ended_at is not None and now - ended_at >= run.settling):
            break
        time.sleep(every if ended_at is None else min(every, run.settling))
    sys.stdout.write(f"{state.name}: {OUTCOMES[state.outcome]}\n")
    return int(state.outcome == FAILED)

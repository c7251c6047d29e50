"""Which process is at fault when none makes progress: from what each has told the others last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: The phase of a process that waits for others.
WAITING = "communication"
#: The phase of a process that has ended its training.
FINISHED = "finished"
#: Rows of the table; those named come first.
ROWS = 40


@dataclass(frozen=True)
class Heartbeat:
    """What a process tells the others."""

    process: int
    host: str
    pid: int
    update: int
    collectives: int  #: begun so far; the same number in processes that have come equally far
    phase: str
    seconds: float  #: without progress
    number: int  #: of this heartbeat
    silent: bool = False  #: found by the reader: none came while it watched

    @property
    def position(self) -> tuple[int, int, bool]:
        """How far the process has come. What follows a collective begins with data."""
        return self.update, self.collectives, self.phase != "data"

    def __str__(self) -> str:
        return f"process {self.process} ({self.host}, pid {self.pid})"


@dataclass(frozen=True)
class Verdict:
    """The processes at fault, by number; the same as a sentence; how many of all processes can end themselves."""

    named: list[int]
    text: str
    alive: int


def judge(beats: Sequence[Heartbeat]) -> Verdict:
    """The processes that the others wait for, from one heartbeat each; none where nothing tells them apart."""
    named, reason = _named(beats)
    alive = sum(not beat.silent and beat.phase != FINISHED for beat in beats)
    return Verdict([beat.process for beat in named], reason.format(who=", ".join(map(str, named[:ROWS]))), alive)


def _named(beats: Sequence[Heartbeat]) -> tuple[list[Heartbeat], str]:
    silent = [beat for beat in beats if beat.silent]
    if silent:
        return silent, "{who}: no heartbeat. Stopped, killed, or hanging outside Python."
    busy = [beat for beat in beats if beat.phase != WAITING]
    behind = _furthest_behind(busy or beats)
    phases = ", ".join(sorted({beat.phase for beat in behind}))
    if busy and len(busy) < len(beats):
        return behind, f"{{who}}: in {phases}, while others wait in a collective."
    if len(behind) < len(beats):
        return behind, f"{{who}}: in {phases}, furthest behind." + ("" if busy else " All wait, but not for the same.")
    if len(beats) == 1:
        return behind, f"{{who}}: in {phases}."
    if busy:
        return [], f"All are equally far, in {phases}. The stacks tell more."
    return [], "All wait in the same collective: the network between them, or collectives that do not match."


def _furthest_behind(beats: Sequence[Heartbeat]) -> list[Heartbeat]:
    last = min(beat.position for beat in beats)
    return [beat for beat in beats if beat.position == last]


def table(beats: Sequence[Heartbeat], named: Sequence[int]) -> str:
    """One line per process: first those named, with an arrow, then by how far they have come."""
    order = sorted(beats, key=lambda beat: (beat.process not in named, beat.position, beat.process))
    rows = [["", "process", "host", "pid", "update", "collectives", "phase", "no progress for"]]
    for beat in order[:ROWS]:
        seconds = "no heartbeat" if beat.silent else f"{beat.seconds:.0f} s"
        values = [beat.process, beat.host, beat.pid, beat.update, beat.collectives, beat.phase, seconds]
        rows.append(["->" if beat.process in named else "", *map(str, values)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if len(order) > ROWS:
        lines.append(f"and {len(order) - ROWS} more")
    return "\n".join(lines)

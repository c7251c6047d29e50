"""The process that feeds the trackers, `python -m vega.tracking.follower`; `vega.tracking.start` starts it.

The first line of its standard input is the job. It ends when standard input ends, having read the log to its end; the
word `finished` before that says that training has not only stopped. What a tracker does wrong is said once, and the
others go on.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys

from vega.growing_log import GrowingLog
from vega.progress import say
from vega.tracking.job import Job, Memory, read_memory, write_memory
from vega.tracking.points import Point, read_point
from vega.tracking.writers import OFFLINE, WRITERS, Writer

#: Seconds between looks at the log.
INTERVAL = 2.0
#: Points told at a time.
MANY = 500
FINISHED = b"finished"


class Follower:
    """Reads the log as it grows and tells each tracker what it has not been told."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._log = GrowingLog(job.log)
        self._memory = read_memory(job.log.parent)
        self._open: dict[str, Writer] = {}
        for name in job.trackers:
            memory = self._memory.setdefault(name, Memory())
            try:
                self._open[name] = WRITERS[name](job, memory)
            except Exception as error:  # a tracker's trouble is not training's
                self._give_up(name, error)
        write_memory(job.log.parent, self._memory)

    def look(self) -> None:
        """Tell what the log has had since the last look."""
        points: list[Point] = []
        for line in self._log.new_lines():
            if point := read_point(line):
                points.append(point)
            if len(points) >= MANY:
                self._tell(points)
                points = []
        self._tell(points)

    def close(self, finished: bool) -> None:
        """After the last look."""
        for name, writer in list(self._open.items()):
            try:
                writer.close(finished)
            except Exception as error:
                self._give_up(name, error)

    def _tell(self, points: list[Point]) -> None:
        new = {name: found for name in self._open if (found := self._memory[name].take(points))}
        if new:  # remembered before it is told: a point may be lost when we are killed in between, none comes twice
            write_memory(self.job.log.parent, self._memory)
        for name, found in new.items():
            try:
                self._open[name].write(found)
            except Exception as error:
                self._give_up(name, error)

    def _give_up(self, name: str, error: Exception) -> None:
        self._open.pop(name, None)
        said = (str(error) or type(error).__name__).splitlines()[0]
        say(f"vega: warning: {name} gets nothing more of this training: {said}")


def main() -> None:
    """Follow until standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP):  # they are for training
        signal.signal(number, signal.SIG_IGN)
    for name, value in OFFLINE.items():
        os.environ.setdefault(name, value)
    source = sys.stdin.fileno()
    received = b""
    while b"\n" not in received:
        data = os.read(source, 65_536)
        if not data:
            return
        received += data
    first, _, received = received.partition(b"\n")
    follower = Follower(Job(**json.loads(first)))
    ended = False
    while not ended:
        follower.look()
        if select.select([source], [], [], INTERVAL)[0]:
            data = os.read(source, 65_536)
            received += data
            ended = not data
    follower.look()
    follower.close(finished=FINISHED in received)


if __name__ == "__main__":
    main()

"""What training's exit status says besides 0 (finished), 1 (an error, shown above) and 2 (a wrong option).

A script that starts jobs again needs only this: 75 and 79, start again; 80, look first. The numbers collide with
nobody's: 64 to 78 have meanings in sysexits.h (75 has just ours; 76 would read "protocol error", 77 "permission
denied"), from 126 on they are the shell's (128 + n: ended by signal n), docker's and ssh's, 120 is Python's. 79 to 113
are free. A launcher between training and the script may keep the status to itself: torchrun, and fairseq-train where it
starts the processes of a node, end with 1 whatever a process says; Slurm passes on the highest.
"""

from __future__ import annotations

#: SIGTERM or SIGUSR1 asked training to stop. It saved; the same command goes on from there. EX_TEMPFAIL: "try again".
STOPPED = 75
#: The watchdog ended training that made no progress. The same command goes on from the last checkpoint.
STUCK = 79
#: Training diverged again after all the roll-backs it may do. The same command would diverge once more.
DIVERGED = 80

#: Those that a command above training passes on.
PASSED_ON = (STOPPED, STUCK, DIVERGED)


def passed_on(status: int) -> int:
    """What a command ends with when its child has failed with `status`."""
    return status if status in PASSED_ON else 1

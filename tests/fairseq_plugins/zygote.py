"""Starts training processes by forking one that has imported everything: a second instead of fifteen.

`python -m tests.fairseq_plugins.zygote` reads one JSON object per line and answers with one:
{"start": {"arguments", "environment", "processes", "log"}} -> {"pids"}, fairseq-train under the variables that torchrun
sets; {"ended": pids} -> {"ended"}: those that run no more; {"wait": pids, "seconds", "grace"} -> {"statuses"}: exit
statuses, negative for signals. When one process fails, the others are killed after the grace, as torchrun does.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
import traceback
from typing import Any


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def start(request: dict[str, Any]) -> list[int]:
    port, pids = free_port(), []
    for rank in range(request["processes"]):
        pid = os.fork()
        if pid == 0:
            _child(request, rank, port)
        pids.append(pid)
    return pids


def _child(request: dict[str, Any], rank: int, port: int) -> None:
    """Never returns."""
    log = os.open(f"{request['log']}.{rank}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(0)
    os.environ.update(request["environment"])
    if request["processes"] > 1:
        size = str(request["processes"])
        os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=size)
        os.environ.update(MASTER_ADDR="localhost", MASTER_PORT=str(port))
    status = 1
    try:
        from fairseq_cli import train

        sys.argv = ["fairseq-train", *request["arguments"]]
        train.cli_main()
        status = 0
    except SystemExit as exit_:
        status = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def ended(pids: list[int]) -> list[int]:
    """Those that run no more; `wait` can still ask for their status."""
    options = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return [pid for pid in pids if os.waitid(os.P_PID, pid, options) is not None]


def wait(pids: list[int], seconds: float, grace: float) -> list[int]:
    statuses: dict[int, int] = {}
    deadline = time.monotonic() + seconds
    failed_at = None
    while len(statuses) < len(pids):
        for pid in set(pids) - set(statuses):
            done, raw = os.waitpid(pid, os.WNOHANG)
            if done:
                statuses[pid] = os.waitstatus_to_exitcode(raw)
        if failed_at is None and any(statuses.values()):
            failed_at = time.monotonic()
        late = failed_at is not None and time.monotonic() > failed_at + grace
        if late or time.monotonic() > deadline:
            for pid in set(pids) - set(statuses):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    return [statuses[pid] for pid in pids]


def main() -> None:
    import fairseq_plugins  # noqa: F401 (and with it torch and fairseq)

    print(json.dumps({"ready": True}), flush=True)  # noqa: T201
    for line in sys.stdin:
        request = json.loads(line)
        if "start" in request:
            answer = {"pids": start(request["start"])}
        elif "ended" in request:
            answer = {"ended": ended(request["ended"])}
        else:
            answer = {"statuses": wait(request["wait"], request["seconds"], request["grace"])}
        print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

"""`python -m slurm.testing start --nodes 2 --folder DIR`, and `stop --folder DIR`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from slurm.testing.cluster import Cluster, ClusterError, start
from slurm.testing.configuration import environment
from slurm.testing.options import ClusterOptions
from slurm.testing.supervisor import supervise
from vega.errors import UserError


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0, or 1 with a message on standard error."""
    parsed = parser().parse_args(arguments)
    try:
        if parsed.command == "supervise":
            supervise(parsed.folder, parsed.starter)
        elif parsed.command == "start":
            options = ClusterOptions(nodes=parsed.nodes, gpus=parsed.gpus, accounting=parsed.accounting)
            running = start(parsed.folder, options)
            lines = [f"export {name}={value}" for name, value in environment(running.folder).items()]
            sys.stdout.write("\n".join(lines) + "\n")
        else:
            stop(parsed.folder)
    except (UserError, ClusterError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def stop(folder: Path) -> None:
    """End the cluster in `folder`. UserError where there never was one."""
    if not (folder / "slurm.conf").exists():
        raise UserError(f"{folder}: no slurm.conf here, so no cluster was started here. Check --folder.")
    Cluster(folder).stop()


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m slurm.testing", description="A SLURM cluster on this host, to try.")
    commands = top.add_subparsers(dest="command", required=True, metavar="{start,stop}")
    starting = commands.add_parser("start", help="start it, wait until it is ready, print what to export")
    starting.add_argument("--nodes", type=int, default=2, help="one to four")
    starting.add_argument("--gpus", type=int, default=0, help="per node; they are plain files")
    starting.add_argument("--accounting", action="store_true", help="with sacct: needs MariaDB and slurmdbd")
    stopping = commands.add_parser("stop", help="end its daemons and jobs")
    supervising = commands.add_parser("supervise")  # what `start` runs
    supervising.add_argument("--starter", type=int)
    for command in (starting, stopping, supervising):
        command.add_argument("--folder", type=Path, required=True)
    return top


if __name__ == "__main__":
    sys.exit(main())

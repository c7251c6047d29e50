"""Where the processes of a job meet: an address of the first node, and ports that are free there.

Ports come from the job's id, so that every job has its own block of them and two jobs on one node never ask for the
same one, even if they look at the same moment; they lie outside the range from which the system gives ports to
whoever asks. Within its block a job begins elsewhere at every restart: what it left behind may still hold a port.
"""

from __future__ import annotations

import fcntl
import socket
import struct
from pathlib import Path

from slurm import ports
from vega.errors import UserError

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
#: Ports that are ours to choose from: above the well-known ones, below those of Ray clusters (`slurm.ports`).
LOWEST, HIGHEST = 10_000, ports.FIRST
#: Where the system gives out those: above what it gives out.
LAST = 65_000
#: Ports of a job. Jobs whose ids differ by less than the number of blocks (1,250 as a rule) share none.
BLOCK = 8
#: So many jobs must have blocks of their own.
ENOUGH = 100 * BLOCK
_SIOCGIFADDR = 0x8915


def address(interface: str = "") -> str:
    """The IPv4 address of a network interface of this host; without one a name that leads others to this host.

    UserError where the interface is not there or has no address.
    """
    if interface:
        return _interface_address(interface)
    names = (socket.gethostname(), socket.getfqdn())
    return next((name for name in names if not _is_loopback(name)), names[0])


def _interface_address(interface: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
        except OSError:
            known = ", ".join(name for _, name in socket.if_nameindex())
            raise UserError(
                f"{socket.gethostname()} has no network interface {interface} with an IPv4 address. It has: {known}. "
                "Correct `interface` in the cluster file."
            ) from None
    return socket.inet_ntoa(answer[20:24])


def _is_loopback(name: str) -> bool:
    """Whether the name leads only to where it is asked; also if it leads nowhere."""
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return True
    return all(str(entry[4][0]).startswith("127.") for entry in found)


def usable_ports(ephemeral: tuple[int, int]) -> range:
    """The larger part of our ports outside the system's, `ephemeral`, both ends included; all if too few are."""
    low, high = ephemeral
    below, above = range(LOWEST, min(low, HIGHEST)), range(max(high + 1, LOWEST), LAST)
    best = below if len(below) >= min(ENOUGH, len(above)) else above
    return best if len(best) >= ENOUGH else range(LOWEST, HIGHEST)


def block(job_id: int, restart: int, usable: range) -> list[int]:
    """The ports of a job, in the order in which to try them."""
    number = job_id % (len(usable) // BLOCK)
    mine = usable[number * BLOCK : (number + 1) * BLOCK]
    first = restart % BLOCK
    return [*mine[first:], *mine[:first]]


def ephemeral_ports() -> tuple[int, int]:
    """The range from which the system gives ports, both ends included."""
    try:
        low, high = map(int, EPHEMERAL.read_text(encoding="ascii").split())
    except (OSError, ValueError):  # Linux's own choice
        return 32_768, 60_999
    return low, high


def free_port(job_id: int, restart: int) -> int:
    """A port of the job on which nobody listens on this host. UserError where there is none."""
    for port in block(job_id, restart, usable_ports(ephemeral_ports())):
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
            return port
    raise UserError(
        f"{socket.gethostname()}: none of the {BLOCK} ports of job {job_id} is free. Look for what is left of earlier "
        "jobs there (ss -tlnp)."
    )

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm import ports, rendezvous
from slurm.rendezvous import BLOCK, LAST, LOWEST, address, block, free_port, usable_ports
from vega.errors import UserError

EPHEMERAL = st.tuples(st.integers(1024, 65_535), st.integers(1024, 65_535)).map(lambda ends: (min(ends), max(ends)))
LINUX = (32_768, 60_999)


@given(ephemeral=EPHEMERAL)
def test_ports_lie_outside_the_systems_where_there_is_room(ephemeral: tuple[int, int]) -> None:
    low, high = ephemeral
    found = usable_ports(ephemeral)
    assert found[0] >= LOWEST and found[-1] < LAST
    free = max(min(low, ports.FIRST) - LOWEST, LAST - max(high + 1, LOWEST))
    if free >= rendezvous.ENOUGH:
        assert not any(low <= port <= high for port in found)
    assert len(found) >= rendezvous.ENOUGH


@given(
    job=st.integers(1, 10**8), apart=st.integers(1, 1_000), restarts=st.tuples(st.integers(0, 99), st.integers(0, 99))
)
def test_jobs_side_by_side_share_no_port(job: int, apart: int, restarts: tuple[int, int]) -> None:
    usable = usable_ports(LINUX)
    one, two = block(job, restarts[0], usable), block(job + apart, restarts[1], usable)
    assert len(set(one)) == len(set(two)) == BLOCK
    assert not set(one) & set(two) and set(one) | set(two) <= set(usable)


def test_a_restart_begins_elsewhere() -> None:
    usable = usable_ports(LINUX)
    assert block(7, 0, usable)[0] != block(7, 1, usable)[0]
    assert sorted(block(7, 0, usable)) == sorted(block(7, 1, usable))


def test_a_port_in_use_is_passed_over_and_none_left_is_said() -> None:
    first = free_port(123, 0)
    with socket.create_server(("", first)):
        assert free_port(123, 0) != first
    held = []
    for port in block(123, 0, usable_ports(rendezvous.ephemeral_ports())):
        try:
            held.append(socket.create_server(("", port)))
        except OSError:
            continue
    try:
        with pytest.raises(UserError, match="none of the 8 ports of job 123 is free"):
            free_port(123, 0)
    finally:
        for server in held:
            server.close()


def test_the_address_of_an_interface() -> None:
    assert address("lo") == "127.0.0.1"
    with pytest.raises(UserError, match=r"no network interface ib7 .* It has: .*lo"):
        address("ib7")


@pytest.mark.parametrize(
    ("resolves", "expected"),
    [
        ({"n1": "10.0.0.1"}, "n1"),
        ({"n1": "127.0.1.1", "n1.site": "10.0.0.1"}, "n1.site"),
        ({"n1": "127.0.1.1"}, "n1"),
        ({}, "n1"),
    ],
)
def test_a_name_that_leads_here_from_elsewhere(
    resolves: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def getaddrinfo(name: str, *_: object) -> list[object]:
        if name not in resolves:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (resolves[name], 0))]

    monkeypatch.setattr(rendezvous.socket, "gethostname", lambda: "n1")
    monkeypatch.setattr(rendezvous.socket, "getfqdn", lambda: "n1.site")
    monkeypatch.setattr(rendezvous.socket, "getaddrinfo", getaddrinfo)
    assert address() == expected

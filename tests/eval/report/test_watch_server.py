"""The local page answers this machine's browser, with two things, and nobody else."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eval.report.watch_page import page, state_json
from eval.report.watch_server import ADDRESS, WatchServer, serving
from eval.report.watch_state import WatchedRun
from tests.eval.report.watched import MadeRun
from tests.vega.tracking.made_log import write
from vega.errors import UserError

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchServer]:
    made = MadeRun(tmp_path_factory.mktemp("served"))
    with made.training():
        write(made.log, 10, 90)
        (made.log.parent / "log.txt").write_text(f"x | WARNING | {HOSTILE}\n")
        state = WatchedRun(made.folder).look()
    with serving(0, *page(HOSTILE)) as found:
        found.set_state(state_json(state))
        yield found


def ask(server: WatchServer, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(ADDRESS, server.server_port, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def raw(server: WatchServer, request: bytes) -> bytes:
    with socket.create_connection((ADDRESS, server.server_port), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while data := connection.recv(65_536):
            answer += data
    return answer


def test_the_page_may_do_nothing_but_its_own_script_and_style(server: WatchServer) -> None:
    status, headers, content = ask(server, "/")
    text = content.decode()
    assert status == 200 and headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    for tag, source in (("script", "script-src"), ("style", "style-src-elem")):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert policy[source] == f"'sha256-{base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'"
    assert policy["default-src"] == "'none'" and policy["connect-src"] == "'self'"
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
    assert HOSTILE not in text and "&lt;script&gt;" in text


def test_the_state_has_stages_figures_charts_and_warnings(server: WatchServer) -> None:
    status, headers, content = ask(server, "/state.json")
    assert status == 200 and headers["content-type"] == "application/json; charset=utf-8"
    state: dict[str, Any] = json.loads(content)
    assert {stage["name"]: stage["state"] for stage in state["stages"]}["train"] == "running"
    (training,) = state["training"]
    assert ["tokens/s", "900"] in training["figures"] and 0 < training["share"] < 1
    assert training["charts"]["loss"].startswith("<svg") and len(training["charts"]["directions"]) == 2
    assert state["warnings"] == [f"train: x | WARNING | {HOSTILE}"]


@pytest.mark.parametrize(
    "path",
    ["/recipe.yaml", "/../recipe.yaml", "/..%2frecipe.yaml", "//etc/passwd", "/etc/passwd", "/state.json/..", "/?a=1",
     "/state.json?x", "/%2e%2e/%2e%2e/etc/passwd"],
)  # fmt: skip
def test_nothing_else_is_served(server: WatchServer, path: str) -> None:
    status, _, content = ask(server, path)
    assert (status, content) == (404, b"Nothing is here.\n")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost", ""])
def test_another_host_is_refused(server: WatchServer, host: str) -> None:
    for path in ("/", "/state.json"):
        status, _, content = ask(server, path, Host=host.format(port=server.server_port))
        assert (status, content) == (421, b"Not this host.\n")


def test_localhost_is_a_name_of_ours_and_two_hosts_or_none_are_not(server: WatchServer) -> None:
    port = server.server_port
    assert ask(server, "/state.json", Host=f"localhost:{port}")[0] == 200
    ours = f"Host: 127.0.0.1:{port}\r\n".encode()
    for hosts in (b"", ours + b"Host: evil.example\r\n"):
        assert raw(server, b"GET / HTTP/1.1\r\n" + hosts + b"\r\n").startswith(b"HTTP/1.0 421 ")
    assert raw(server, b"GET / HTTP/1.1\r\n" + ours + b"\r\n").startswith(b"HTTP/1.0 200 ")
    assert raw(server, b"GET http://evil.example/ HTTP/1.1\r\n" + ours + b"\r\n").startswith(b"HTTP/1.0 404 ")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"])
def test_only_get_is_answered(server: WatchServer, method: str) -> None:
    status, headers, content = ask(server, "/state.json", method)
    assert (status, headers["allow"]) == (405, "GET")
    assert content == (b"" if method == "HEAD" else b"Only GET.\n")


def test_it_listens_on_loopback_only_and_survives_nonsense(server: WatchServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    for nonsense in (
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"BREW / HTTP/1.0\r\n\r\n",
    ):
        raw(server, nonsense)
    assert ask(server, "/")[0] == 200


def test_a_port_in_use_is_one_sentence(server: WatchServer) -> None:
    with pytest.raises(UserError, match=f"--port {server.server_port}: .*free one"):
        WatchServer(server.server_port, "", "")


def test_the_server_ends_with_its_block(tmp_path: Path) -> None:
    with serving(0, "page", "default-src 'none'") as found:
        port = found.server_port
        assert ask(found, "/state.json")[0] == 404  # nothing was seen yet
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((ADDRESS, port), timeout=5)

"""The local page of `vega watch --serve`: two addresses, this machine only, nothing but GET.

A web page elsewhere can make a browser ask a server on loopback, also under a name of its own (DNS rebinding): a
request whose Host is not this server's is refused.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from vega.errors import UserError

ADDRESS = "127.0.0.1"
#: Seconds a connection may stay silent.
PATIENCE = 10.0
PAGE, STATE = "/", "/state.json"


class WatchServer(ThreadingHTTPServer):
    """Serves a page and the state that was set last."""

    daemon_threads = True

    def __init__(self, port: int, page: str, policy: str) -> None:
        """`port` 0 is a free one. UserError where it is taken."""
        self.contents = {PAGE: ("text/html; charset=utf-8", page.encode())}
        self.policy = policy
        try:
            super().__init__((ADDRESS, port), _Handler)
        except (OSError, OverflowError) as error:
            raise UserError(f"--port {port}: {error}. Take another port, or 0 for a free one.") from None

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.server_port}{PAGE}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser on this machine calls us."""
        return f"{ADDRESS}:{self.server_port}", f"localhost:{self.server_port}"

    def set_state(self, content: str) -> None:
        """From now on the state is this JSON."""
        self.contents = {**self.contents, STATE: ("application/json; charset=utf-8", content.encode())}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: WatchServer
    server_version, sys_version = "vega", ""
    timeout = PATIENCE
    HEADERS: ClassVar[Mapping[str, str]] = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }

    def do_GET(self) -> None:
        if self.headers.get_all("Host") not in [[host] for host in self.server.hosts]:
            return self._answer(HTTPStatus.MISDIRECTED_REQUEST, "text/plain; charset=utf-8", b"Not this host.\n")
        if self.path not in self.server.contents:
            return self._answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"Nothing is here.\n")
        return self._answer(HTTPStatus.OK, *self.server.contents[self.path])

    def _refuse(self) -> None:
        self._answer(HTTPStatus.METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", b"Only GET.\n", Allow="GET")

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = _refuse

    def _answer(self, status: HTTPStatus, kind: str, content: bytes, **more: str) -> None:
        self.close_connection = True
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(content)), **self.HEADERS, **more}
        for name, value in {**headers, "Content-Security-Policy": self.server.policy}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nobody wants to read it."""


@contextmanager
def serving(port: int, page: str, policy: str) -> Iterator[WatchServer]:
    """The server, answering in threads of its own until the block ends."""
    server = WatchServer(port, page, policy)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="watch-server")
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

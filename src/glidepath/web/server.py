"""The server of the designer: this machine alone, a fixed table of files and one question.

It listens on loopback, answers only what is addressed to it by its own name (so that no other site can reach it
through a name that it has made to point here), takes JSON of a limited size, and runs nothing that it is sent.
"""

from __future__ import annotations

import json
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader, RawIOBase
from threading import BoundedSemaphore
from time import monotonic

from ..errors import ScheduleError
from . import answers
from .limits import MAX_BYTES, MAX_CONNECTIONS, MAX_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import socket
    from typing import Any

__all__ = ["Server"]

HOST = "127.0.0.1"

#: The page may load its own files and ask its own server, and nothing else.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Server(ThreadingHTTPServer):
    """Serves the pages on ``port`` of this machine (0 takes a free one); ``url`` says where.

    pages: content types and bytes by name (see `pages`).
    """

    daemon_threads = True

    def __init__(self, pages: dict[str, tuple[str, bytes]], port: int = 0) -> None:
        self.pages = {f"/{name}": page for name, page in pages.items()} | {"/": pages["index.html"]}
        self.slots = BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__((HOST, port), _Handler)

    @property
    def names(self) -> tuple[str, ...]:
        """What the page may be called by."""
        return tuple(f"{name}:{self.server_port}" for name in (HOST, "localhost"))

    @property
    def url(self) -> str:
        return f"http://{self.names[0]}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self.slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.slots.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # somebody who hangs up is no error
            super().handle_error(request, client_address)


class _Patience(RawIOBase):
    """What a connection says, until it has taken too long to say it: not each byte, but all of it."""

    def __init__(self, connection: socket) -> None:
        self.connection = connection
        self.end = monotonic() + MAX_SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.connection.settimeout(max(self.end - monotonic(), 1e-3))
        try:
            return self.connection.recv_into(buffer)
        finally:
            self.connection.settimeout(MAX_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = MAX_SECONDS
    server_version = "glidepath"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        self.rfile = BufferedReader(_Patience(self.connection))

    def do_GET(self) -> None:
        if not self._is_for_us():
            return
        page = self.server.pages.get(self.path.partition("?")[0])
        if page is None:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")
        else:
            self._send(HTTPStatus.OK, *page)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        if not self._is_for_us():
            return None
        if self.path != "/api/schedule":
            return self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")
        if self.headers.get_content_type() != "application/json" or "Content-Type" not in self.headers:
            return self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal() and len(length) < 16):
            return self._refuse(HTTPStatus.LENGTH_REQUIRED, "Content-Length must be given")
        if int(length) > MAX_BYTES:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {MAX_BYTES:,} bytes")
        self._answer(self.rfile.read(int(length)))

    def _is_for_us(self) -> bool:
        """Whether the request names this server, and comes from its own page or from none."""
        host, origin = self.headers.get_all("Host", []), self.headers.get("Origin")
        if len(host) != 1 or host[0].lower() not in self.server.names:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST, f"this is {self.server.names[0]}")
            return False
        if origin is not None and origin.lower() not in [f"http://{name}" for name in self.server.names]:
            self._refuse(HTTPStatus.FORBIDDEN, "other pages may not ask")
            return False
        return True

    def _answer(self, body: bytes) -> None:
        try:
            answer = answers.schedule(_parsed(body))
        except ScheduleError as error:
            return self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        except RecursionError:
            return self._refuse(HTTPStatus.BAD_REQUEST, "the specification is nested too deeply")
        except Exception:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "Glidepath made a mistake here; the terminal shows which")
            raise
        self._send(HTTPStatus.OK, "application/json", json.dumps(answer).encode())

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class refuses (a method that is not known, a request that cannot be read) looks the same."""
        self.close_connection = True
        self._refuse(HTTPStatus(code), message or HTTPStatus(code).phrase)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._send(status, "application/json", json.dumps({"error": why}).encode())

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the terminal is the user's."""


def _parsed(body: bytes) -> Any:
    """The request as plain data. What is in it is checked where it is used."""

    def refused(word: str) -> None:
        raise ScheduleError(f"the request must hold finite numbers, got {word}")

    try:
        return json.loads(body.decode(), parse_constant=refused)
    except ScheduleError:
        raise
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, a number of too many digits, too deep
        what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ScheduleError(f"the request must be JSON: {what}") from None

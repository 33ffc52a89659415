"""The Runtime API of one sandbox: hands out invocations, takes answers.

`GET …/invocation/next` blocks until there is work; answers and initialisation errors become signals for whoever waits
(https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). A sandbox has its own port, because the runtime client
knows its server by host and port only.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Any


class Kind(Enum):
    READY = auto()
    INIT_ERROR = auto()
    RESPONSE = auto()
    ERROR = auto()


@dataclass(frozen=True, slots=True)
class Signal:
    kind: Kind
    request_id: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Invocation:
    """`deadline` in seconds since the epoch."""

    request_id: str
    payload: bytes
    arn: str
    deadline: float
    trace_id: str
    client_context: str | None = None

    def headers(self) -> dict[str, str]:
        named = {
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(self.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.arn,
            "Lambda-Runtime-Trace-Id": self.trace_id,
            "Lambda-Runtime-Client-Context": self.client_context or "",
            "Content-Type": "application/json",
        }
        return {name: value for name, value in named.items() if value}


class RuntimeApi:
    def __init__(self) -> None:
        self.signals: queue.SimpleQueue[Signal] = queue.SimpleQueue()
        self._work: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._closed = False
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._serve, daemon=True, name="lambda-runtime-api")
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.port}"

    def hand_out(self, invocation: Invocation) -> None:
        self._work.put(invocation)

    def next(self) -> Invocation | None:
        self.signals.put(Signal(Kind.READY))
        return self._work.get()

    def close(self) -> None:
        """Both places where the serving thread may wait are woken."""
        self._closed = True
        self._work.put(None)
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self._server.port), timeout=1).close()

    def _serve(self) -> None:
        with self._server:
            while not self._closed:
                self._server.handle_request()


class _Server(TCPServer):
    def __init__(self, api: RuntimeApi) -> None:
        self.api = api
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port = int(self.socket.getsockname()[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sandbox that is killed drops its connection; that is no news."""


class _Handler(BaseHTTPRequestHandler):
    @property
    def _api(self) -> RuntimeApi:
        assert isinstance(self.server, _Server)
        return self.server.api

    def do_GET(self) -> None:
        work = self._api.next() if self.path.endswith("/invocation/next") else None
        if work is None:
            self._answer(HTTPStatus.GONE, {}, b"")
        else:
            self._answer(HTTPStatus.OK, work.headers(), work.payload)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        *_, request_id, verb = self.path.split("/")
        kinds = {"response": Kind.RESPONSE, "error": Kind.INIT_ERROR if request_id == "init" else Kind.ERROR}
        if verb not in kinds:
            self._answer(HTTPStatus.NOT_FOUND, {}, b"")
            return
        self._answer(HTTPStatus.ACCEPTED, {}, b"")
        self._api.signals.put(Signal(kinds[verb], request_id, body))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the inherited name
        """Not to the server's log."""

    def _answer(self, status: HTTPStatus, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

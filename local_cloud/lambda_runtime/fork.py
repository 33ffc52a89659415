"""Sandboxes forked from a process that has the AWS SDK imported: half of a cold start, saved.

Decides when that makes no difference to the function: on Linux, when neither its bundle nor its layers have a module of
their own under a name that is imported already, nor a `lib` folder for the dynamic loader, and it sets no variable that
an interpreter or the loader reads when it starts. Everything else begins with a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from local_cloud.lambda_runtime.function import Function

_MESSAGE_BYTES = 1 << 20
_READ_AT_START = ("PYTHON", "LD_", "MALLOC_", "GLIBC_", "OPENSSL_", "LC_", "LANG")


def starts_plainly(function: Function) -> bool:
    """Whether nothing that is read when a process starts is the function's own."""
    if any(name.startswith(_READ_AT_START) for name in function.own):
        return False
    return not any((folder / "lib").is_dir() for folder in (function.bundle, function.opt))


def module_names(function: Function) -> Iterator[str]:
    for folder in (function.bundle, function.opt / "python"):
        if folder.is_dir():
            yield from (entry.name.partition(".")[0] for entry in folder.iterdir())


class ForkedProcess:
    """A child of the fork server, used as a process of its own would be."""

    def __init__(self, output: IO[bytes], told: IO[bytes]) -> None:
        self.output = output
        self._told = told
        # Not `select`: a busy server has more descriptors than that one can look at.
        self._news = select.poll()
        self._news.register(told)
        self._lock = threading.Lock()
        self._code: int | None = None
        self.pid = int(told.readline() or 0)
        if not self.pid:
            raise ConnectionError("The fork server has ended.")

    def poll(self) -> int | None:
        with self._lock:
            if self._code is None and self._news.poll(0):
                self._read()
            return self._code

    def wait(self) -> int:
        with self._lock:
            if self._code is None:
                self._read()
            assert self._code is not None
            return self._code

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self.poll() is None:
                os.kill(self.pid, signal.SIGKILL)

    def _read(self) -> None:
        # Nothing more is told when the fork server itself was killed; it takes its children along.
        self._code = int(self._told.readline() or -signal.SIGKILL)
        self._told.close()


class ForkServer:
    """One process that forks the sandboxes of an interpreter."""

    def __init__(self, interpreter: str, runtime_folder: Path, environment: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 -- the interpreter that the function declares
                [interpreter, "-S", str(runtime_folder / "fork_server.py")],
                env=dict(environment),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
            )
        self._socket = ours
        self._lock = threading.Lock()
        self.imported = frozenset[str](json.loads(ours.recv(_MESSAGE_BYTES) or b"[]"))

    @property
    def good(self) -> bool:
        return bool(self.imported) and self._process.poll() is None

    def fork(self, environment: Mapping[str, str], folder: Path, arguments: list[str]) -> ForkedProcess:
        """Raises OSError when the fork server is gone."""
        request = {"environment": environment, "folder": str(folder), "arguments": arguments}
        (output, write_output), (told, tell) = os.pipe(), os.pipe()
        streams = open(output, "rb", buffering=0), open(told, "rb")  # noqa: PTH123, SIM115 -- descriptors, closed by their reader
        try:
            with self._lock:
                socket.send_fds(self._socket, [json.dumps(request).encode()], [write_output, tell])
        finally:
            os.close(write_output)
            os.close(tell)
        return ForkedProcess(*streams)

    def close(self) -> None:
        self._socket.close()
        self._process.wait()


class ForkServers:
    """The fork servers of this machine's interpreters, each started when it is first wanted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._servers: dict[tuple[str, Path], ForkServer] = {}

    def for_function(self, function: Function, environment: Mapping[str, str]) -> ForkServer | None:
        """The fork server that may start this function's sandboxes; None when a fresh process has to."""
        if sys.platform != "linux" or not starts_plainly(function):
            return None
        key = function.interpreter, function.runtime_folder
        with self._lock:
            server = self._servers.get(key)
            if server is None or not server.good:
                plain = {name: environment[name] for name in ("LANG", "PATH", "PYTHONPATH", "TZ")}
                server = self._servers[key] = ForkServer(*key, plain)
        return server if server.good and server.imported.isdisjoint(module_names(function)) else None

    def close(self) -> None:
        with self._lock:
            for server in self._servers.values():
                server.close()
            self._servers.clear()

"""The process of a sandbox: forked where that makes no difference to the function, else started afresh.

Its output is one stream, its input is empty, its environment is the function's and nothing else.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from typing import IO, Protocol

from local_cloud.lambda_runtime.fork import ForkServers
from local_cloud.lambda_runtime.function import Function


class Process(Protocol):
    """What a sandbox needs of its process; an exit status is negative for a signal."""

    @property
    def pid(self) -> int: ...
    @property
    def output(self) -> IO[bytes]: ...
    def poll(self) -> int | None: ...
    def wait(self) -> int: ...
    def kill(self) -> None: ...


Starter = Callable[[Function, Mapping[str, str]], Process]


class FreshProcess(subprocess.Popen[bytes]):
    """A process with an interpreter of its own."""

    def __init__(self, function: Function, environment: Mapping[str, str]) -> None:
        super().__init__(
            [function.interpreter, "-S", str(function.runtime_folder / "runtime_entry.py"), str(function.opt)],
            cwd=function.bundle,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    @property
    def output(self) -> IO[bytes]:
        assert self.stdout is not None
        return self.stdout


class ProcessStarter:
    """Starts the processes of all sandboxes of a server."""

    def __init__(self) -> None:
        self._fork_servers = ForkServers()

    def __call__(self, function: Function, environment: Mapping[str, str]) -> Process:
        server = self._fork_servers.for_function(function, environment)
        if server is not None:
            try:
                return server.fork(environment, function.bundle, [str(function.opt)])
            except OSError:
                pass  # The fork server has just died; the function need not.
        return FreshProcess(function, environment)

    def close(self) -> None:
        self._fork_servers.close()

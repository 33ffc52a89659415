"""Which sandbox serves an invocation: an idle one of the same function version and settings, else a new one.

One invocation per sandbox at a time, as on AWS, so parallel invocations get parallel sandboxes. Idle ones are kept for
a while, up to a number, so that memory stays bounded on a laptop. Only a few initialise at once: more would starve each
other past AWS's ten seconds.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from pathlib import Path

from local_cloud.lambda_runtime.function import Function, Outcome
from local_cloud.lambda_runtime.process import ProcessStarter
from local_cloud.lambda_runtime.runtime_api import Invocation
from local_cloud.lambda_runtime.sandbox import Sandbox

IDLE_SECONDS = 600.0
MAX_IDLE = 40
LOOK_SECONDS = 5.0


class Pool:
    def __init__(
        self,
        homes: Path,
        *,
        idle_seconds: float = IDLE_SECONDS,
        max_idle: int = MAX_IDLE,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._look_seconds = look_seconds
        self._homes = homes
        self._start_process = ProcessStarter()
        homes.mkdir(parents=True, exist_ok=True)
        self._idle_seconds = idle_seconds
        self._max_idle = max_idle
        self._idle: deque[Sandbox] = deque()
        self._all: set[Sandbox] = set()
        self._lock = threading.Lock()
        self._cold_starts = threading.Semaphore(max(4, 2 * (os.cpu_count() or 2)))
        self._closed = threading.Event()
        threading.Thread(target=self._reap, daemon=True, name="lambda-reaper").start()

    def invoke(self, function: Function, invocation: Invocation) -> Outcome:
        sandbox = self._take(function) or self._start(function, invocation.request_id)
        try:
            return sandbox.invoke(invocation)
        finally:
            self._give_back(sandbox)

    def clear(self) -> None:
        """Kill every sandbox, busy ones too."""
        with self._lock:
            doomed = list(self._all)
            self._idle.clear()
            self._all.clear()
        for sandbox in doomed:
            sandbox.kill()

    def close(self) -> None:
        self._closed.set()
        self.clear()
        self._start_process.close()

    def _take(self, function: Function) -> Sandbox | None:
        with self._lock:
            for sandbox in reversed(self._idle):
                if sandbox.function.key == function.key:
                    self._idle.remove(sandbox)
                    return sandbox
        return None

    def _start(self, function: Function, request_id: str) -> Sandbox:
        with self._cold_starts:
            # One may have become free in the meantime; in a burst that saves most of the cold starts.
            if freed := self._take(function):
                return freed
            sandbox = Sandbox(function, self._homes, self._start_process)
            with self._lock:
                self._all.add(sandbox)
            sandbox.initialise(request_id)
        return sandbox

    def _give_back(self, sandbox: Sandbox) -> None:
        with self._lock:
            if sandbox.good and sandbox in self._all:
                self._idle.append(sandbox)
                doomed = [self._idle.popleft()] if len(self._idle) > self._max_idle else []
            else:
                doomed = [sandbox]
        self._end(doomed)

    def _reap(self) -> None:
        while not self._closed.wait(self._look_seconds):
            oldest = time.monotonic() - self._idle_seconds
            with self._lock:
                doomed = [sandbox for sandbox in self._idle if sandbox.idle_since < oldest]
                for sandbox in doomed:
                    self._idle.remove(sandbox)
            self._end(doomed)

    def _end(self, doomed: list[Sandbox]) -> None:
        with self._lock:
            self._all.difference_update(doomed)
        for sandbox in doomed:
            sandbox.kill()

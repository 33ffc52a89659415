"""One execution environment: a child process that serves one invocation at a time.

Decides when a sandbox is still good: it is not after an initialisation error, an exit or a time-out. The errors are
those that AWS reports for each (https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html,
https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html).
"""

from __future__ import annotations

import queue
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from local_cloud.lambda_runtime.function import MAX_RESPONSE_BYTES, Function, Outcome, platform_error
from local_cloud.lambda_runtime.output import Output
from local_cloud.lambda_runtime.process import Starter
from local_cloud.lambda_runtime.runtime_api import Invocation, Kind, RuntimeApi, Signal

INIT_SECONDS = 10.0
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class _Result:
    payload: bytes
    failed: bool
    last_words: str | None = None


class Sandbox:
    def __init__(self, function: Function, homes: Path, start: Starter) -> None:
        self.function = function
        self.idle_since = time.monotonic()
        self.log_stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
        self._home = Path(tempfile.mkdtemp(prefix=f"{function.name}-", dir=homes))
        self._api = RuntimeApi()
        self._process = start(function, function.environment(self._api.address, self.log_stream, self._home))
        self._output = Output(self._process.output)
        self._started = time.monotonic()
        self._init_ms: float | None = None
        self._failed_init: _Result | None = None
        self.good = True

    def initialise(self, request_id: str) -> None:
        """Wait until the handler is loaded; what went wrong is told by the invocation that wanted it."""
        seconds = INIT_SECONDS + self.function.timeout
        found = self._await(lambda it: it.kind in (Kind.READY, Kind.INIT_ERROR), self._started + seconds)
        self._init_ms = (time.monotonic() - self._started) * 1000
        if found is None:
            self._failed_init = self._ended(request_id)
        elif found.kind is Kind.INIT_ERROR:
            self._failed_init = _Result(found.body, failed=True)
        self.good = self._failed_init is None

    def invoke(self, invocation: Invocation) -> Outcome:
        started = time.monotonic()
        function = self.function
        deadline = started + function.timeout
        result = self._failed_init
        if result is None:
            self._api.hand_out(replace(invocation, deadline=time.time() + function.timeout))
            result = self._answer(invocation.request_id, deadline)
        seconds = time.monotonic() - started
        log = self._report(invocation.request_id, result, seconds * 1000)
        self.idle_since = time.monotonic()
        return Outcome(result.payload, result.failed, log, self.log_stream)

    def kill(self) -> None:
        self.good = False
        self._process.kill()
        self._process.wait()
        self._api.close()
        self._output.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def _answer(self, request_id: str, deadline: float) -> _Result:
        kinds = (Kind.RESPONSE, Kind.ERROR)
        found = self._await(lambda it: it.kind in kinds and it.request_id == request_id, deadline)
        if found is None:
            self.good = False
            return self._ended(request_id)
        if len(found.body) > MAX_RESPONSE_BYTES:
            message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            return _Result(platform_error("Function.ResponseSizeTooLarge", message), failed=True)
        return _Result(found.body, failed=found.kind is Kind.ERROR)

    def _await(self, wanted: Callable[[Signal], bool], deadline: float) -> Signal | None:
        """The signal, or None when the process is gone or the time is up."""
        while True:
            gone = self._process.poll() is not None
            left = deadline - time.monotonic()
            try:
                found = self._api.signals.get(timeout=max(0.0, min(left, 0.0 if gone else _LOOK_SECONDS)))
            except queue.Empty:
                if gone or left <= 0:
                    return None
                continue
            if wanted(found):
                return found

    def _ended(self, request_id: str) -> _Result:
        """What AWS says of a sandbox that was ended by the clock or by itself."""
        code = self._process.poll()
        if code is None:
            self._process.kill()
            said = f"Task timed out after {self.function.timeout:.2f} seconds"
            payload = platform_error("Sandbox.Timedout", f"RequestId: {request_id} Error: {said}")
            now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3]
            return _Result(payload, failed=True, last_words=f"{now}Z {request_id} {said}")
        said = f"RequestId: {request_id} Error: {_exit_reason(code)}"
        payload = platform_error("Runtime.ExitError", said)
        return _Result(payload, failed=True, last_words=f"{said}\nRuntime.ExitError")

    def _report(self, request_id: str, result: _Result, milliseconds: float) -> tuple[str, ...]:
        function = self.function
        lines = [f"START RequestId: {request_id} Version: {function.version}", *self._output.drain()]
        if result.last_words:
            lines.append(result.last_words)
        init = "" if self._init_ms is None else f"\tInit Duration: {self._init_ms:.2f} ms"
        self._init_ms = None
        lines.append(f"END RequestId: {request_id}")
        lines.append(
            f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Billed Duration: {int(milliseconds) + 1} ms\tMemory Size: {function.memory} MB\t"
            f"Max Memory Used: {self._peak_memory()} MB{init}\t"
        )
        return tuple(lines)

    def _peak_memory(self) -> int:
        """In MB, where the system tells (Linux); 0 elsewhere or when the process is gone."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            return 0
        peak = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(peak[0].split()[1]) // 1024 if peak else 0


def _exit_reason(code: int) -> str:
    if code < 0:
        name = {signal.SIGKILL: "killed", signal.SIGSEGV: "segmentation fault", signal.SIGTERM: "terminated"}
        return f"Runtime exited with error: signal: {name.get(signal.Signals(-code), signal.Signals(-code).name)}"
    return f"Runtime exited with error: exit status {code}" if code else "Runtime exited without providing a reason"

"""Task tokens: who waits for which, and what becomes of an answer to one that nobody waits for any more.

Decides the difference between a token that never was one (InvalidToken) and one whose task is over (TaskTimedOut), and
hands answers over from the server's thread to the engine's.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import threading
import uuid
from collections.abc import Callable
from typing import Any

from local_cloud.asl.failure import StateFailure
from local_cloud.asl.visit import Waiting


class TokenError(Exception):
    """`code` is the API's name for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Tokens:
    """All tokens of one engine."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._open: dict[str, Waiting] = {}

    def open(self, execution: str) -> tuple[str, Waiting]:
        """To be called on the engine's loop."""
        token = base64.b64encode(json.dumps([execution, str(uuid.uuid4())]).encode()).decode()
        waiting = Waiting(self._loop.create_future())
        with self._lock:
            self._open[token] = waiting
        return token, waiting

    def close(self, token: str) -> None:
        with self._lock:
            self._open.pop(token, None)

    def succeed(self, token: str, output: Any) -> None:
        self._end(token, lambda outcome: outcome.set_result(output))

    def fail(self, token: str, error: str, cause: str) -> None:
        self._end(token, lambda outcome: outcome.set_exception(StateFailure(error, cause)))

    def beat(self, token: str) -> None:
        with self._lock:
            waiting = self._open.get(token)
        if waiting is None:
            raise _gone(token)
        self._loop.call_soon_threadsafe(waiting.heartbeat.set)

    def _end(self, token: str, settle: Callable[[asyncio.Future[Any]], None]) -> None:
        with self._lock:
            waiting = self._open.pop(token, None)
        if waiting is None:
            raise _gone(token)
        self._loop.call_soon_threadsafe(lambda: None if waiting.outcome.done() else settle(waiting.outcome))


def _gone(token: str) -> TokenError:
    try:
        parts = json.loads(base64.b64decode(token.encode(), validate=True))
    except (ValueError, binascii.Error):
        return TokenError("InvalidToken", "Invalid Token: 'Invalid token'")
    if not (isinstance(parts, list) and len(parts) == 2):  # pyright: ignore[reportUnknownArgumentType]
        return TokenError("InvalidToken", "Invalid Token: 'Invalid token'")
    return TokenError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")

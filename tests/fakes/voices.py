"""Fakes of the smaller ports: a clock that is set, a voice that is written down, executions that live until told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.ledger import InMemoryLedger
from towpath.errors import ReleaseMissing
from towpath.promotion.events import Event, EventKind

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class SettableClock:
    """A clock that stands still until it is set, or goes on by `tick` each time that somebody looks."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.moment = now
        self.tick = timedelta()

    def now(self) -> datetime:
        self.moment += self.tick
        return self.moment

    def advance(self, **parts: float) -> None:
        self.moment += timedelta(**parts)


class RecordingAnnouncer:
    """Writes the ledger first, as the real one does, and remembers what was sent, doubles included."""

    def __init__(self, ledger: InMemoryLedger) -> None:
        self._ledger = ledger
        self.sent: list[Event] = []

    def announce(self, event: Event) -> None:
        self.sent.append(self._ledger.append_event(event))

    def kinds(self) -> list[EventKind]:
        return [event.kind for event in self.sent]


class FakeExecutions:
    """Every execution runs until it is ended; every token waits until it is answered or forgotten."""

    def __init__(self) -> None:
        self.ended: set[str] = set()
        self.answers: dict[str, dict[str, Any]] = {}
        self.forgotten: set[str] = set()

    def is_running(self, execution: str) -> bool:
        return execution not in self.ended

    def answer(self, token: str, output: Mapping[str, Any]) -> bool:
        if token in self.forgotten or token in self.answers:
            return False
        self.answers[token] = dict(output)
        return True


class InMemoryDocuments:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, kind: str, content: bytes, media_type: str = "application/json") -> str:
        key = f"documents/{kind}/{hashlib.sha256(content).hexdigest()}"
        self.kept[key] = content
        return key

    def get(self, key: str) -> bytes:
        if key not in self.kept:
            raise ReleaseMissing(f"there is no document {key}")
        return self.kept[key]

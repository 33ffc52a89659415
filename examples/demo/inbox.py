"""The events that a real consumer received: EventBridge put them into its queue, and they are read from there."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# After one of these nothing more is said of a release.
_ENDS = ("Release Promoted", "Release Rejected", "Release Stopped", "Release Superseded")

Listener = Callable[["Received"], None]


@dataclass(frozen=True, slots=True)
class Received:
    """One event as the consumer got it: `kind` is its detail-type."""

    kind: str
    detail: dict[str, Any]
    envelope: dict[str, Any]


class Inbox:
    """Collects what comes out of the consumer's queue, each event once, and tells who listens."""

    def __init__(self, client: "SQSClient", url: str, listener: Listener | None = None) -> None:
        self._client = client
        self._url = url
        self._seen: set[str] = set()
        self.listener = listener
        self.events: list[Received] = []

    def read(self, wait: int = 1) -> None:
        """Take what has arrived; at-least-once delivery is made once by the event's own id."""
        found = self._client.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
        for message in found.get("Messages", []):
            envelope: dict[str, Any] = json.loads(message.get("Body", "{}"))
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.get("ReceiptHandle", ""))
            received = Received(envelope["detail-type"], envelope["detail"], envelope)
            if received.detail["id"] not in self._seen:
                self._seen.add(received.detail["id"])
                self.events.append(received)
                if self.listener:
                    self.listener(received)

    def of(self, service: str, version: str, kind: str, environment: str = "") -> list[Received]:
        """The events received so far that match."""
        return [
            event
            for event in self.events
            if event.kind == kind
            and event.detail.get("service") == service
            and event.detail.get("version") == version
            and (not environment or event.detail.get("environment") == environment)
        ]

    def wait(
        self,
        service: str,
        version: str,
        *kinds: str,
        environment: str = "",
        seconds: float = 120,
        ended_before: bool = False,
    ) -> Received:
        """The first event of one of these kinds.

        Raises TimeoutError, with the last events, when none comes in time or the release has ended without one;
        `ended_before` says that an earlier end of it is no news.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for kind in kinds:
                if found := self.of(service, version, kind, environment):
                    return found[0]
            if not ended_before and any(self.of(service, version, kind) for kind in _ENDS):
                break
            self.read()
        last = "; ".join(f"{event.kind}: {event.detail.get('says')}" for event in self.events[-3:])
        raise TimeoutError(f"no {' or '.join(kinds)} of {service} {version} within {seconds:g} s; last came: {last}")

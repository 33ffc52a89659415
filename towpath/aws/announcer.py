"""Events on the pipeline's event bus: first into the ledger, then to those who listen, at least once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from towpath.aws.errors import aws_errors
from towpath.errors import AwsUnavailable
from towpath.promotion.events import SOURCE, Event

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

    from towpath.promotion.ports import PromotionLedger


class EventBridgeAnnouncer:
    """`towpath.promotion.ports.Announcer` on an event bus."""

    def __init__(self, client: EventBridgeClient, bus: str, ledger: PromotionLedger) -> None:
        self._client = client
        self._bus = bus
        self._ledger = ledger

    def announce(self, event: Event) -> None:
        """Raises AwsUnavailable when the bus did not take it: PutEvents answers 200 for an entry that it dropped."""
        stored = self._ledger.append_event(event)
        with aws_errors(f"sending the event {stored.kind.value}"):
            answer = self._client.put_events(
                Entries=[
                    {
                        "Source": SOURCE,
                        "DetailType": stored.kind.value,
                        "Detail": json.dumps(stored.to_detail(), ensure_ascii=False),
                        "EventBusName": self._bus,
                        "Time": stored.time,
                    }
                ]
            )
        if answer["FailedEntryCount"]:
            entry = answer["Entries"][0]
            reason = f"{entry.get('ErrorCode', '')} {entry.get('ErrorMessage', '')}"
            raise AwsUnavailable(f"the event {stored.kind.value} was not taken by the bus: {reason}")

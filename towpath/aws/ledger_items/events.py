"""Events as items."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from towpath.aws.ledger_items.keys import event_key
from towpath.promotion.events import Event
from towpath.promotion.records import to_text


def from_event(event: Event) -> dict[str, Any]:
    detail = json.dumps(event.to_detail(), ensure_ascii=False)
    time = to_text(event.time)
    return {**event_key(event.chain, event.id), "kind": event.kind.value, "time": time, "detail": detail}


def to_event(item: Mapping[str, Any]) -> Event:
    return Event.from_detail(str(item["kind"]), json.loads(item["detail"]))

"""Events that an AWS service itself puts on the account's default bus.

Seam: `eventbridge._dispatch_event`, in the account and region of the current call.
"""

from __future__ import annotations

import importlib
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any


def publish(source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str]) -> None:
    eventbridge: Any = importlib.import_module("ministack.services.eventbridge")
    scope: Any = importlib.import_module("ministack.core.responses")
    eventbridge._dispatch_event(
        {
            "EventId": str(uuid.uuid4()),
            "Source": source,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
            "EventBusName": "default",
            "Time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "Resources": list(resources),
            "Account": scope.get_account_id(),
            "Region": scope.get_region(),
        }
    )

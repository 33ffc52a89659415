"""What EventBridge is told when an execution starts and ends: `Step Functions Execution Status Change`.

Decides the event's fields and that an input or output which would not fit is left out and said to be.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any

from local_cloud.service_role import ministack
from local_cloud.step_functions.engine import Record

LONGEST = 248 * 1024
logger = logging.getLogger("states")


def announce(record: Record) -> None:
    """Standard executions only: express ones emit nothing."""
    if record.get("express"):
        return
    entry = {
        "Source": "aws.states",
        "DetailType": "Step Functions Execution Status Change",
        "Detail": json.dumps(detail(record)),
        "Resources": [record["executionArn"]],
    }
    try:
        ministack("services.eventbridge")._put_events({"Entries": [entry]}, allow_aws_source=True)
    except Exception:
        logger.exception("The status event of %s could not be sent", record["executionArn"])


def detail(record: Record) -> dict[str, Any]:
    status = record["status"]
    redrivable = status in ("FAILED", "TIMED_OUT", "ABORTED")
    reason = f"Execution is {status} and cannot be redriven"
    return {
        "executionArn": record["executionArn"],
        "stateMachineArn": record["stateMachineArn"],
        "stateMachineVersionArn": record.get("stateMachineVersionArn"),
        "stateMachineAliasArn": record.get("stateMachineAliasArn"),
        "name": record["name"],
        "status": status,
        "startDate": _milliseconds(record["startDate"]),
        "stopDate": _milliseconds(record["stopDate"]),
        **_payload("input", record["input"]),
        **_payload("output", record["output"]),
        "error": record.get("error"),
        "cause": record.get("cause"),
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "REDRIVABLE" if redrivable else "NOT_REDRIVABLE",
        "redriveStatusReason": None if redrivable else reason,
    }


def _payload(name: str, text: str | None) -> dict[str, Any]:
    if text is None:
        return {name: None, f"{name}Details": None}
    fits = len(json.dumps(text)) <= LONGEST
    return {name: text if fits else None, f"{name}Details": {"included": fits}}


def _milliseconds(stamp: str | None) -> int | None:
    return int(datetime.fromisoformat(stamp).timestamp() * 1000) if stamp else None

"""The history of one execution: every event with its predecessor, as GetExecutionHistory returns it.

Decides the events' ids and times, how documents appear in them, and that a history of 25,000 events ends its execution.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from local_cloud.asl.failure import RUNTIME, StateFailure

MAXIMUM_EVENTS = 25_000
INCLUDED = {"truncated": False}


class History:
    """Appends to the list that it is given, which is the one that the API reads."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self._events = events

    def add(self, kind: str, previous: int, details: dict[str, Any] | None = None, *, key: str | None = None) -> int:
        """Record an event and return its id. `key` is the name of its details where that does not follow from `kind`.

        Raises `StateFailure` when the history is full; the event that ends an execution still fits.
        """
        if len(self._events) >= MAXIMUM_EVENTS - 1 and not kind.startswith("Execution"):
            raise StateFailure(
                RUNTIME, f"The execution reached the maximum number of history events ({MAXIMUM_EVENTS})."
            )
        event: dict[str, Any] = {
            "id": len(self._events) + 1,
            "previousEventId": previous,
            "timestamp": now(),
            "type": kind,
        }
        if details is not None:
            event[key or f"{kind[0].lower()}{kind[1:]}EventDetails"] = details
        self._events.append(event)
        return int(event["id"])


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def document(value: Any) -> str:
    """A document as Step Functions writes it into events and messages."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def entered(name: str, state_input: Any) -> dict[str, Any]:
    return {"name": name, "input": document(state_input), "inputDetails": INCLUDED}


def exited(name: str, output: Any, assigned: dict[str, Any]) -> dict[str, Any]:
    details: dict[str, Any] = {"name": name, "output": document(output), "outputDetails": INCLUDED}
    if assigned:
        details["assignedVariables"] = {variable: document(value) for variable, value in assigned.items()}
        details["assignedVariablesDetails"] = INCLUDED
    return details

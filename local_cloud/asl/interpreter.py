"""Walks the states: from StartAt to the state that ends, leaving a trail in the history.

Decides what each state type does with its input, when its events are written, and when variables take their values
(after the state, all at once). Source: https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_cloud.asl import data
from local_cloud.asl.choice import choose
from local_cloud.asl.failure import QUERY_EVALUATION, RUNTIME, StateFailure
from local_cloud.asl.fan_out import run_map, run_parallel
from local_cloud.asl.history import entered, exited, now
from local_cloud.asl.task import run_task
from local_cloud.asl.visit import Branch, Execution, Outcome, Visit


async def run_definition(execution: Execution, definition: Mapping[str, Any]) -> Any:
    """The output of a whole execution; raises `StateFailure`. The state machine's own time limit is the caller's."""
    branch = Branch(execution, definition.get("QueryLanguage", "JSONPath"), {}, 1)
    return await run_states(branch, definition, execution.input)


async def run_states(branch: Branch, machine: Mapping[str, Any], state_input: Any) -> Any:
    """Walk `machine` (something with StartAt and States) and return the output of the state that ends it."""
    name: str | None = machine["StartAt"]
    while name is not None:
        state = machine["States"].get(name)
        if state is None:
            raise StateFailure(RUNTIME, f"There is no state '{name}'")
        outcome = await _stay(branch, name, state, state_input)
        state_input, name = outcome.output, outcome.next
    return state_input


async def _stay(branch: Branch, name: str, state: Mapping[str, Any], state_input: Any) -> Outcome:
    kind = state["Type"]
    event = branch.record(f"{kind}StateEntered", entered(name, state_input), key="stateEnteredEventDetails")
    visit = Visit(branch, name, state, state_input, now(), event)
    outcome = await _run(kind, visit)
    branch.variables.update(outcome.assigned)
    details = exited(name, outcome.output, outcome.assigned)
    branch.record(f"{kind}StateExited", details, key="stateExitedEventDetails")
    return outcome


async def _run(kind: str, visit: Visit) -> Outcome:
    match kind:
        case "Pass":
            return _pass(visit)
        case "Task":
            return await run_task(visit)
        case "Choice":
            return choose(visit)
        case "Wait":
            return await _wait(visit)
        case "Succeed":
            return data.leave(visit)
        case "Fail":
            raise StateFailure(data.text(visit, "Error") or "", data.text(visit, "Cause") or "")
        case "Parallel":
            return await run_parallel(visit, run_states)
        case "Map":
            return await run_map(visit, run_states)
        case _:
            raise StateFailure(RUNTIME, f"'{kind}' is not a type of state")


def _pass(visit: Visit) -> Outcome:
    if visit.is_jsonata:
        return data.leave(visit)
    result = visit.state["Result"] if "Result" in visit.state else data.arguments(visit)
    return data.leave(visit, result)


async def _wait(visit: Visit) -> Outcome:
    seconds = data.number(visit, "Seconds")
    if seconds is None:
        stamp = data.text(visit, "Timestamp")
        seconds = 0.0 if stamp is None else _until(stamp)
    elif seconds < 0 or not seconds.is_integer():
        raise StateFailure(
            QUERY_EVALUATION if visit.is_jsonata else RUNTIME,
            f"The Seconds of the state '{visit.name}' must be a whole number from 0, not {seconds}",
        )
    await visit.branch.execution.services.wait(seconds)
    return data.leave(visit)


def _until(stamp: str) -> float:
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError as error:
        raise StateFailure(RUNTIME, f"'{stamp}' is not an ISO 8601 timestamp") from error
    if moment.tzinfo is None:
        raise StateFailure(RUNTIME, f"The timestamp '{stamp}' lacks its offset from UTC")
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())

"""Starting, stopping and describing executions: which definition and which role an execution runs with, and its name.

Decides what a state machine, version or alias ARN starts, that a name is taken for good but a repeated start with the
same input is the same start while it runs, and what is too large or not JSON.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

from __future__ import annotations

import json
import random
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.asl.data import MAXIMUM_BYTES
from local_cloud.asl.history import INCLUDED, now
from local_cloud.service_role import ministack
from local_cloud.step_functions.engine import Engine, Record

_BAD_NAME = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff]")
Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Startable:
    """What an ARN names, as it is at this moment."""

    state_machine: Mapping[str, Any]
    definition: str
    role: str
    version: str | None = None
    alias: str | None = None


def stock() -> Any:
    return ministack("services.stepfunctions")


def refused(code: str, message: str) -> Answer:
    return ministack("core.responses").error_response_json(code, message, 400)


def answered(document: Mapping[str, Any]) -> Answer:
    return ministack("core.responses").json_response(document)


def resolve(arn: str) -> Startable | None:
    """A state machine, a version, or the version that an alias routes to now: by chance, in proportion to weights."""
    state_machine = stock()._state_machines.get(arn)
    if state_machine is not None:
        return Startable(state_machine, state_machine["definition"], state_machine["roleArn"])
    alias = stock()._state_machine_aliases.get(arn)
    version = stock()._state_machine_versions.get(_route(alias) if alias is not None else arn)
    if version is None:
        return None
    base = stock()._state_machines.get(version["stateMachineArn"])
    if base is None:
        return None
    return Startable(
        base,
        version["definition"],
        version["roleArn"],
        version["stateMachineVersionArn"],
        arn if alias is not None else None,
    )


def _route(alias: Mapping[str, Any]) -> str:
    routes: list[Mapping[str, Any]] = alias["routingConfiguration"]
    weights = [int(route["weight"]) for route in routes]
    return str(random.choices(routes, weights)[0]["stateMachineVersionArn"])  # noqa: S311 -- routing, not a secret


def start(engine: Engine, data: Mapping[str, Any], *, sync: bool = False) -> Answer:
    startable = resolve(str(data.get("stateMachineArn", "")))
    if startable is None:
        return refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{data.get('stateMachineArn')}'")
    express = startable.state_machine["type"] == "EXPRESS"
    if sync and not express:
        return refused("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
    name = str(data.get("name") or uuid.uuid4())
    given = str(data.get("input") or "{}")
    invalid = _invalid(name, given)
    if invalid is not None:
        return invalid
    arn = _execution_arn(startable.state_machine["stateMachineArn"], name, express=express)
    earlier = stock()._executions.get(arn)
    if earlier is not None:
        if earlier["status"] == "RUNNING" and earlier["input"] == given:
            return answered({"executionArn": arn, "startDate": earlier["startDate"]})
        return refused("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
    record = _record(arn, name, given, startable)
    record["express"] = express
    stock()._executions[arn] = record
    engine.start(record, json.loads(startable.definition))
    if sync:
        engine.wait(record)
        return answered(_sync_answer(record))
    return answered({"executionArn": arn, "startDate": record["startDate"]})


def _invalid(name: str, given: str) -> Answer | None:
    if not 1 <= len(name) <= 80 or _BAD_NAME.search(name):
        return refused("InvalidName", f"Invalid Name: '{name}'")
    if len(given.encode()) > MAXIMUM_BYTES:
        return refused(
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAXIMUM_BYTES}",
        )
    try:
        json.loads(given)
    except ValueError as error:
        return refused("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'")
    return None


def _execution_arn(state_machine: str, name: str, *, express: bool) -> str:
    if express:
        return f"{state_machine.replace(':stateMachine:', ':express:', 1)}:{name}:{uuid.uuid4()}"
    return f"{state_machine.replace(':stateMachine:', ':execution:', 1)}:{name}"


def _record(arn: str, name: str, given: str, startable: Startable) -> Record:
    started = now()
    which = {"stateMachineVersionArn": startable.version, "stateMachineAliasArn": startable.alias}
    which = {key: value for key, value in which.items() if value is not None}
    details = {"input": given, "inputDetails": INCLUDED, "roleArn": startable.role, **which}
    return {
        "executionArn": arn,
        "stateMachineArn": startable.state_machine["stateMachineArn"],
        **which,
        "name": name,
        "status": "RUNNING",
        "startDate": started,
        "stopDate": None,
        "input": given,
        "output": None,
        "definition": startable.definition,
        "roleArn": startable.role,
        "revisionId": startable.state_machine.get("revisionId", ""),
        "events": [
            {
                "id": 1,
                "previousEventId": 0,
                "timestamp": started,
                "type": "ExecutionStarted",
                "executionStartedEventDetails": details,
            }
        ],
    }


def _sync_answer(record: Record) -> dict[str, Any]:
    shown = ("executionArn", "stateMachineArn", "name", "startDate", "stopDate", "status", "error", "cause", "input")
    answer = {name: record[name] for name in shown if record.get(name) is not None}
    if record["output"] is not None:
        answer["output"] = record["output"]
    return {**answer, "inputDetails": {"included": True}, "outputDetails": {"included": True}}


def stop(engine: Engine, data: Mapping[str, Any]) -> Answer:
    record = stock()._executions.get(data.get("executionArn"))
    if record is None:
        return refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{data.get('executionArn')}'")
    engine.stop(record, data.get("error"), data.get("cause"))
    return answered({"stopDate": record["stopDate"]})


def describe(data: Mapping[str, Any]) -> Answer:
    record = stock()._executions.get(data.get("executionArn"))
    if record is None:
        return refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{data.get('executionArn')}'")
    shown = (
        *("executionArn", "stateMachineArn", "stateMachineVersionArn", "stateMachineAliasArn", "name", "status"),
        *("startDate", "stopDate", "input", "output", "error", "cause"),
    )
    described = {name: record[name] for name in shown if record.get(name) is not None}
    redrivable = record["status"] in ("FAILED", "TIMED_OUT", "ABORTED")
    described |= {"inputDetails": {"included": True}, "redriveCount": 0}
    described["redriveStatus"] = "REDRIVABLE" if redrivable else "NOT_REDRIVABLE"
    if not redrivable:
        described["redriveStatusReason"] = f"Execution is {record['status']} and cannot be redriven"
    if record.get("output") is not None:
        described["outputDetails"] = {"included": True}
    return answered(described)


def describe_state_machine(data: Mapping[str, Any]) -> Answer:
    """DescribeStateMachineForExecution: what the execution runs, whatever has become of the state machine since."""
    record = stock()._executions.get(data.get("executionArn"))
    if record is None:
        return refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{data.get('executionArn')}'")
    arn: str = record["stateMachineArn"]
    return answered(
        {
            "stateMachineArn": arn,
            "name": arn.split(":")[6],
            "definition": record["definition"],
            "roleArn": record["roleArn"],
            "updateDate": record["startDate"],
            "revisionId": record["revisionId"],
        }
    )

"""Executions run what they were started with, in the state machine's role.

On AWS an execution of a version or alias runs that version's definition to its end whatever is published meanwhile;
alias weights route; a repeated start of a running execution is the same start; the context object is right in every
field; JSONata works in every state; calls are made, and authorized, as the state machine's role; waiting is free.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-cd-aliasing-versioning.html and the pages named in
`local_cloud.asl`.

Stock ministack runs the newest definition for every version, takes the alias's heaviest route, refuses every repeated
start, shares one context among parallel branches, ignores Arguments, Output and Assign of Parallel states, lets tokens
of finished tasks fail as unknown, makes calls with root's rights, and blocks a thread for each execution that waits.

Seam: `services.stepfunctions._start_execution`, `_start_sync_execution`, `_stop_execution`, `_describe_execution`,
`_describe_state_machine_for_execution`, `_list_executions`, `_send_task_*` and `reset`. Its records stay in place.
Not here: Map Runs as resources, `.sync` integrations other than startExecution, redrive, delivery of execution logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from local_cloud.asl.data import MAXIMUM_BYTES
from local_cloud.step_functions import executions
from local_cloud.step_functions.engine import Engine
from local_cloud.step_functions.executions import Answer, answered, refused, stock
from local_cloud.step_functions.status_event import announce
from local_cloud.step_functions.tokens import TokenError

_engines: list[Engine] = []


def install() -> None:
    engine = Engine(announce)
    _engines.append(engine)
    service = stock()
    service._start_execution = partial(executions.start, engine)
    service._start_sync_execution = partial(executions.start, engine, sync=True)
    service._stop_execution = partial(executions.stop, engine)
    service._describe_execution = executions.describe
    service._describe_state_machine_for_execution = executions.describe_state_machine
    service._send_task_success = partial(_succeed, engine)
    service._send_task_failure = partial(_fail, engine)
    service._send_task_heartbeat = partial(_beat, engine)
    _list_by_qualified_arn(service)
    _reset_with(service, engine)


def close() -> None:
    for engine in _engines:
        engine.close()
    _engines.clear()


def _succeed(engine: Engine, data: Mapping[str, Any]) -> Answer:
    output = str(data.get("output", ""))
    if len(output.encode()) > MAXIMUM_BYTES:
        return refused("ValidationException", f"The output is larger than {MAXIMUM_BYTES} bytes")
    try:
        engine.tokens.succeed(str(data.get("taskToken")), json.loads(output))
    except ValueError as error:
        return refused("InvalidOutput", f"Invalid Output: '{error}'")
    except TokenError as error:
        return refused(error.code, str(error))
    return answered({})


def _fail(engine: Engine, data: Mapping[str, Any]) -> Answer:
    try:
        engine.tokens.fail(str(data.get("taskToken")), str(data.get("error") or ""), str(data.get("cause") or ""))
    except TokenError as error:
        return refused(error.code, str(error))
    return answered({})


def _beat(engine: Engine, data: Mapping[str, Any]) -> Answer:
    try:
        engine.tokens.beat(str(data.get("taskToken")))
    except TokenError as error:
        return refused(error.code, str(error))
    return answered({})


def _list_by_qualified_arn(service: Any) -> None:
    """ListExecutions takes a version's or an alias's ARN too, and says for each execution what it was started with."""
    list_all = service._list_executions

    def listed(data: Mapping[str, Any]) -> Answer:
        status, headers, body = list_all(data)
        if status != 200:
            return status, headers, body
        page = json.loads(body)
        for item in page["executions"]:
            record: dict[str, Any] = service._executions.get(item["executionArn"]) or {}
            for name in ("stateMachineVersionArn", "stateMachineAliasArn"):
                if record.get(name):
                    item[name] = record[name]
        return answered(page)

    def listing(data: Mapping[str, Any]) -> Answer:
        arn = data.get("stateMachineArn")
        if arn is None or arn in service._state_machines or data.get("mapRunArn"):
            return listed(data)
        if executions.resolve(str(arn)) is None:
            return refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        everything = json.loads(listed({**data, "stateMachineArn": str(arn).rsplit(":", 1)[0]})[2])
        named = ("stateMachineVersionArn", "stateMachineAliasArn")
        everything["executions"] = [
            item for item in everything["executions"] if arn in [item.get(name) for name in named]
        ]
        return answered(everything)

    service._list_executions = listing


def _reset_with(service: Any, engine: Engine) -> None:
    reset_records = service.reset

    def reset() -> None:
        engine.forget()
        reset_records()

    service.reset = reset

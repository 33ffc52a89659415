"""The world as the interpreter sees it: calls in the role's name, child executions, tokens, activities, time.

Decides that blocking calls leave the event loop (each on a thread of its own, because the function that is called may
need the server again), and what a parent learns of its child.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.asl.failure import PERMISSIONS, RUNTIME, TASK_FAILED, StateFailure
from local_cloud.asl.history import document
from local_cloud.asl.resource import SYNC, Resource, parse
from local_cloud.asl.visit import Call, Waiting
from local_cloud.service_role import RoleClients, RoleNotAssumable, clients_of, ministack
from local_cloud.step_functions.integrations import perform
from local_cloud.step_functions.tokens import Tokens

PRINCIPAL = "states.amazonaws.com"
_Result = TypeVar("_Result")


class Executions(Protocol):
    async def finished(self, execution: str) -> None:
        """Return when that execution has ended."""
        ...


class LocalServices:
    """`local_cloud.asl.visit.Services` on the emulator."""

    def __init__(self, executor: Executor, tokens: Tokens, executions: Executions) -> None:
        self._executor, self._tokens, self._executions = executor, tokens, executions

    async def call(self, call: Call) -> Any:
        resource = parse(call.resource)
        if resource.pattern in SYNC:
            raise StateFailure(RUNTIME, f"This embedded AWS lacks the integration '{call.resource}'")
        return await self._off_loop(lambda: _perform(resource, call))

    async def start_child(self, call: Call) -> str:
        resource = parse(call.resource)
        if (resource.service, resource.action) != ("states", "startExecution"):
            raise StateFailure(RUNTIME, f"This embedded AWS lacks the integration '{call.resource}'")
        started = await self._off_loop(lambda: _perform(resource, call))
        return str(started["ExecutionArn"])

    async def child_result(self, call: Call, child: str) -> Any:
        await self._executions.finished(child)
        describe = Resource(call.resource, "aws-sdk:sfn", "describeExecution")
        asked = Call(call.resource, {"ExecutionArn": child}, call.role, call.execution, call.region)
        described: dict[str, Any] = await self._off_loop(lambda: _perform(describe, asked))
        if described["Status"] != "SUCCEEDED":
            raise StateFailure(TASK_FAILED, document(described))
        if parse(call.resource).pattern == "sync:2":
            for name in ("Input", "Output"):
                described[name] = json.loads(described[name])
        return described

    async def stop_child(self, call: Call, child: str) -> None:
        cause = f"The execution {call.execution} that waited for this one has ended."

        def stop() -> None:
            client = _clients(call).get("stepfunctions", call.region)
            client.stop_execution(executionArn=child, error="States.ParentStopped", cause=cause)

        try:
            await self._off_loop(stop)
        except (ClientError, BotoCoreError, RoleNotAssumable):
            return  # as on AWS: a role that may not stop its children leaves them running

    def open_token(self, execution: str) -> tuple[str, Waiting]:
        return self._tokens.open(execution)

    def close_token(self, token: str) -> None:
        self._tokens.close(token)

    async def offer(self, activity: str, token: str, task_input: str) -> None:
        queues = ministack("services.stepfunctions")._activity_tasks
        if activity not in queues:
            raise StateFailure(RUNTIME, f"The activity '{activity}' does not exist")
        queues[activity].append({"taskToken": token, "input": task_input})

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds * ministack("services.stepfunctions")._SFN_WAIT_SCALE)

    async def read_items(self, call: Call, reader: Mapping[str, Any]) -> list[Any]:
        resource = parse(call.resource)
        if resource.service != "s3":
            raise StateFailure(RUNTIME, f"This embedded AWS lacks the item reader '{call.resource}'")
        sdk = Resource(call.resource, "aws-sdk:s3", resource.action)
        answer = await self._off_loop(lambda: _perform(sdk, call))
        config = reader.get("ReaderConfig", {})
        if resource.action == "listObjectsV2":
            items = answer.get("Contents", [])
        else:
            items = ministack("services.stepfunctions")._parse_reader_items(answer["Body"], config)
        return items[: int(config["MaxItems"])] if config.get("MaxItems") else items

    async def _off_loop(self, work: Callable[[], _Result]) -> _Result:
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: context.run(work))


def _perform(resource: Resource, call: Call) -> Any:
    try:
        return perform(resource, call.arguments, _clients(call), call.region)
    except RoleNotAssumable as refusal:
        raise StateFailure(PERMISSIONS, str(refusal)) from refusal


def _clients(call: Call) -> RoleClients:
    """Clients of the state machine's role. Trust policies may ask which state machine assumes it, as the CDK's do.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy
    """
    *place, _kind, machine = call.execution.split(":")[:7]
    return clients_of(call.role, PRINCIPAL, ":".join((*place, "stateMachine", machine)))

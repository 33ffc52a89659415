"""One Task state: its attempts, its time limits, its task token, its child execution, and what the history says of it.

Decides the order of scheduled, started, submitted and succeeded, that a child whose parent stops waiting is aborted,
and that a token opens before the arguments are computed, because they carry it.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from local_cloud.asl import data
from local_cloud.asl.failure import HEARTBEAT_TIMEOUT, TIMEOUT, StateFailure
from local_cloud.asl.history import INCLUDED, document
from local_cloud.asl.resource import SYNC, Resource, parse
from local_cloud.asl.retry import with_retries
from local_cloud.asl.visit import Call, Outcome, Visit, Waiting


async def run_task(visit: Visit) -> Outcome:
    resource = parse(visit.state["Resource"])
    return await with_retries(visit, lambda: _attempt(visit, resource))


@dataclass(frozen=True, slots=True)
class _Limits:
    timeout: float | None
    heartbeat: float | None


async def _attempt(visit: Visit, resource: Resource) -> Outcome:
    services = visit.branch.execution.services
    waiting: Waiting | None = None
    if resource.waits_for_token:
        visit.token, waiting = services.open_token(visit.branch.execution.arn)
    try:
        limits = _Limits(data.number(visit, "TimeoutSeconds"), data.number(visit, "HeartbeatSeconds"))
        call = _call(visit, resource)
        _schedule(visit, resource, call, limits)
        result = await _limited(visit, resource, call, waiting, limits)
    finally:
        if visit.token is not None:
            services.close_token(visit.token)
    _record(visit, resource, "Succeeded", output=document(result), outputDetails=INCLUDED)
    return data.leave(visit, result)


def _call(visit: Visit, resource: Resource) -> Call:
    execution = visit.branch.execution
    return Call(resource.arn, data.arguments(visit), execution.role, execution.arn, execution.region)


async def _limited(visit: Visit, resource: Resource, call: Call, waiting: Waiting | None, limits: _Limits) -> Any:
    try:
        async with asyncio.timeout(limits.timeout):
            return await _perform(visit, resource, call, waiting, limits)
    except TimeoutError:
        failure = StateFailure(TIMEOUT, "")
        _record(visit, resource, "TimedOut", error=failure.error, cause=failure.cause)
        raise failure from None
    except StateFailure as failure:
        outcome = "TimedOut" if failure.error == HEARTBEAT_TIMEOUT else "Failed"
        _record(visit, resource, outcome, error=failure.error, cause=failure.cause)
        raise


async def _perform(visit: Visit, resource: Resource, call: Call, waiting: Waiting | None, limits: _Limits) -> Any:
    services = visit.branch.execution.services
    if waiting is not None and visit.token is not None and resource.is_activity:
        await services.offer(resource.arn, visit.token, document(call.arguments))
        return await _answer(waiting, limits)
    _record(visit, resource, "Started")
    if waiting is not None:
        return await _callback(visit, resource, call, waiting, limits)
    if resource.pattern in SYNC:
        return await _child(visit, resource, call)
    return await services.call(call)


async def _callback(visit: Visit, resource: Resource, call: Call, waiting: Waiting, limits: _Limits) -> Any:
    """The answer may come while the call is still under way; a call that fails fails the task."""
    sent = asyncio.ensure_future(visit.branch.execution.services.call(call))
    answer = asyncio.ensure_future(_answer(waiting, limits))
    try:
        await asyncio.wait({sent, answer}, return_when=asyncio.FIRST_COMPLETED)
        if sent.done():
            output = document(sent.result())
            _record(visit, resource, "Submitted", output=output, outputDetails=INCLUDED)
        return await answer
    finally:
        sent.cancel()
        answer.cancel()


async def _answer(waiting: Waiting, limits: _Limits) -> Any:
    while True:
        beat = asyncio.ensure_future(waiting.heartbeat.wait())
        try:
            done, _ = await asyncio.wait(
                {waiting.outcome, beat}, timeout=limits.heartbeat, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            beat.cancel()
        if waiting.outcome.done():
            return waiting.outcome.result()
        if not done:
            raise StateFailure(HEARTBEAT_TIMEOUT, "")
        waiting.heartbeat.clear()


async def _child(visit: Visit, resource: Resource, call: Call) -> Any:
    services = visit.branch.execution.services
    child = await services.start_child(call)
    _record(visit, resource, "Submitted", output=document({"ExecutionArn": child}), outputDetails=INCLUDED)
    try:
        return await services.child_result(call, child)
    except asyncio.CancelledError:
        await asyncio.shield(asyncio.ensure_future(services.stop_child(call, child)))
        raise


def _schedule(visit: Visit, resource: Resource, call: Call, limits: _Limits) -> None:
    times: dict[str, Any] = {}
    if limits.timeout is not None:
        times["timeoutInSeconds"] = int(limits.timeout)
    if limits.heartbeat is not None:
        times["heartbeatInSeconds"] = int(limits.heartbeat)
    if resource.is_function or resource.is_activity:
        sent = {"resource": resource.arn, "input": document(call.arguments), "inputDetails": INCLUDED}
    else:
        sent = {**_named(resource), "region": call.region, "parameters": document(call.arguments)}
    _event(visit, resource, "Scheduled", {**sent, **times})
    if resource.is_function:
        _event(visit, resource, "Started", None)


def _record(visit: Visit, resource: Resource, what: str, **details: Any) -> None:
    if resource.is_function:
        if what != "Started":
            _event(visit, resource, what, details)
    elif resource.is_activity:
        _event(visit, resource, what, details)
    else:
        _event(visit, resource, what, {**_named(resource), **details})


def _named(resource: Resource) -> dict[str, Any]:
    return {"resourceType": resource.service, "resource": resource.shown}


def _event(visit: Visit, resource: Resource, what: str, details: dict[str, Any] | None) -> None:
    family = "LambdaFunction" if resource.is_function else "Activity" if resource.is_activity else "Task"
    visit.branch.record(f"{family}{what}", details)

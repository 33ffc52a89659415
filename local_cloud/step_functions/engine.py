"""Runs executions: all on one event loop in a thread of its own, from their start to the end that they come to.

Decides how an execution ends (succeeded, failed, timed out, aborted), what its record and its history say then, and who
is told. An execution that waits is a suspended coroutine; threads are taken only while a call is under way.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from local_cloud.asl.failure import RUNTIME, StateFailure
from local_cloud.asl.history import INCLUDED, History, document, now
from local_cloud.asl.interpreter import run_definition
from local_cloud.asl.visit import Execution
from local_cloud.service_role import ministack
from local_cloud.step_functions.services import LocalServices
from local_cloud.step_functions.tokens import Tokens

CALLS_AT_ONCE = 1000
EXPRESS_SECONDS = 300
Record = dict[str, Any]
logger = logging.getLogger("states")


class Engine:
    """One per server. Its public methods are called from other threads; the rest runs on its loop."""

    def __init__(self, announce: Callable[[Record], None]) -> None:
        self._announce = announce
        self._loop = asyncio.new_event_loop()
        self._executor = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="states-call")
        self.tokens = Tokens(self._loop)
        self._services = LocalServices(self._executor, self.tokens, self)
        self._running: dict[str, asyncio.Task[None]] = {}
        threading.Thread(target=self._loop.run_forever, daemon=True, name="states").start()

    def start(self, record: Record, definition: Mapping[str, Any]) -> None:
        """Run `definition` for a record whose status is RUNNING."""
        self._loop.call_soon_threadsafe(self._launch, record, definition, context=_scope(record["executionArn"]))

    def stop(self, record: Record, error: str | None, cause: str | None) -> bool:
        """Abort an execution; False when it had ended by itself before."""
        return asyncio.run_coroutine_threadsafe(self._abort(record, error, cause), self._loop).result()

    def wait(self, record: Record) -> None:
        """Block until an execution has ended."""
        done: Future[None] = asyncio.run_coroutine_threadsafe(self.finished(record["executionArn"]), self._loop)
        done.result()

    def forget(self) -> None:
        """Drop everything that runs, without a trace: the emulator is being reset."""
        self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in self._running.values()])

    def close(self) -> None:
        self.forget()
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def finished(self, execution: str) -> None:
        task = self._running.get(execution)
        if task is not None:
            await asyncio.wait({task})

    def _launch(self, record: Record, definition: Mapping[str, Any]) -> None:
        task = self._loop.create_task(self._run(record, definition))
        self._running[record["executionArn"]] = task
        task.add_done_callback(lambda _: self._running.pop(record["executionArn"], None))

    async def _run(self, record: Record, definition: Mapping[str, Any]) -> None:
        try:
            await self._tell(record)
            async with asyncio.timeout(_time_limit(record, definition)):
                output = await run_definition(self._execution(record), definition)
            _end(record, "SUCCEEDED", {"output": document(output), "outputDetails": INCLUDED})
        except TimeoutError:
            _end(record, "TIMED_OUT", {})
        except StateFailure as failure:
            _end(record, "FAILED", {"error": failure.error, "cause": failure.cause})
        except asyncio.CancelledError:
            if record["status"] == "RUNNING":  # not stopped by StopExecution: the server is being reset
                raise
        except Exception as error:
            logger.exception("The execution %s met a fault of the interpreter", record["executionArn"])
            _end(record, "FAILED", {"error": RUNTIME, "cause": f"{type(error).__name__}: {error}"})
        await self._tell(record)

    async def _abort(self, record: Record, error: str | None, cause: str | None) -> bool:
        if record["status"] != "RUNNING":
            return False
        _end(record, "ABORTED", {name: value for name, value in (("error", error), ("cause", cause)) if value})
        task = self._running.get(record["executionArn"])
        if task is not None:
            task.cancel()
        return True

    def _execution(self, record: Record) -> Execution:
        arn: str = record["stateMachineArn"]
        return Execution(
            arn=record["executionArn"],
            name=record["name"],
            state_machine=arn,
            state_machine_name=arn.split(":")[6],
            role=record["roleArn"],
            started=record["startDate"],
            region=arn.split(":")[3],
            input=json.loads(record["input"]),
            history=History(record["events"]),
            services=self._services,
        )

    async def _tell(self, record: Record) -> None:
        """Status events are best effort: one that cannot be sent changes nothing for the execution."""
        told = dict(record)
        context = contextvars.copy_context()
        with contextlib.suppress(RuntimeError):  # the executor is gone when the server goes down
            await self._loop.run_in_executor(self._executor, lambda: context.run(self._announce, told))


def _time_limit(record: Record, definition: Mapping[str, Any]) -> float | None:
    limit = definition.get("TimeoutSeconds")
    return min(limit or EXPRESS_SECONDS, EXPRESS_SECONDS) if record.get("express") else limit


_ENDS = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "TIMED_OUT": "TimedOut", "ABORTED": "Aborted"}


def _end(record: Record, status: str, details: dict[str, Any]) -> None:
    kind = f"Execution{_ENDS[status]}"
    record["events"].append(
        {
            "id": len(record["events"]) + 1,
            "previousEventId": len(record["events"]),
            "timestamp": now(),
            "type": kind,
            f"e{kind[1:]}EventDetails": details,
        }
    )
    record.update({name: value for name, value in details.items() if name in ("output", "error", "cause")})
    record["stopDate"] = now()
    record["status"] = status


def _scope(execution: str) -> contextvars.Context:
    """A context of its own, in the execution's account and region, with nothing left over of the request."""
    region, account = execution.split(":")[3:5]
    responses = ministack("core.responses")
    context = contextvars.Context()
    context.run(responses.set_request_account_id, account)
    context.run(responses.set_request_region, region)
    return context

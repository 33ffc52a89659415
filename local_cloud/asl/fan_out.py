"""Parallel and Map states: many branches at once, and what becomes of the others when one fails.

Decides that the first failure stops the rest, the order of results, how many iterations run at once, and what an
iteration is given. A Map in DISTRIBUTED mode runs its iterations in the parent execution: same results and same limits
of failure, but no child executions and no Map Run to describe.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html and …/state-parallel.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from local_cloud.asl import data, jsonpath
from local_cloud.asl.failure import EXCEEDED_TOLERANCE, RUNTIME, StateFailure
from local_cloud.asl.retry import with_retries
from local_cloud.asl.visit import Branch, Call, Outcome, Visit

RunStates = Callable[[Branch, Mapping[str, Any], Any], Awaitable[Any]]
INLINE_CONCURRENCY = 40
DISTRIBUTED_CONCURRENCY = 1000


async def run_parallel(visit: Visit, run: RunStates) -> Outcome:
    async def attempt() -> Outcome:
        branch_input = data.arguments(visit)
        visit.branch.record("ParallelStateStarted")
        try:
            results = await _all(
                [run(visit.branch.inner(), branch, branch_input) for branch in visit.state["Branches"]]
            )
        except StateFailure:
            visit.branch.record("ParallelStateFailed")
            raise
        visit.branch.record("ParallelStateSucceeded")
        return data.leave(visit, results)

    return await with_retries(visit, attempt)


async def run_map(visit: Visit, run: RunStates) -> Outcome:
    async def attempt() -> Outcome:
        items = await _items(visit)
        visit.branch.record("MapStateStarted", {"length": len(items)})
        try:
            results = await _iterate(visit, run, items)
        except StateFailure:
            visit.branch.record("MapStateFailed")
            raise
        visit.branch.record("MapStateSucceeded")
        return data.leave(visit, results)

    return await with_retries(visit, attempt)


@dataclass(frozen=True, slots=True)
class _Tolerance:
    """How many iterations may fail; inline maps tolerate none."""

    count: float = 0
    percentage: float = 0

    def exceeded(self, failed: int, total: int) -> bool:
        return failed > max(self.count, self.percentage * total / 100)


async def _iterate(visit: Visit, run: RunStates, items: Sequence[Mapping[str, Any]]) -> list[Any]:
    processor = visit.state.get("ItemProcessor") or visit.state["Iterator"]
    distributed = processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"
    tolerance = _tolerance(visit) if distributed else _Tolerance()
    wished = int(data.number(visit, "MaxConcurrency") or 0)
    gate = asyncio.Semaphore(wished or (DISTRIBUTED_CONCURRENCY if distributed else INLINE_CONCURRENCY))
    failures: list[StateFailure] = []

    async def iteration(index: int, item: Mapping[str, Any]) -> Any:
        async with gate:
            branch = visit.branch.inner(item)
            details = {"name": visit.name, "index": index}
            branch.record("MapIterationStarted", details)
            try:
                result = await run(branch, processor, _selected(visit, branch, item))
            except StateFailure as failure:
                branch.record("MapIterationFailed", details)
                failures.append(failure)
                if not tolerance.exceeded(len(failures), len(items)):
                    return {"Error": failure.error, "Cause": failure.cause}
                raise _too_many(failure, distributed) from failure
            branch.record("MapIterationSucceeded", details)
            return result

    return await _all([iteration(index, item) for index, item in enumerate(items)])


def _too_many(failure: StateFailure, distributed: bool) -> StateFailure:
    if not distributed:
        return failure
    return StateFailure(EXCEEDED_TOLERANCE, "The specified tolerated failure threshold was exceeded")


def _tolerance(visit: Visit) -> _Tolerance:
    return _Tolerance(
        data.number(visit, "ToleratedFailureCount") or 0, data.number(visit, "ToleratedFailurePercentage") or 0
    )


def _selected(visit: Visit, branch: Branch, item: Mapping[str, Any]) -> Any:
    """What one iteration starts with: its item, or what the ItemSelector makes of it."""
    selector = visit.state.get("ItemSelector", visit.state.get("Parameters"))
    if selector is None:
        return item["Value"]
    inner = Visit(branch, visit.name, visit.state, visit.input, visit.entered, visit.event, visit.retries)
    if visit.is_jsonata:
        return data.evaluated(inner, selector, data.bindings(inner), "ItemSelector")
    return jsonpath.fill(selector, data.sources(inner, data.effective_input(inner)))


async def _items(visit: Visit) -> list[dict[str, Any]]:
    found = await _found(visit)
    if isinstance(found, dict):
        entries = cast(dict[str, Any], found).items()
        items = [{"Index": index, "Key": key, "Value": value} for index, (key, value) in enumerate(entries)]
    elif isinstance(found, list):
        items = [{"Index": index, "Value": value} for index, value in enumerate(cast(list[Any], found))]
    else:
        raise StateFailure(RUNTIME, f"The items of the Map state '{visit.name}' must be an array, not {found!r}")
    return _batched(visit, items)


async def _found(visit: Visit) -> Any:
    if "ItemReader" in visit.state:
        reader = visit.state["ItemReader"]
        wanted = reader.get("Arguments") if visit.is_jsonata else reader.get("Parameters")
        if visit.is_jsonata:
            arguments = data.evaluated(visit, wanted or {}, data.bindings(visit), "ItemReader/Arguments")
        else:
            arguments = jsonpath.fill(wanted or {}, data.sources(visit, data.effective_input(visit)))
        execution = visit.branch.execution
        call = Call(reader["Resource"], arguments, execution.role, execution.arn, execution.region)
        return await execution.services.read_items(call, reader)
    if visit.is_jsonata:
        names = data.bindings(visit)
        return data.evaluated(visit, visit.state["Items"], names, "Items") if "Items" in visit.state else visit.input
    effective = data.effective_input(visit)
    return jsonpath.select(visit.state.get("ItemsPath", "$"), data.sources(visit, effective))


def _batched(visit: Visit, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    batcher = visit.state.get("ItemBatcher")
    if batcher is None:
        return items
    size = int(batcher.get("MaxItemsPerBatch") or len(items) or 1)
    batches = [[item["Value"] for item in items[start : start + size]] for start in range(0, len(items), size)]
    common = {"BatchInput": batcher["BatchInput"]} if "BatchInput" in batcher else {}
    return [{"Index": index, "Value": {"Items": batch, **common}} for index, batch in enumerate(batches)]


async def _all(runs: Sequence[Coroutine[Any, Any, Any] | Awaitable[Any]]) -> list[Any]:
    """The results in order; the first failure stops the others and is raised."""
    tasks = [asyncio.ensure_future(run) for run in runs]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise

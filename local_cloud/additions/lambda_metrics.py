"""Lambda's metrics per function, per alias or version, and per version behind an alias.

AWS: Invocations, Errors, Throttles (counts) and Duration (ms) of each invocation, whoever invoked, under the dimensions
FunctionName, FunctionName + Resource (`function:alias`) and FunctionName + Resource + ExecutedVersion, and without
dimensions for the whole account (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html).
ExecutedVersion is documented for weighted aliases; it is given for every invocation through an alias here.

Stock ministack: FunctionName only, and only for the Invoke API; asynchronous invocations are counted when they are
accepted, never when they fail.

Seam: `lambda_svc._execute_function_dispatch` (each execution passes it once), `lambda_svc._acquire_execution_slot`
(throttles); `lambda_svc._emit_lambda_metrics` falls silent.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator, Mapping
from typing import Any


def dimension_sets(config: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Under which dimensions an invocation of this (qualified) configuration counts."""
    name: str = config["FunctionName"]
    qualifier = config.get("FunctionArn", "").split(":")[7:]
    resource = {"FunctionName": name, "Resource": ":".join([name, *qualifier])}
    yield {}
    yield {"FunctionName": name}
    yield resource
    if qualifier and not (qualifier[0].isdigit() or qualifier[0] == "$LATEST"):
        yield {**resource, "ExecutedVersion": config.get("Version", "$LATEST")}


def install() -> None:
    lambda_svc: Any = importlib.import_module("ministack.services.lambda_svc")
    record: Any = importlib.import_module("ministack.services.cloudwatch").record_metric
    stock_dispatch, stock_acquire = lambda_svc._execute_function_dispatch, lambda_svc._acquire_execution_slot

    def publish(config: Mapping[str, Any], values: Mapping[str, float]) -> None:
        for dimensions in dimension_sets(config):
            for metric, value in values.items():
                unit = "Milliseconds" if metric == "Duration" else "Count"
                record("AWS/Lambda", metric, value, unit, dimensions)

    def dispatch(func: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
        result: Mapping[str, Any] = stock_dispatch(func, config, event, request_id, started)
        milliseconds = (time.time() - started) * 1000
        failed = 1 if result.get("error") else 0
        publish(config, {"Invocations": 1, "Errors": failed, "Throttles": 0, "Duration": milliseconds})
        return result

    def acquire(func: Any, config: Any) -> Any:
        slot, limit = stock_acquire(func, config)
        if slot is None:
            publish(config, {"Throttles": 1})
        return slot, limit

    def silent(*_: Any, **__: Any) -> None:
        """Counted above."""

    lambda_svc._execute_function_dispatch = dispatch
    lambda_svc._acquire_execution_slot = acquire
    lambda_svc._emit_lambda_metrics = silent

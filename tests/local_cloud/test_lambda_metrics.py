"""What Lambda reports about invocations, per function, alias and executed version."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config

Client = Callable[..., Any]
Function = Callable[..., str]

pytestmark = pytest.mark.embedded

SOURCE = """
def handler(event, context):
    if event == "fail":
        raise RuntimeError("asked to")
"""


def total(client: Client, metric: str, statistic: str = "Sum", **dimensions: str) -> float | None:
    now = time.time()
    found = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - 3600,
        EndTime=now + 60,
        Period=7200,
        Statistics=[statistic],
    )["Datapoints"]
    return sum(point[statistic] for point in found) if found else None


def test_each_invocation_counts_under_every_set_of_dimensions(client: Client, function: Function) -> None:
    name = function(SOURCE)
    service = client("lambda")
    service.publish_version(FunctionName=name)
    service.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for payload in ('"fine"', '"fail"', '"fine"'):
        service.invoke(FunctionName=name, Qualifier="live", Payload=payload)
    service.invoke(FunctionName=name, Payload='"fail"')
    alias = {"FunctionName": name, "Resource": f"{name}:live"}
    executed = {**alias, "ExecutedVersion": "1"}
    assert [total(client, "Invocations", **d) for d in ({"FunctionName": name}, alias, executed)] == [4, 3, 3]
    assert [total(client, "Errors", **d) for d in ({"FunctionName": name}, alias, executed)] == [2, 1, 1]
    assert (total(client, "Duration", "Maximum", **alias) or 0) > 0
    assert total(client, "Throttles", **alias) == 0
    assert total(client, "Invocations", FunctionName=name, Resource=f"{name}:live", ExecutedVersion="2") is None


def test_failures_of_asynchronous_invocations_count_too(client: Client, function: Function) -> None:
    name = function(SOURCE)
    service = client("lambda")
    service.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    service.invoke(FunctionName=name, InvocationType="Event", Payload='"fail"')
    for _ in range(40):
        if total(client, "Errors", FunctionName=name):
            break
        time.sleep(0.25)
    assert total(client, "Errors", FunctionName=name) == 1
    assert total(client, "Invocations", FunctionName=name) == 1


def test_a_throttled_invocation_is_no_invocation(client: Client, function: Function) -> None:
    name = function(SOURCE)
    service = client("lambda")
    service.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(service.exceptions.TooManyRequestsException):
        client("lambda", config=Config(retries={"total_max_attempts": 1})).invoke(FunctionName=name)
    assert (total(client, "Throttles", FunctionName=name) or 0) >= 1
    assert total(client, "Invocations", FunctionName=name) is None

"""Express state machines, and Map states over what lies in S3."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

DOUBLING: dict[str, Any] = {
    "QueryLanguage": "JSONata",
    "StartAt": "Double",
    "States": {"Double": {"Type": "Pass", "Output": "{% $states.input.n * 2 %}", "End": True}},
}


@pytest.fixture
def sync(client: Callable[..., Any]) -> Any:
    """On AWS this call has a host name of its own; an endpoint on loopback has only the one."""
    return client("stepfunctions", config=Config(inject_host_prefix=False))


def test_an_express_execution_answers_at_once(workflows: Any, sync: Any) -> None:
    arn = workflows.create(DOUBLING, type="EXPRESS")["stateMachineArn"]

    first = sync.start_sync_execution(stateMachineArn=arn, name="same", input='{"n": 4}')
    again = sync.start_sync_execution(stateMachineArn=arn, name="same", input='{"n": 5}')

    assert (first["status"], first["output"], again["output"]) == ("SUCCEEDED", "8", "10")
    assert ":express:" in first["executionArn"]


def test_an_express_execution_that_fails_says_why(workflows: Any, sync: Any) -> None:
    arn = workflows.create(DOUBLING, type="EXPRESS")["stateMachineArn"]

    answer = sync.start_sync_execution(stateMachineArn=arn, input="{}")

    assert (answer["status"], answer["error"]) == ("FAILED", "States.QueryEvaluationError")


def test_a_standard_machine_does_not_answer_at_once(workflows: Any, sync: Any) -> None:
    arn = workflows.create(DOUBLING)["stateMachineArn"]
    with pytest.raises(ClientError, match="StateMachineTypeNotSupported"):
        sync.start_sync_execution(stateMachineArn=arn, input='{"n": 4}')


@pytest.fixture
def bucket(client: Callable[..., Any]) -> Iterator[str]:
    s3, name = client("s3"), f"bucket-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="items.json", Body=json.dumps([{"n": 1}, {"n": 2}, {"n": "three"}]))
    yield name
    s3.delete_object(Bucket=name, Key="items.json")
    s3.delete_bucket(Bucket=name)


def mapping(bucket: str, **more: Any) -> dict[str, Any]:
    processor = {"StartAt": "Double", "States": DOUBLING["States"], "ProcessorConfig": {"Mode": "DISTRIBUTED"}}
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Arguments": {"Bucket": bucket, "Key": "items.json"},
        "ReaderConfig": {"InputType": "JSON"},
    }
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "End": True, **more}
    return {"QueryLanguage": "JSONata", "StartAt": "Each", "States": {"Each": state}}


def test_a_distributed_map_reads_its_items(workflows: Any, bucket: str) -> None:
    results = workflows.output(mapping(bucket, ToleratedFailureCount=1))

    assert results[:2] == [2, 4]
    assert results[2]["Error"] == "States.QueryEvaluationError"


def test_a_distributed_map_fails_beyond_its_tolerance(workflows: Any, bucket: str) -> None:
    described = workflows.run(mapping(bucket, ToleratedFailurePercentage=33))
    assert described["error"] == "States.ExceedToleratedFailureThreshold"


def test_a_distributed_map_fails_without_a_tolerance(workflows: Any, bucket: str) -> None:
    assert workflows.run(mapping(bucket))["error"] == "States.ExceedToleratedFailureThreshold"

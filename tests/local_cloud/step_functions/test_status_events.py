"""What EventBridge is told of executions."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

WAITING: dict[str, Any] = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
PASSING: dict[str, Any] = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "Result": 1, "End": True}}}
FAILING: dict[str, Any] = {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "Mine", "Cause": "why"}}}
Told = Callable[[str, int], list[dict[str, Any]]]


@pytest.fixture
def told(client: Callable[..., Any]) -> Iterator[Told]:
    """`told(machine_arn, 2)` are the first two events about executions of that state machine."""
    events, sqs, name = client("events"), client("sqs"), f"status-{uuid.uuid4()}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": arn}]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    pattern = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"]}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    def read(machine: str, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + 15
        while len(found) < count and time.monotonic() < deadline:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                event = json.loads(message["Body"])
                found += [event] if event["detail"]["stateMachineArn"] == machine else []
        assert len(found) == count
        return sorted(found, key=lambda event: event["detail"]["status"] != "RUNNING")

    yield read
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=url)


def test_the_start_and_the_end_are_told_with_the_version(workflows: Any, told: Told) -> None:
    made = workflows.create(PASSING, publish=True)
    execution = workflows.start(made["stateMachineVersionArn"], {"a": 1}, name="told")

    started, ended = told(made["stateMachineArn"], 2)

    assert started["resources"] == ended["resources"] == [execution]
    assert (started["source"], started["detail-type"]) == ("aws.states", "Step Functions Execution Status Change")
    detail = ended["detail"]
    assert (started["detail"]["status"], started["detail"]["stopDate"]) == ("RUNNING", None)
    assert (detail["status"], detail["name"], detail["executionArn"]) == ("SUCCEEDED", "told", execution)
    assert (json.loads(detail["input"]), json.loads(detail["output"])) == ({"a": 1}, 1)
    assert detail["inputDetails"] == {"included": True}
    assert detail["stateMachineVersionArn"] == made["stateMachineVersionArn"]
    assert detail["stateMachineAliasArn"] is None
    assert detail["stopDate"] >= detail["startDate"] > 1_700_000_000_000


def test_a_failure_is_told_with_its_error(workflows: Any, told: Told) -> None:
    machine = workflows.create(FAILING)["stateMachineArn"]
    workflows.start(machine)

    detail = told(machine, 2)[1]["detail"]

    assert (detail["status"], detail["error"], detail["cause"]) == ("FAILED", "Mine", "why")
    assert detail["output"] is None


def test_an_abort_is_told(workflows: Any, told: Told) -> None:
    machine = workflows.create(WAITING)["stateMachineArn"]
    workflows.states.stop_execution(executionArn=workflows.start(machine), error="Enough")

    detail = told(machine, 2)[1]["detail"]

    assert (detail["status"], detail["error"]) == ("ABORTED", "Enough")

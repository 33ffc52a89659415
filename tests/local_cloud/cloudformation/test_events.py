"""Events about stacks reach the default bus; every test would pass against AWS too."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

Client = Callable[..., Any]

pytestmark = pytest.mark.embedded


@pytest.fixture
def inbox(client: Client) -> Iterator[Callable[[int], list[dict[str, Any]]]]:
    """`inbox(n)` waits for n events of CloudFormation."""
    name = f"q-{uuid.uuid4().hex[:8]}"
    queue = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = client("events").put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.cloudformation"]}))["RuleArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    client("events").put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])

    def receive(number: int) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        deadline = time.monotonic() + 10
        while len(events) < number and time.monotonic() < deadline:
            messages = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
            events.extend(json.loads(message["Body"]) for message in messages)
        return events

    yield receive
    client("events").remove_targets(Rule=name, Ids=["q"])
    client("events").delete_rule(Name=name)
    client("sqs").delete_queue(QueueUrl=queue)


def test_each_status_of_a_stack_and_of_its_resources_is_an_event(
    stacks: Any, inbox: Callable[[int], list[dict[str, Any]]]
) -> None:
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    name = stacks.create(template, ClientRequestToken="mine")
    events = inbox(4)
    stack_id = stacks.describe(name)["StackId"]
    assert all(event["source"] == "aws.cloudformation" and event["resources"] == [stack_id] for event in events)
    assert all(event["detail"]["client-request-token"] == "mine" for event in events)
    of_stack = [event["detail"] for event in events if event["detail-type"] == "CloudFormation Stack Status Change"]
    assert [detail["status-details"]["status"] for detail in of_stack] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert all(detail["stack-id"] == stack_id for detail in of_stack)
    others = [event["detail"] for event in events if event["detail-type"] == "CloudFormation Resource Status Change"]
    assert [detail["status-details"]["status"] for detail in others] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert others[1]["logical-resource-id"] == "Queue"
    assert others[1]["resource-type"] == "AWS::SQS::Queue"
    assert others[1]["physical-resource-id"] == stacks.physical_id(name, "Queue")

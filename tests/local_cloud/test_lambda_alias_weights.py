"""Weights of an alias, whoever invokes it."""

from __future__ import annotations

import collections
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

Client = Callable[..., Any]
Function = Callable[..., str]

pytestmark = pytest.mark.embedded

SOURCE = """
import os

def handler(event, context):
    return [os.environ["NUMBER"], context.function_version, context.invoked_function_arn.rsplit(":", 1)[-1]]
"""


@pytest.fixture
def split(client: Client, function: Function, function_role: str) -> str:
    """A function with two versions and an alias `live` that sends half of its invocations to each."""
    name = function(SOURCE, Environment={"Variables": {"NUMBER": "one"}})
    service = client("lambda")
    first = service.publish_version(FunctionName=name)["Version"]
    service.update_function_configuration(FunctionName=name, Environment={"Variables": {"NUMBER": "two"}})
    service.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1})
    second = service.publish_version(FunctionName=name)["Version"]
    service.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion=first,
        RoutingConfig={"AdditionalVersionWeights": {second: 0.5}},
    )
    return name


def test_an_alias_splits_direct_invocations(client: Client, split: str) -> None:
    seen: collections.Counter[tuple[str, ...]] = collections.Counter()
    for _ in range(40):
        answer = client("lambda").invoke(FunctionName=split, Qualifier="live")
        number, version, qualifier = json.loads(answer["Payload"].read())
        assert answer["ExecutedVersion"] == version
        seen[(number, version, qualifier)] += 1
    assert set(seen) == {("one", "1", "live"), ("two", "2", "live")}


def test_a_whole_alias_has_one_version(client: Client, split: str) -> None:
    service = client("lambda")
    service.update_alias(FunctionName=split, Name="live", FunctionVersion="2", RoutingConfig={})
    assert "RoutingConfig" not in service.get_alias(FunctionName=split, Name="live")
    answers = [service.invoke(FunctionName=f"{split}:live") for _ in range(10)]
    assert {answer["ExecutedVersion"] for answer in answers} == {"2"}


def test_describing_the_alias_names_its_main_version(client: Client, split: str) -> None:
    found = {
        client("lambda").get_function(FunctionName=split, Qualifier="live")["Configuration"]["Version"]
        for _ in range(10)
    }
    assert found == {"1"}


def test_a_state_machine_that_invokes_the_alias_is_split(client: Client, split: str) -> None:
    arn = client("lambda").get_alias(FunctionName=split, Name="live")["AliasArn"]
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn}
    iam, name = client("iam"), f"machine-{split}"
    role = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    iam.put_role_policy(
        RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    )
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": arn},
        "OutputPath": "$.Payload",
        "End": True,
    }
    each = {
        "Type": "Map",
        "ItemProcessor": {"StartAt": "Invoke", "States": {"Invoke": task}},
        "End": True,
    }
    definition = {"StartAt": "Each", "States": {"Each": each}}
    states = client("stepfunctions")
    machine = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, input=json.dumps(list(range(30))))["executionArn"]
    found: dict[str, Any] = {}
    for _ in range(100):
        found = states.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            break
        time.sleep(0.2)
    assert found["status"] == "SUCCEEDED", found.get("cause")
    assert {tuple(item) for item in json.loads(found["output"])} == {("one", "1", "live"), ("two", "2", "live")}


def test_an_event_source_mapping_on_the_alias_is_split(client: Client, split: str) -> None:
    sqs, service = client("sqs"), client("lambda")
    queue = sqs.create_queue(QueueName=split)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Action": "sqs:*", "Resource": arn}
    policy = {"RoleName": "function", "PolicyName": "queue"}
    client("iam").put_role_policy(
        **policy, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    )
    mapping = service.create_event_source_mapping(FunctionName=f"{split}:live", EventSourceArn=arn, BatchSize=1)["UUID"]
    for number in range(24):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    seen: dict[str, float] = {}
    for _ in range(60):
        seen = {version: invocations(client, split, version) for version in ("1", "2")}
        if sum(seen.values()) == 24:
            break
        time.sleep(0.5)
    service.delete_event_source_mapping(UUID=mapping)
    client("iam").delete_role_policy(**policy)
    assert sum(seen.values()) == 24
    assert min(seen.values()) > 0


def invocations(client: Client, name: str, version: str) -> float:
    now = time.time()
    dimensions = {"FunctionName": name, "Resource": f"{name}:live", "ExecutedVersion": version}
    found = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - 3600,
        EndTime=now + 60,
        Period=3600,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])

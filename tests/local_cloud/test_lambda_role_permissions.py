"""What Lambda does for a function needs the function's role to allow it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]
Function = Callable[..., str]

pytestmark = pytest.mark.embedded

READ = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


@pytest.fixture
def role(client: Client) -> Iterator[str]:
    """A role without any permission."""
    iam, name = client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    yield iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


@pytest.fixture
def queue(client: Client) -> Iterator[tuple[str, str]]:
    """URL and ARN."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    yield url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.delete_queue(QueueUrl=url)


def grant(client: Client, role: str, actions: list[str], resource: str) -> None:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").put_role_policy(RoleName=role.rsplit("/", 1)[-1], PolicyName="p", PolicyDocument=document)


def test_a_mapping_needs_a_role_that_may_read_the_queue(
    client: Client, function: Function, role: str, queue: tuple[str, str]
) -> None:
    name = function("def handler(event, context): pass", Role=role)
    service = client("lambda")
    with pytest.raises(ClientError, match="permissions to call ReceiveMessage on SQS"):
        service.create_event_source_mapping(FunctionName=name, EventSourceArn=queue[1])
    grant(client, role, READ[:2], queue[1])
    with pytest.raises(ClientError, match="permissions to call GetQueueAttributes on SQS"):
        service.create_event_source_mapping(FunctionName=name, EventSourceArn=queue[1])
    grant(client, role, READ, queue[1])
    made = service.create_event_source_mapping(FunctionName=name, EventSourceArn=queue[1])
    service.delete_event_source_mapping(UUID=made["UUID"])


def test_a_mapping_whose_role_lost_the_permission_stops_reading(
    client: Client, function: Function, role: str, queue: tuple[str, str]
) -> None:
    name = function("def handler(event, context): pass", Role=role)
    grant(client, role, READ, queue[1])
    service, sqs = client("lambda"), client("sqs")
    mapping = service.create_event_source_mapping(FunctionName=name, EventSourceArn=queue[1])["UUID"]
    sqs.send_message(QueueUrl=queue[0], MessageBody="read")
    assert gone(sqs, queue[0])
    grant(client, role, READ, queue[1] + "-other")
    sqs.send_message(QueueUrl=queue[0], MessageBody="not read")
    time.sleep(3)
    assert not gone(sqs, queue[0], seconds=0.1)
    service.delete_event_source_mapping(UUID=mapping)


def gone(sqs: Any, url: str, seconds: float = 15) -> bool:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        if all(found[name] == "0" for name in names):
            return True
        time.sleep(0.1)
    return False


def test_a_stack_with_such_a_mapping_fails(client: Client, role: str, bundle: Callable[..., bytes]) -> None:
    s3, cloudformation = client("s3"), client("cloudformation")
    bucket = f"code-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="code.zip", Body=bundle({"app.py": "def handler(event, context): pass"}))
    resources = {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.11",
                "Handler": "app.handler",
                "Role": role,
                "Code": {"S3Bucket": bucket, "S3Key": "code.zip"},
            },
        },
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
            },
        },
    }
    name = f"stack-{uuid.uuid4().hex[:8]}"
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    with pytest.raises(Exception, match="ROLLBACK"):
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 150}
        )
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    said = [event.get("ResourceStatusReason", "") for event in events if event["LogicalResourceId"] == "Mapping"]
    assert any("permissions to call ReceiveMessage on SQS" in reason for reason in said)


def test_without_the_permission_there_is_no_log(client: Client, function: Function, role: str) -> None:
    name = function("def handler(event, context): print('said')", Role=role)
    service, logs = client("lambda"), client("logs")
    service.invoke(FunctionName=name)
    assert logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"] == []
    grant(client, role, ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*")
    service.invoke(FunctionName=name)
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert [event["message"] for event in events].count("said") == 1


FAIL = "def handler(event, context): raise RuntimeError('asked to')"


def test_retries_and_destination_are_those_of_the_alias(
    client: Client, function: Function, role: str, queue: tuple[str, str]
) -> None:
    name = function(FAIL, Role=role)
    grant(client, role, ["sqs:SendMessage"], queue[1])
    service = client("lambda")
    service.publish_version(FunctionName=name)
    service.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    service.put_function_event_invoke_config(
        FunctionName=name,
        Qualifier="live",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue[1]}},
    )
    service.invoke(FunctionName=name, Qualifier="live", InvocationType="Event", Payload='{"a": 1}')
    received = client("sqs").receive_message(QueueUrl=queue[0], WaitTimeSeconds=10)["Messages"]
    body = json.loads(received[0]["Body"])
    assert body["requestPayload"] == {"a": 1}
    assert body["responsePayload"]["errorType"] == "RuntimeError"


def test_what_the_role_may_not_send_is_lost(
    client: Client, function: Function, role: str, queue: tuple[str, str]
) -> None:
    name = function(FAIL, Role=role)
    service, sqs = client("lambda"), client("sqs")
    service.put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": queue[1]}}
    )
    service.invoke(FunctionName=name, InvocationType="Event")
    assert "Messages" not in sqs.receive_message(QueueUrl=queue[0], WaitTimeSeconds=3)
    grant(client, role, ["sqs:SendMessage"], queue[1])
    service.invoke(FunctionName=name, InvocationType="Event")
    assert sqs.receive_message(QueueUrl=queue[0], WaitTimeSeconds=10)["Messages"]

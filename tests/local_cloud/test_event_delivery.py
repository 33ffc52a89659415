"""From a rule to its targets: input, roles, policies, retries, dead letters."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

PASSING = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass
class World:
    """Rules, queues, roles and state machines of one test, all named after it."""

    client: Callable[..., Any]
    name: str
    undo: list[Callable[[], Any]] = field(default_factory=list[Callable[[], Any]])

    def queue(self, suffix: str, *, open_to_rules: bool = True) -> tuple[str, str]:
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=f"{self.name}-{suffix}")["QueueUrl"]
        self.undo.append(lambda: sqs.delete_queue(QueueUrl=url))
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        if open_to_rules:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {
                    "ArnEquals": {"aws:SourceArn": f"arn:aws:events:us-east-1:000000000000:rule/{self.name}"}
                },
            }
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url, arn

    def role(self, service: str, **allowed: str) -> str:
        iam, name = self.client("iam"), f"{self.name}-{uuid.uuid4().hex[:8]}"
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
        self.undo.append(lambda: iam.delete_role(RoleName=name))
        for action, resource in allowed.items():
            statement = {"Effect": "Allow", "Action": action.replace("_", ":"), "Resource": resource}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=document)
            self.undo.append(lambda: iam.delete_role_policy(RoleName=name, PolicyName="allowed"))
        return arn

    def machine(self) -> dict[str, Any]:
        states, role = self.client("stepfunctions"), self.role("states.amazonaws.com")
        made = states.create_state_machine(name=self.name, definition=json.dumps(PASSING), roleArn=role, publish=True)
        self.undo.append(lambda: states.delete_state_machine(stateMachineArn=made["stateMachineArn"]))
        return made

    def rule(self, target: dict[str, Any], pattern: dict[str, Any] | None = None) -> str:
        events = self.client("events")
        arn = events.put_rule(Name=self.name, EventPattern=json.dumps(pattern or {"source": [self.name]}))["RuleArn"]
        events.put_targets(Rule=self.name, Targets=[{"Id": "target", **target}])
        self.undo.append(lambda: events.delete_rule(Name=self.name))
        self.undo.append(lambda: events.remove_targets(Rule=self.name, Ids=["target"]))
        return arn

    def put(self, **detail: Any) -> None:
        entry = {"Source": self.name, "DetailType": "Told", "Detail": json.dumps(detail), "Resources": ["r"]}
        assert self.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0

    def received(self, url: str, seconds: int = 10) -> list[dict[str, Any]]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            given = {"QueueUrl": url, "WaitTimeSeconds": 1, "MessageAttributeNames": ["All"]}
            messages = self.client("sqs").receive_message(**given).get("Messages")
            if messages:
                return messages
        return []


@pytest.fixture
def world(client: Callable[..., Any]) -> Iterator[World]:
    made = World(client, f"test-{uuid.uuid4().hex[:12]}")
    yield made
    for undo in reversed(made.undo):
        undo()


def started(world: World, arn: str) -> dict[str, Any]:
    states = world.client("stepfunctions")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        listed = states.list_executions(stateMachineArn=arn)["executions"]
        if listed:
            return states.describe_execution(executionArn=listed[0]["executionArn"])
        time.sleep(0.05)
    raise AssertionError("nothing was started")


def said(message: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


def test_a_rule_starts_the_version_that_an_alias_names(world: World) -> None:
    made = world.machine()
    version = made["stateMachineVersionArn"]
    alias = world.client("stepfunctions").create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
    )["stateMachineAliasArn"]
    role = world.role("events.amazonaws.com", states_StartExecution=made["stateMachineArn"])
    world.rule({"Arn": alias, "RoleArn": role})

    world.put(a=1)

    execution = started(world, made["stateMachineArn"])
    assert (execution["stateMachineAliasArn"], execution["stateMachineVersionArn"]) == (alias, version)
    event = json.loads(execution["input"])
    assert (event["source"], event["detail-type"], event["detail"]) == (world.name, "Told", {"a": 1})


def test_a_role_that_may_not_start_it_makes_a_dead_letter(world: World) -> None:
    made, (url, dead) = world.machine(), world.queue("dead")
    role = world.role("events.amazonaws.com", states_StartExecution=f"{made['stateMachineArn']}-other")
    arn = world.rule({"Arn": made["stateMachineArn"], "RoleArn": role, "DeadLetterConfig": {"Arn": dead}})

    world.put(a=1)

    message = world.received(url)[0]
    assert json.loads(message["Body"])["detail"] == {"a": 1}
    attributes = said(message)
    assert "states:StartExecution" in attributes.pop("ERROR_MESSAGE")
    assert attributes == {
        "RULE_ARN": arn,
        "TARGET_ARN": made["stateMachineArn"],
        "ERROR_CODE": "NO_PERMISSIONS",
        "RETRY_ATTEMPTS": "0",
    }
    assert world.client("stepfunctions").list_executions(stateMachineArn=made["stateMachineArn"])["executions"] == []


def test_a_role_that_eventbridge_may_not_assume_makes_a_dead_letter(world: World) -> None:
    made, (url, dead) = world.machine(), world.queue("dead")
    role = world.role("lambda.amazonaws.com", states_StartExecution="*")
    world.rule({"Arn": made["stateMachineArn"], "RoleArn": role, "DeadLetterConfig": {"Arn": dead}})

    world.put(a=1)

    assert said(world.received(url)[0])["ERROR_CODE"] == "NO_PERMISSIONS"


def test_a_state_machine_needs_a_role(world: World) -> None:
    made = world.machine()
    with pytest.raises(ClientError, match="RoleArn"):
        world.rule({"Arn": made["stateMachineArn"]})
    world.client("events").delete_rule(Name=world.name)


def test_a_target_that_is_gone_makes_a_dead_letter(world: World) -> None:
    gone = "arn:aws:sqs:us-east-1:000000000000:gone"
    url, dead = world.queue("dead")
    world.rule({"Arn": gone, "DeadLetterConfig": {"Arn": dead}})

    world.put()

    assert said(world.received(url)[0])["ERROR_CODE"] == "NO_RESOURCE"


def test_a_queue_must_allow_the_rule(world: World) -> None:
    closed_url, closed = world.queue("closed", open_to_rules=False)
    url, dead = world.queue("dead")
    world.rule({"Arn": closed, "DeadLetterConfig": {"Arn": dead}})

    world.put()

    assert said(world.received(url)[0])["ERROR_CODE"] == "NO_PERMISSIONS"
    assert world.received(closed_url, 1) == []


def test_a_dead_letter_queue_must_allow_the_rule_too(world: World) -> None:
    url, dead = world.queue("dead", open_to_rules=False)
    world.rule({"Arn": "arn:aws:sqs:us-east-1:000000000000:gone", "DeadLetterConfig": {"Arn": dead}})

    world.put()

    assert world.received(url, 1) == []


def test_the_input_of_a_target(world: World) -> None:
    url, arn = world.queue("target")
    events = world.client("events")
    world.rule({"Arn": arn})
    transformer = {
        "InputPathsMap": {"who": "$.detail.who", "all": "$.detail"},
        "InputTemplate": '{"who": "<who>", "all": <all>, "rule": "<aws.events.rule-name>"}',
    }
    cases: list[tuple[dict[str, Any], Any]] = [
        ({"InputPath": "$.detail.who"}, "me"),
        ({"Input": '{"fixed": true}'}, {"fixed": True}),
        ({"InputTransformer": transformer}, {"who": "me", "all": {"who": "me"}, "rule": world.name}),
    ]
    for given, expected in cases:
        events.put_targets(Rule=world.name, Targets=[{"Id": "target", "Arn": arn, **given}])
        world.put(who="me")
        message = world.received(url)[0]
        assert json.loads(message["Body"]) == expected
        world.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@pytest.mark.parametrize(
    ("pattern", "detail", "fits"),
    [
        ({"a": [{"prefix": "x"}]}, {"a": "xy"}, True),
        ({"a": [{"suffix": "y"}]}, {"a": "xz"}, False),
        ({"a": [{"wildcard": "releases/*.zip"}]}, {"a": "releases/s/1.zip"}, True),
        ({"a": [{"anything-but": ["x"]}]}, {"a": "x"}, False),
        ({"a": [{"numeric": [">", 1, "<=", 3]}]}, {"a": 3}, True),
        ({"a": [{"exists": False}]}, {"b": 1}, True),
        ({"$or": [{"a": [1]}, {"b": [1]}]}, {"b": 1}, True),
        ({"a": [{"equals-ignore-case": "ABC"}]}, {"a": "abc"}, True),
        ({"a": {"b": ["c"]}}, {"a": {"b": ["d", "c"]}}, True),
    ],
)
def test_patterns(client: Callable[..., Any], pattern: Any, detail: Any, fits: bool) -> None:
    event: dict[str, Any] = {
        "id": "1",
        "source": "s",
        "detail-type": "t",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    }
    answer = client("events").test_event_pattern(
        EventPattern=json.dumps({"source": ["s"], "detail": pattern}), Event=json.dumps(event)
    )
    assert answer["Result"] is fits

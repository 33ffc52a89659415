"""State machines for the contract tests of Step Functions: made, run to their end, and gone afterwards."""

from __future__ import annotations

import io
import json
import textwrap
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


@dataclass
class Workflows:
    """What a test does with Step Functions, in the administrator's name."""

    client: Callable[..., Any]
    role: str
    made: list[str] = field(default_factory=list[str])

    @property
    def states(self) -> Any:
        return self.client("stepfunctions")

    def create(self, definition: dict[str, Any], **more: Any) -> dict[str, Any]:
        given = {"name": f"machine-{uuid.uuid4()}", "definition": json.dumps(definition), "roleArn": self.role}
        answer = self.states.create_state_machine(**(given | more))
        self.made.append(answer["stateMachineArn"])
        return answer

    def start(self, arn: str, document: Any = None, **more: Any) -> str:
        return self.states.start_execution(stateMachineArn=arn, input=json.dumps(document or {}), **more)[
            "executionArn"
        ]

    def ended(self, execution: str, seconds: float = 20) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            described = self.states.describe_execution(executionArn=execution)
            if described["status"] in ENDED:
                return described
            time.sleep(0.02)
        raise AssertionError(f"{execution} has not ended within {seconds} s")

    def run(self, definition: dict[str, Any], document: Any = None, **more: Any) -> dict[str, Any]:
        """The description of an execution that has come to its end."""
        return self.ended(self.start(self.create(definition, **more)["stateMachineArn"], document))

    def output(self, definition: dict[str, Any], document: Any = None, **more: Any) -> Any:
        described = self.run(definition, document, **more)
        assert described["status"] == "SUCCEEDED", described
        return json.loads(described["output"])

    def history(self, execution: str) -> list[dict[str, Any]]:
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]

    def state(self, execution: str, kind: str, seconds: float = 20) -> dict[str, Any]:
        """The first event of that type, waited for."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for event in self.history(execution):
                if event["type"] == kind:
                    return event
            time.sleep(0.02)
        raise AssertionError(f"no {kind} within {seconds} s")


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def make_role(client: Callable[..., Any]) -> Iterator[Callable[..., str]]:
    """`make_role("states.amazonaws.com", {"states:StartExecution": "*"})` is the ARN of a role that may do that."""
    iam, made = client("iam"), list[str]()

    def make(service: str, allowed: dict[str, Any]) -> str:
        name = f"role-{uuid.uuid4()}"
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
        made.append(name)
        statements = [
            {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in allowed.items()
        ]
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=document)
        return arn

    yield make
    for name in made:
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


@pytest.fixture
def workflows(client: Callable[..., Any], make_role: Callable[..., str]) -> Iterator[Workflows]:
    """State machines whose role may do everything that these tests call."""
    actions = (
        "states:*",
        "events:*",
        "lambda:InvokeFunction",
        "dynamodb:*",
        "sqs:SendMessage",
        "cloudformation:*",
        "s3:*",
    )
    result = Workflows(client, make_role("states.amazonaws.com", dict.fromkeys(actions, "*")))
    yield result
    for arn in result.made:
        result.states.delete_state_machine(stateMachineArn=arn)


@pytest.fixture
def make_function(client: Callable[..., Any], make_role: Callable[..., str]) -> Iterator[Callable[..., str]]:
    """`make_function("return event")` is the ARN of a Python function with that body."""
    lambda_, made = client("lambda"), list[str]()
    role = make_role("lambda.amazonaws.com", {"states:SendTask*": "*", "logs:*": "*"})

    def make(body: str, **more: Any) -> str:
        source = f"def handler(event, context):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as code:
            code.writestr("index.py", source)
        given = {
            "FunctionName": f"function-{uuid.uuid4()}",
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Role": role,
            "Code": {"ZipFile": archive.getvalue()},
            "Timeout": 30,
        }
        arn = lambda_.create_function(**(given | more))["FunctionArn"]
        made.append(arn)
        lambda_.get_waiter("function_active_v2").wait(FunctionName=arn)
        return arn

    yield make
    for arn in made:
        lambda_.delete_function(FunctionName=arn)

"""Who may start which version of a state machine."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

PASSING: dict[str, Any] = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}


@pytest.fixture
def user(client: Callable[..., Any]) -> Iterator[Callable[[dict[str, Any]], Any]]:
    """`user(statement)` is a Step Functions client of somebody who may do what the statement allows."""
    iam, name = client("iam"), f"user-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]

    def make(statement: dict[str, Any]) -> Any:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
        iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=json.dumps(document))
        return client(
            "stepfunctions",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    yield make
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="allowed")
    iam.delete_user(UserName=name)


def test_a_permission_names_the_state_machine(workflows: Any, user: Any) -> None:
    made = workflows.create(PASSING, publish=True)
    theirs = user({"Action": "states:StartExecution", "Resource": made["stateMachineArn"]})

    theirs.start_execution(stateMachineArn=made["stateMachineArn"])
    theirs.start_execution(stateMachineArn=made["stateMachineVersionArn"])


def test_a_condition_narrows_it_to_a_version_or_alias(workflows: Any, user: Any) -> None:
    made = workflows.create(PASSING, publish=True)
    theirs = user(
        {
            "Action": "states:StartExecution",
            "Resource": made["stateMachineArn"],
            "Condition": {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": ["1"]}},
        }
    )

    theirs.start_execution(stateMachineArn=made["stateMachineVersionArn"])
    with pytest.raises(ClientError, match="AccessDenied"):
        theirs.start_execution(stateMachineArn=made["stateMachineArn"])

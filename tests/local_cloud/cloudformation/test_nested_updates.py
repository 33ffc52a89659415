"""A nested stack that is updated; the test would pass against AWS too."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

Client = Callable[..., Any]

pytestmark = pytest.mark.embedded
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def inner(number: int) -> dict[str, Any]:
    """A role that stays as it is, and a function that uses it and changes."""
    return {
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [TRUST]}},
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.11",
                    "Handler": "index.handler",
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Code": {"ZipFile": f"def handler(event, context): return {number}"},
                },
            },
        },
        "Outputs": {"Function": {"Value": {"Ref": "Function"}}, "Role": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }


def outer(url: str) -> dict[str, Any]:
    names = ("Function", "Role")
    return {
        "Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}},
        "Outputs": {name: {"Value": {"Fn::GetAtt": ["Inner", f"Outputs.{name}"]}} for name in names},
    }


def test_what_does_not_change_in_a_nested_stack_keeps_its_attributes(client: Client, stacks: Any) -> None:
    bucket = f"templates-{uuid.uuid4().hex[:10]}"
    client("s3").create_bucket(Bucket=bucket)

    def template(number: int) -> dict[str, Any]:
        client("s3").put_object(Bucket=bucket, Key=f"{number}.json", Body=json.dumps(inner(number)).encode())
        return outer(f"https://{bucket}.s3.us-east-1.amazonaws.com/{number}.json")

    name = stacks.create(template(1), Capabilities=["CAPABILITY_IAM"])
    assert stacks.status(name) == "CREATE_COMPLETE", stacks.failures(name)
    before = stacks.outputs(name)
    assert stacks.update(name, template(2), Capabilities=["CAPABILITY_IAM"]) == "UPDATE_COMPLETE", stacks.failures(name)
    assert stacks.outputs(name) == before
    answer = client("lambda").invoke(FunctionName=before["Function"])
    assert json.loads(answer["Payload"].read()) == 2

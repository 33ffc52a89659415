"""Versions of functions, and what refers to them, in a stack; every test would pass against AWS too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Client = Callable[..., Any]

pytestmark = pytest.mark.embedded
IAM = {"Capabilities": ["CAPABILITY_IAM"]}


def template(answer: int, version: str, alias_to: object = None) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    own = [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]}}]
    function = {
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": f"def handler(event, context): return {answer}"},
    }
    permission = {
        "FunctionName": {"Ref": "Alias"},
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
    }
    return {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                    "Policies": own,
                },
            },
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            version: {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
            "Alias": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {
                    "FunctionName": {"Ref": "Function"},
                    "FunctionVersion": alias_to or {"Fn::GetAtt": [version, "Version"]},
                    "Name": "live",
                },
            },
            "Permission": {"Type": "AWS::Lambda::Permission", "Properties": permission},
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {"FunctionName": {"Ref": "Alias"}, "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}},
            },
        },
        "Outputs": {"Version": {"Value": {"Ref": version}}, "Alias": {"Value": {"Ref": "Alias"}}},
    }


def versions(client: Client, function: str) -> list[str]:
    return [one["Version"] for one in client("lambda").list_versions_by_function(FunctionName=function)["Versions"]]


def test_what_refers_to_an_alias_refers_to_the_alias(client: Client, stacks: Any) -> None:
    name = stacks.create(template(1, "First"), **IAM)
    assert stacks.status(name) == "CREATE_COMPLETE", stacks.failures(name)
    function, outputs = stacks.physical_id(name, "Function"), stacks.outputs(name)
    assert outputs["Version"].endswith(f":function:{function}:1")
    assert outputs["Alias"].endswith(f":function:{function}:live")
    policy = json.loads(client("lambda").get_policy(FunctionName=function, Qualifier="live")["Policy"])
    assert [one["Resource"] for one in policy["Statement"]] == [outputs["Alias"]]
    mapping = client("lambda").get_event_source_mapping(UUID=stacks.physical_id(name, "Mapping"))
    assert mapping["FunctionArn"] == outputs["Alias"]


def test_a_new_logical_id_publishes_the_new_code_and_the_old_version_goes(client: Client, stacks: Any) -> None:
    name = stacks.create(template(1, "First"), **IAM)
    function = stacks.physical_id(name, "Function")
    assert stacks.update(name, template(2, "Second"), **IAM) == "UPDATE_COMPLETE"
    assert versions(client, function) == ["$LATEST", "2"]
    invoked = client("lambda").invoke(FunctionName=function, Qualifier="live")
    assert json.loads(invoked["Payload"].read()) == 2


def test_a_new_version_needs_new_code(client: Client, stacks: Any) -> None:
    name = stacks.create(template(1, "First"), **IAM)
    assert stacks.update(name, template(1, "Second"), **IAM) == "UPDATE_ROLLBACK_COMPLETE"
    assert any("A version for this Lambda function exists ( 1 )" in reason for reason in stacks.failures(name))
    assert versions(client, stacks.physical_id(name, "Function")) == ["$LATEST", "1"]


def test_a_version_that_takes_traffic_is_not_cleaned_up(client: Client, stacks: Any) -> None:
    name = stacks.create(template(1, "First"), **IAM)
    function = stacks.physical_id(name, "Function")
    assert stacks.update(name, template(2, "Second", "1"), **IAM) == "UPDATE_COMPLETE"
    assert any("referenced by an alias" in reason for reason in stacks.failures(name))
    assert versions(client, function) == ["$LATEST", "1", "2"]
    invoked = client("lambda").invoke(FunctionName=function, Qualifier="live")
    assert json.loads(invoked["Payload"].read()) == 1
    stacks.delete(name)


def test_an_alias_to_a_version_that_is_not_there_fails(stacks: Any) -> None:
    name = stacks.create(template(1, "First", "7"), **IAM)
    assert stacks.status(name) == "ROLLBACK_COMPLETE"
    assert any("Function not found" in reason for reason in stacks.failures(name))

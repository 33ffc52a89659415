"""Drift of what people change by hand in serverless stacks; every test would pass against AWS too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Client = Callable[..., Any]

pytestmark = pytest.mark.embedded
IAM = {"Capabilities": ["CAPABILITY_IAM"]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def policy(*actions: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
    }


def template() -> dict[str, Any]:
    receive = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    own = [{"PolicyName": "own", "PolicyDocument": policy(*receive)}]
    function = {
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "def handler(event, context): return 1"},
        "Environment": {"Variables": {"WORD": "{{resolve:secretsmanager:drift-word:SecretString:word}}"}},
    }
    return {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Description": "a word"}},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": own}},
            "More": {
                "Type": "AWS::IAM::Policy",
                "Properties": {
                    "PolicyName": "more",
                    "PolicyDocument": policy("s3:GetObject"),
                    "Roles": [{"Ref": "Role"}],
                },
            },
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
            "Alias": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {
                    "FunctionName": {"Ref": "Function"},
                    "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
                    "Name": "live",
                },
            },
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "FunctionName": {"Ref": "Alias"},
                    "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                    "BatchSize": 5,
                    "Enabled": True,
                },
                "DependsOn": "More",
            },
        }
    }


@pytest.fixture
def stack(client: Client, stacks: Any) -> str:
    names = [one["Name"] for one in client("secretsmanager").list_secrets()["SecretList"]]
    if "drift-word" not in names:
        client("secretsmanager").create_secret(Name="drift-word", SecretString=json.dumps({"word": "open sesame"}))
    name = stacks.create(template(), **IAM)
    assert stacks.status(name) == "CREATE_COMPLETE", stacks.failures(name)
    return name


def drift(stacks: Any, name: str) -> dict[str, dict[str, Any]]:
    service = stacks.service
    detection = service.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    while True:
        status = service.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        if status["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
    found = service.describe_stack_resource_drifts(StackName=name)["StackResourceDrifts"]
    return {one["LogicalResourceId"]: one for one in found}


def differences(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    listed = found.get("PropertyDifferences", [])
    return [(one["PropertyPath"], one["ExpectedValue"], one["ActualValue"]) for one in listed]


def test_nothing_has_drifted_in_a_fresh_stack(stacks: Any, stack: str) -> None:
    found = drift(stacks, stack)
    assert found.keys() >= {"Role", "More", "Function", "Version", "Alias", "Mapping", "Secret"}
    assert {name: one["StackResourceDriftStatus"] for name, one in found.items()} == dict.fromkeys(found, "IN_SYNC")


def test_changes_by_hand_are_found_with_both_values(client: Client, stacks: Any, stack: str) -> None:
    lambda_, iam = client("lambda"), client("iam")
    function, role = stacks.physical_id(stack, "Function"), stacks.physical_id(stack, "Role")
    lambda_.update_event_source_mapping(UUID=stacks.physical_id(stack, "Mapping"), BatchSize=7)
    lambda_.update_function_configuration(FunctionName=function, Description="by hand")
    lambda_.publish_version(FunctionName=function)
    lambda_.update_alias(FunctionName=function, Name="live", FunctionVersion="2")
    iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=json.dumps(policy("*")))
    iam.put_role_policy(RoleName=role, PolicyName="more", PolicyDocument=json.dumps(policy("s3:*")))
    found = drift(stacks, stack)
    assert differences(found["Mapping"]) == [("/BatchSize", "5", "7")]
    assert differences(found["Alias"]) == [("/FunctionVersion", "1", "2")]
    paths = {path for path, _, _ in differences(found["Role"])}
    assert paths
    assert all(path.startswith("/Policies/0/PolicyDocument/Statement/0/Action") for path in paths)
    assert ("/PolicyDocument/Statement/0/Action/0", "s3:GetObject", "s3:*") in differences(found["More"])
    assert found["Version"]["StackResourceDriftStatus"] == "IN_SYNC"


def test_what_was_deleted_by_hand_is_deleted(client: Client, stacks: Any, stack: str) -> None:
    client("lambda").delete_event_source_mapping(UUID=stacks.physical_id(stack, "Mapping"))
    client("iam").delete_role_policy(RoleName=stacks.physical_id(stack, "Role"), PolicyName="more")
    found = drift(stacks, stack)
    assert found["Mapping"]["StackResourceDriftStatus"] == "DELETED"
    assert found["More"]["StackResourceDriftStatus"] == "DELETED"
    assert found["Role"]["StackResourceDriftStatus"] == "IN_SYNC"


def test_secrets_stay_references(client: Client, stacks: Any, stack: str) -> None:
    function = stacks.physical_id(stack, "Function")
    assert "open sesame" not in json.dumps(drift(stacks, stack), default=str)
    changed = {"Variables": {"WORD": "open sesame", "MORE": "1"}}
    client("lambda").update_function_configuration(FunctionName=function, Environment=changed)
    found = drift(stacks, stack)["Function"]
    assert "open sesame" not in json.dumps(found, default=str)
    assert [path for path, _, _ in differences(found)] == ["/Environment/Variables/MORE"]

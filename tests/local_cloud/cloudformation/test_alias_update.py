"""Aliases with `CodeDeployLambdaAliasUpdate` move through CodeDeploy; every test would pass against AWS too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Client = Callable[..., Any]

pytestmark = pytest.mark.embedded
IAM = {"Capabilities": ["CAPABILITY_IAM"]}
HOOK = """
import boto3
def handler(event, context):
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="Failed",
    )
"""


def role(service: str, *actions: str) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [
                {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]}},
            ],
        },
    }


def function(code: str, of: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": [of, "Arn"]},
            "Code": {"ZipFile": code},
        },
    }


def template(number: int, configuration: str, **hooks: Any) -> dict[str, Any]:
    retained = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    group = {
        "ApplicationName": {"Ref": "Application"},
        "ServiceRoleArn": {"Fn::GetAtt": ["DeployRole", "Arn"]},
        "DeploymentConfigName": f"CodeDeployDefault.Lambda{configuration}",
        "DeploymentStyle": {"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"},
    }
    actions = ("lambda:GetAlias", "lambda:UpdateAlias", "lambda:InvokeFunction")
    shift = {"ApplicationName": {"Ref": "Application"}, "DeploymentGroupName": {"Ref": "Group"}, **hooks}
    return {
        "Resources": {
            "DeployRole": role("codedeploy.amazonaws.com", *actions),
            "HookRole": role("lambda.amazonaws.com", "codedeploy:PutLifecycleEventHookExecutionStatus"),
            "Hook": function(HOOK, "HookRole"),
            "Function": function(f"def handler(event, context): return {number}", "HookRole"),
            f"Version{number}": {
                "Type": "AWS::Lambda::Version",
                "Properties": {"FunctionName": {"Ref": "Function"}},
                **retained,
            },
            "Application": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Lambda"}},
            "Group": {"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": group},
            "ALive": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {
                    "FunctionName": {"Ref": "Function"},
                    "FunctionVersion": {"Fn::GetAtt": [f"Version{number}", "Version"]},
                    "Name": "live",
                },
                "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": shift},
            },
        }
    }


def alias(client: Client, stacks: Any, name: str) -> tuple[str, dict[str, float]]:
    found = client("lambda").get_alias(FunctionName=stacks.physical_id(name, "Function"), Name="live")
    return found["FunctionVersion"], found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})


def deployments(client: Client, stacks: Any, name: str) -> list[dict[str, Any]]:
    codedeploy = client("codedeploy")
    listed = codedeploy.list_deployments(
        applicationName=stacks.physical_id(name, "Application"), deploymentGroupName=stacks.physical_id(name, "Group")
    )["deployments"]
    return [codedeploy.get_deployment(deploymentId=one)["deploymentInfo"] for one in listed]


def test_the_update_waits_for_the_shift(client: Client, stacks: Any) -> None:
    name = stacks.create(template(1, "Canary10Percent5Minutes"), **IAM)
    assert stacks.status(name) == "CREATE_COMPLETE", stacks.failures(name)
    assert alias(client, stacks, name) == ("1", {})
    assert deployments(client, stacks, name) == []
    body = json.dumps(template(2, "Canary10Percent5Minutes"))
    stacks.service.update_stack(StackName=name, TemplateBody=body, **IAM)
    seen: list[Any] = []
    while stacks.status(name).endswith("IN_PROGRESS"):
        seen.append(alias(client, stacks, name))
    assert stacks.status(name) == "UPDATE_COMPLETE", stacks.failures(name)
    assert ("1", {"2": 0.1}) in seen
    assert alias(client, stacks, name) == ("2", {})
    (deployment,) = deployments(client, stacks, name)
    assert (deployment["status"], deployment["creator"]) == ("Succeeded", "CloudFormation")
    versions = client("lambda").list_versions_by_function(FunctionName=stacks.physical_id(name, "Function"))["Versions"]
    assert [one["Version"] for one in versions] == ["$LATEST", "1", "2"]


def test_a_deployment_that_fails_rolls_the_stack_back(client: Client, stacks: Any) -> None:
    name = stacks.create(template(1, "AllAtOnce"), **IAM)
    failing = template(2, "AllAtOnce", AfterAllowTrafficHook={"Ref": "Hook"})
    assert stacks.update(name, failing, **IAM) == "UPDATE_ROLLBACK_COMPLETE"
    assert any("did not succeed" in reason for reason in stacks.failures(name))
    assert alias(client, stacks, name) == ("1", {})
    (deployment,) = deployments(client, stacks, name)
    assert deployment["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    invoked = client("lambda").invoke(FunctionName=stacks.physical_id(name, "Function"))
    assert json.loads(invoked["Payload"].read()) == 1


def test_a_rollback_for_another_reason_moves_the_alias_back(client: Client, stacks: Any) -> None:
    name = stacks.create(template(1, "AllAtOnce"), **IAM)
    failing = template(2, "AllAtOnce")
    failing["Resources"]["ZBroken"] = {
        "Type": "AWS::SQS::Queue",
        "Properties": {"DelaySeconds": 100000},
        "DependsOn": "ALive",
    }
    assert stacks.update(name, failing, **IAM) == "UPDATE_ROLLBACK_COMPLETE"
    assert alias(client, stacks, name) == ("1", {})

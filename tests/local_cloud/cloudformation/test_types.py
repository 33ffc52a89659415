"""Resource types added to the embedded CloudFormation; every test would pass against AWS too."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

Client = Callable[..., Any]

pytestmark = pytest.mark.embedded
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["codedeploy.amazonaws.com", "states.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
IAM = {"Capabilities": ["CAPABILITY_IAM"]}


def machine(result: str) -> dict[str, Any]:
    states = {"S": {"Type": "Pass", "Result": result, "End": True}}
    properties = {
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "DefinitionString": json.dumps({"StartAt": "S", "States": states}),
    }
    return {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}


def version(**given: Any) -> dict[str, Any]:
    properties = {
        "StateMachineArn": {"Ref": "Machine"},
        "StateMachineRevisionId": {"Fn::GetAtt": ["Machine", "StateMachineRevisionId"]},
    }
    return {"Type": "AWS::StepFunctions::StateMachineVersion", "Properties": properties, **given}


def machine_template(result: str, **alias: Any) -> dict[str, Any]:
    return {
        "Resources": {
            "Role": ROLE,
            "Machine": machine(result),
            "Version": version(DeletionPolicy="Retain", UpdateReplacePolicy="Retain"),
            "Alias": {
                "Type": "AWS::StepFunctions::StateMachineAlias",
                "Properties": {
                    "Name": "live",
                    **(
                        alias
                        or {"RoutingConfiguration": [{"StateMachineVersionArn": {"Ref": "Version"}, "Weight": 100}]}
                    ),
                },
            },
        },
        "Outputs": {
            "Machine": {"Value": {"Ref": "Machine"}},
            "Version": {"Value": {"Ref": "Version"}},
            "VersionArn": {"Value": {"Fn::GetAtt": ["Version", "Arn"]}},
            "Alias": {"Value": {"Ref": "Alias"}},
            "AliasArn": {"Value": {"Fn::GetAtt": ["Alias", "Arn"]}},
        },
    }


def test_a_version_follows_the_revision_and_the_alias_follows_the_version(client: Client, stacks: Any) -> None:
    name = stacks.create(machine_template("one"), **IAM)
    first = stacks.outputs(name)
    assert first["Version"] == first["VersionArn"] == first["Machine"] + ":1"
    assert first["Alias"] == first["AliasArn"] == first["Machine"] + ":live"
    assert stacks.update(name, machine_template("two"), **IAM) == "UPDATE_COMPLETE"
    second = stacks.outputs(name)
    assert second["Version"] == first["Machine"] + ":2"
    states = client("stepfunctions")
    routes = states.describe_state_machine_alias(stateMachineAliasArn=second["Alias"])["routingConfiguration"]
    assert routes == [{"stateMachineVersionArn": second["Version"], "weight": 100}]
    kept = states.list_state_machine_versions(stateMachineArn=first["Machine"])["stateMachineVersions"]
    assert {item["stateMachineVersionArn"][-2:] for item in kept} == {":1", ":2"}
    for expected, arn in [('"one"', first["Version"]), ('"two"', second["Alias"])]:
        execution = states.start_execution(stateMachineArn=arn)["executionArn"]
        while (described := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            pass
        assert described["output"] == expected


def test_publishing_the_same_revision_again_is_the_same_version(client: Client, stacks: Any) -> None:
    name = stacks.create({"Resources": {"Role": ROLE, "Machine": machine("one"), "Version": version()}}, **IAM)
    arn = stacks.physical_id(name, "Machine")
    states = client("stepfunctions")
    assert states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"] == f"{arn}:1"
    other = states.publish_state_machine_version(stateMachineArn=arn, description="other")
    assert other["stateMachineVersionArn"] == f"{arn}:2"


def test_a_deployment_preference_shifts_the_alias_to_the_new_version(client: Client, stacks: Any) -> None:
    preference = {"StateMachineVersionArn": {"Ref": "Version"}, "Type": "CANARY", "Percentage": 20, "Interval": 2}
    name = stacks.create(machine_template("one", DeploymentPreference=preference), **IAM)
    alias = stacks.outputs(name)["Alias"]
    body = json.dumps(machine_template("two", DeploymentPreference=preference))
    stacks.service.update_stack(StackName=name, TemplateBody=body, **IAM)
    seen: set[tuple[int, ...]] = set()
    while stacks.status(name).endswith("IN_PROGRESS"):
        described = client("stepfunctions").describe_state_machine_alias(stateMachineAliasArn=alias)
        seen.add(tuple(sorted(route["weight"] for route in described["routingConfiguration"])))
    assert stacks.status(name) == "UPDATE_COMPLETE"
    assert (20, 80) in seen
    described = client("stepfunctions").describe_state_machine_alias(stateMachineAliasArn=alias)
    assert described["routingConfiguration"] == [
        {"stateMachineVersionArn": stacks.outputs(name)["Version"], "weight": 100}
    ]


def test_codedeploy_is_declared_updated_and_removed_with_its_stack(client: Client, stacks: Any) -> None:
    def template(minutes: int, alarm: str) -> dict[str, Any]:
        routing = {
            "Type": "TimeBasedCanary",
            "TimeBasedCanary": {"CanaryPercentage": "10", "CanaryInterval": str(minutes)},
        }
        return {
            "Resources": {
                "Role": ROLE,
                "Application": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Lambda"}},
                "Configuration": {
                    "Type": "AWS::CodeDeploy::DeploymentConfig",
                    "Properties": {"ComputePlatform": "Lambda", "TrafficRoutingConfig": routing},
                },
                "Group": {
                    "Type": "AWS::CodeDeploy::DeploymentGroup",
                    "Properties": {
                        "ApplicationName": {"Ref": "Application"},
                        "ServiceRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                        "DeploymentConfigName": {"Ref": "Configuration"},
                        "DeploymentStyle": {
                            "DeploymentType": "BLUE_GREEN",
                            "DeploymentOption": "WITH_TRAFFIC_CONTROL",
                        },
                        "AlarmConfiguration": {"Enabled": "true", "Alarms": [{"Name": alarm}]},
                        "AutoRollbackConfiguration": {"Enabled": True, "Events": ["DEPLOYMENT_FAILURE"]},
                    },
                },
            }
        }

    name = stacks.create(template(5, "first"), **IAM, Tags=[{"Key": "team", "Value": "orders"}])
    assert stacks.status(name) == "CREATE_COMPLETE", stacks.failures(name)
    application, group = stacks.physical_id(name, "Application"), stacks.physical_id(name, "Group")
    codedeploy = client("codedeploy")
    names = {"applicationName": application, "deploymentGroupName": group}
    info = codedeploy.get_deployment_group(**names)["deploymentGroupInfo"]
    assert info["alarmConfiguration"]["alarms"] == [{"name": "first"}]
    assert info["autoRollbackConfiguration"] == {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]}
    arn = f"arn:aws:codedeploy:us-east-1:000000000000:application:{application}"
    assert {"Key": "team", "Value": "orders"} in codedeploy.list_tags_for_resource(ResourceArn=arn)["Tags"]
    old = info["deploymentConfigName"]
    assert stacks.update(name, template(7, "second"), **IAM) == "UPDATE_COMPLETE", stacks.failures(name)
    info = codedeploy.get_deployment_group(**names)["deploymentGroupInfo"]
    assert info["alarmConfiguration"]["alarms"] == [{"name": "second"}]
    new = info["deploymentConfigName"]
    assert new != old
    routing = codedeploy.get_deployment_config(deploymentConfigName=new)["deploymentConfigInfo"]["trafficRoutingConfig"]
    assert routing["timeBasedCanary"] == {"canaryPercentage": 10, "canaryInterval": 7}
    assert old not in codedeploy.list_deployment_configs()["deploymentConfigsList"]
    stacks.delete(name)
    assert application not in codedeploy.list_applications()["applications"]
    assert new not in codedeploy.list_deployment_configs()["deploymentConfigsList"]


def test_a_bus_keeps_an_archive_and_a_policy(client: Client, stacks: Any) -> None:
    bus = f"bus-{uuid.uuid4().hex[:8]}"

    def template(days: int) -> dict[str, Any]:
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            "Action": "events:PutEvents",
            "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
        }
        return {
            "Resources": {
                "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": bus}},
                "Archive": {
                    "Type": "AWS::Events::Archive",
                    "Properties": {
                        "SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]},
                        "RetentionDays": days,
                        "EventPattern": {"source": ["towpath"]},
                    },
                },
                "Policy": {
                    "Type": "AWS::Events::EventBusPolicy",
                    "Properties": {"EventBusName": {"Ref": "Bus"}, "StatementId": "others", "Statement": statement},
                },
            },
            "Outputs": {"Archive": {"Value": {"Fn::GetAtt": ["Archive", "Arn"]}}},
        }

    name = stacks.create(template(30))
    assert stacks.status(name) == "CREATE_COMPLETE", stacks.failures(name)
    archive = stacks.physical_id(name, "Archive")
    assert stacks.outputs(name)["Archive"].endswith(f":archive/{archive}")
    events = client("events")
    assert events.describe_archive(ArchiveName=archive)["RetentionDays"] == 30
    policy = json.loads(events.describe_event_bus(Name=bus)["Policy"])
    assert [(one["Sid"], one["Principal"]) for one in policy["Statement"]] == [
        ("others", {"AWS": "arn:aws:iam::111111111111:root"})
    ]
    assert stacks.update(name, template(60)) == "UPDATE_COMPLETE"
    described = events.describe_archive(ArchiveName=archive)
    assert described["RetentionDays"] == 60
    assert json.loads(described["EventPattern"]) == {"source": ["towpath"]}
    stacks.delete(name)
    assert archive not in [item["ArchiveName"] for item in events.list_archives()["Archives"]]


def test_a_composite_alarm_follows_its_rule(client: Client, stacks: Any) -> None:
    def template(rule: str) -> dict[str, Any]:
        metric = {
            "Namespace": "None",
            "MetricName": uuid.uuid4().hex,
            "Statistic": "Sum",
            "Period": 86400,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "ignore",
        }
        return {
            "Resources": {
                "Child": {"Type": "AWS::CloudWatch::Alarm", "Properties": metric},
                "Composite": {
                    "Type": "AWS::CloudWatch::CompositeAlarm",
                    "Properties": {"AlarmRule": {"Fn::Sub": rule}},
                },
            }
        }

    name = stacks.create(template("ALARM(${Child})"))
    assert stacks.status(name) == "CREATE_COMPLETE", stacks.failures(name)
    composite = stacks.physical_id(name, "Composite")
    cloudwatch = client("cloudwatch")

    def state() -> str:
        found = cloudwatch.describe_alarms(AlarmNames=[composite], AlarmTypes=["CompositeAlarm"])
        return found["CompositeAlarms"][0]["StateValue"]

    assert state() == "OK"
    cloudwatch.set_alarm_state(AlarmName=stacks.physical_id(name, "Child"), StateValue="ALARM", StateReason="test")
    assert state() == "ALARM"
    stacks.delete(name)
    assert cloudwatch.describe_alarms(AlarmNames=[composite], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"] == []


def test_an_api_stays_the_same_when_its_body_changes(client: Client, stacks: Any) -> None:
    def template(*paths: str) -> dict[str, Any]:
        operation = {"get": {"responses": {"200": {"description": "ok"}}}}
        body = {
            "openapi": "3.0.1",
            "info": {"title": "api", "version": "1"},
            "paths": dict.fromkeys(paths, operation),
        }
        api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api", "Body": body}}
        return {"Resources": {"Api": api}, "Outputs": {"Root": {"Value": {"Fn::GetAtt": ["Api", "RootResourceId"]}}}}

    name = stacks.create(template("/", "/old/thing"))
    api, root = stacks.physical_id(name, "Api"), stacks.outputs(name)["Root"]
    assert stacks.update(name, template("/new")) == "UPDATE_COMPLETE"
    assert (stacks.physical_id(name, "Api"), stacks.outputs(name)["Root"]) == (api, root)
    resources = client("apigateway").get_resources(restApiId=api)["items"]
    assert {one["path"]: sorted(one.get("resourceMethods", {})) for one in resources} == {"/": [], "/new": ["GET"]}


def test_a_deployment_of_an_http_api_is_a_resource(client: Client, stacks: Any) -> None:
    resources = {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "api", "ProtocolType": "HTTP"}},
        "Route": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "GET /"}},
        "Deployment": {
            "Type": "AWS::ApiGatewayV2::Deployment",
            "Properties": {"ApiId": {"Ref": "Api"}},
            "DependsOn": "Route",
        },
    }
    name = stacks.create({"Resources": resources})
    assert stacks.status(name) == "CREATE_COMPLETE", stacks.failures(name)
    api, deployment = stacks.physical_id(name, "Api"), stacks.physical_id(name, "Deployment")
    found = client("apigatewayv2").get_deployment(ApiId=api, DeploymentId=deployment)
    assert found["DeploymentStatus"] == "DEPLOYED"
    stacks.delete(name)

"""What CloudFormation refuses, at once or while it deploys; every test would pass against AWS too."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]

pytestmark = pytest.mark.embedded
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def refusal(stacks: Any, template: object, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        stacks.service.create_stack(StackName=stacks.fresh_name(), TemplateBody=json.dumps(template), **given)
    answer = cast(Any, error.value.response)["Error"]
    return answer["Code"], answer["Message"]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({}, "At least one Resources member must be defined"),
        ({"Resources": {}}, "At least one Resources member must be defined"),
        (
            {"Resources": {"A": queue(QueueName={"Ref": "Nope"})}},
            "Unresolved resource dependencies [Nope] in the Resources block",
        ),
        (
            {"Resources": {"A": queue(QueueName={"Fn::Sub": "x-${Nope.Arn}"})}},
            "Unresolved resource dependencies [Nope] in the Resources block",
        ),
        (
            {"Resources": {"A": queue()}, "Outputs": {"B": {"Value": {"Fn::GetAtt": ["Nope", "Arn"]}}}},
            "Unresolved resource dependencies [Nope] in the Outputs block",
        ),
        ({"Resources": {"A": queue() | {"Condition": "Nope"}}}, "Unresolved condition dependency Nope"),
        ({"Resources": {"A": queue() | {"DependsOn": ["Nope"]}}}, "Unresolved resource dependencies [Nope]"),
        (
            {"Resources": {"A": queue(QueueName={"Ref": "B"}), "B": queue() | {"DependsOn": "A"}}},
            "Circular dependency between resources: [A, B]",
        ),
        ({"Resources": {"A": {"Type": "AWS::No::Such"}}}, "Unrecognized resource types: [AWS::No::Such]"),
    ],
)
def test_a_template_that_cannot_work_makes_no_stack(stacks: Any, template: object, message: str) -> None:
    code, said = refusal(stacks, template)
    assert code == "ValidationError"
    assert message in said


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Parameters: [Kind, Size] must have values"),
        ({"Kind": "other", "Size": "1"}, "Parameter 'Kind' must be one of AllowedValues"),
        ({"Kind": "big", "Size": "one"}, "Parameter 'Size' must be a number"),
        ({"Kind": "big", "Size": "9"}, "Parameter 'Size' must be a number not greater than 5"),
        ({"Kind": "big", "Size": "1", "Name": "UPPER"}, "Name"),
        ({"Kind": "big", "Size": "1", "Extra": "1"}, "Parameters: [Extra] do not exist in the template"),
    ],
)
def test_parameters_are_given_known_and_allowed(stacks: Any, given: dict[str, str], message: str) -> None:
    template = {
        "Parameters": {
            "Kind": {"Type": "String", "AllowedValues": ["big", "small"]},
            "Size": {"Type": "Number", "MinValue": 1, "MaxValue": 5},
            "Name": {"Type": "String", "AllowedPattern": "[a-z]+", "Default": "name"},
        },
        "Resources": {"Queue": queue()},
    }
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    code, said = refusal(stacks, template, Parameters=parameters)
    assert code == "ValidationError"
    assert message in said


def test_capabilities_are_asked_for(stacks: Any) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
    named = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, "RoleName": "n"}}
    sam = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Queue": queue()}}
    insufficient = "InsufficientCapabilitiesException"
    assert refusal(stacks, {"Resources": {"R": role}}) == (insufficient, "Requires capabilities : [CAPABILITY_IAM]")
    only_iam = {"Capabilities": ["CAPABILITY_IAM"]}
    assert refusal(stacks, {"Resources": {"R": named}}, **only_iam) == (
        insufficient,
        "Requires capabilities : [CAPABILITY_NAMED_IAM]",
    )
    assert refusal(stacks, sam)[1] == "Requires capabilities : [CAPABILITY_AUTO_EXPAND]"
    with pytest.raises(ClientError, match=insufficient):
        stacks.change_set(stacks.fresh_name(), {"Resources": {"R": role}}, "CREATE")
    name = stacks.create({"Resources": {"Queue": queue()}})
    with pytest.raises(ClientError, match=insufficient):
        stacks.update(name, {"Resources": {"R": role}})
    assert stacks.status(name) == "CREATE_COMPLETE"
    assert stacks.update(name, {"Resources": {"R": role}}, **only_iam) == "UPDATE_COMPLETE"


@pytest.mark.parametrize(
    ("resource_type", "member", "more"),
    [
        ("AWS::SQS::Queue", "QueueName", {}),
        ("AWS::SNS::Topic", "TopicName", {}),
        ("AWS::Logs::LogGroup", "LogGroupName", {}),
        ("AWS::Events::EventBus", "Name", {}),
        ("AWS::SecretsManager::Secret", "Name", {}),
        ("AWS::SSM::Parameter", "Name", {"Type": "String", "Value": "v"}),
        ("AWS::IAM::Role", "RoleName", {"AssumeRolePolicyDocument": TRUST}),
    ],
)
def test_a_taken_name_fails_and_what_has_it_stays(
    stacks: Any, resource_type: str, member: str, more: dict[str, Any]
) -> None:
    named = {"Type": resource_type, "Properties": {member: f"n-{uuid.uuid4().hex[:8]}", **more}}
    given = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}
    name = stacks.create({"Resources": {"First": named}}, **given)
    before = stacks.physical_id(name, "First")
    assert stacks.update(name, {"Resources": {"Second": named}}, **given) == "UPDATE_ROLLBACK_COMPLETE"
    assert any("already exists" in reason for reason in stacks.failures(name))
    assert stacks.physical_id(name, "First") == before
    other = stacks.create({"Resources": {"First": named}}, **given)
    assert stacks.status(other) == "ROLLBACK_COMPLETE"
    changed = {"Resources": {"First": named | {"DeletionPolicy": "Retain"}}}
    assert stacks.update(name, changed, **given) == "UPDATE_COMPLETE"
    stacks.delete(name)
    again = stacks.create({"Resources": {"First": named}}, **given)
    assert stacks.status(again) == "ROLLBACK_COMPLETE"
    assert any("already exists" in reason for reason in stacks.failures(again))


def test_a_property_that_is_unknown_or_missing_fails_its_resource(stacks: Any) -> None:
    unknown = stacks.create({"Resources": {"A": queue(Colour="blue")}})
    assert stacks.status(unknown) == "ROLLBACK_COMPLETE"
    assert any("extraneous key [Colour] is not permitted" in reason for reason in stacks.failures(unknown))
    name = stacks.create({"Resources": {"A": queue()}})
    broken = {"Resources": {"A": queue(), "B": {"Type": "AWS::SNS::Subscription", "Properties": {"Protocol": "sqs"}}}}
    assert stacks.update(name, broken) == "UPDATE_ROLLBACK_COMPLETE"
    assert any("required key [TopicArn] not found" in reason for reason in stacks.failures(name))


def test_code_that_is_not_in_its_bucket_fails_the_function(client: Client, stacks: Any, function_role: str) -> None:
    bucket = f"b-{uuid.uuid4().hex[:12]}"

    def template(code: dict[str, str]) -> dict[str, Any]:
        properties = {"Runtime": "python3.11", "Handler": "app.handler", "Role": function_role, "Code": code}
        return {"Resources": {"Function": {"Type": "AWS::Lambda::Function", "Properties": properties}}}

    missing = template({"S3Bucket": bucket, "S3Key": "code.zip"})
    name = stacks.create(missing)
    assert stacks.status(name) == "ROLLBACK_COMPLETE"
    assert any("S3 Error Code: NoSuchBucket" in reason for reason in stacks.failures(name))
    client("s3").create_bucket(Bucket=bucket)
    name = stacks.create(missing)
    assert any("S3 Error Code: NoSuchKey" in reason for reason in stacks.failures(name))
    inline = template({"ZipFile": "def handler(event, context): return 1"})
    name = stacks.create(inline)
    assert stacks.update(name, missing) == "UPDATE_ROLLBACK_COMPLETE"
    invoked = client("lambda").invoke(FunctionName=stacks.physical_id(name, "Function"))
    assert json.loads(invoked["Payload"].read()) == 1


def test_a_failed_creation_keeps_the_name_until_it_is_deleted(stacks: Any) -> None:
    name = stacks.create({"Resources": {"A": queue(DelaySeconds=100000)}})
    assert stacks.status(name) == "ROLLBACK_COMPLETE"
    body = json.dumps({"Resources": {"A": queue()}})
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        stacks.service.create_stack(StackName=name, TemplateBody=body)
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        stacks.service.update_stack(StackName=name, TemplateBody=body)
    stacks.delete(name)
    stacks.create({"Resources": {"A": queue()}}, name)
    assert stacks.status(name) == "CREATE_COMPLETE"


def test_an_update_without_a_change_is_refused(stacks: Any) -> None:
    template = {"Resources": {"A": queue()}}
    name = stacks.create(template)
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        stacks.update(name, template)


def test_a_stack_describes_itself_as_the_template_it_ended_with(stacks: Any) -> None:
    def template(description: str, **more: Any) -> dict[str, Any]:
        return {"Description": description, "Resources": {"A": queue(), **more}}

    name = stacks.create(template("first"))
    assert stacks.update(name, template("second", B=queue(DelaySeconds=-1))) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.describe(name)["Description"] == "first"
    assert stacks.execute(stacks.change_set(name, template("third", B=queue()))) == "UPDATE_COMPLETE"
    assert stacks.describe(name)["Description"] == "third"

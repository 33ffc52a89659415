"""Conditions, parameters, nested stacks, SAM, and templates written to break things."""

import json
import random
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.privilege.gathering.templates import (
    READ,
    WRITE,
    Json,
    answer,
    compared,
    resource,
    role,
    template,
)
from towpath.privilege import compare_templates
from towpath.template.error import TemplateError
from towpath.template.loading import load_template

STAGE: Json = {"Parameters": {"Stage": {"Type": "String"}}}


def conditional(condition: str, *statements: Any, name: str = "IsProd") -> Json:
    found = template(Worker=role(*statements))
    return {**found, **STAGE, "Conditions": {name: {"Fn::Equals": [{"Ref": "Stage"}, condition]}}}


def either(name: str, then: Any, other: Any = None) -> Json:
    return {"Fn::If": [name, then, {"Ref": "AWS::NoValue"} if other is None else other]}


def test_an_open_condition_that_stays_is_no_expansion() -> None:
    same = conditional("prod", READ, either("IsProd", WRITE))
    assert answer(same, same) == "NO_EXPANSION"
    renamed = conditional("prod", READ, either("Production", WRITE), name="Production")
    assert answer(same, renamed) == "NO_EXPANSION"


def test_neither_branch_may_be_assumed_of_old_and_both_count_of_new() -> None:
    plain = conditional("prod", READ)
    maybe = conditional("prod", READ, either("IsProd", WRITE))
    always = conditional("prod", READ, WRITE)
    assert answer(plain, maybe) == "EXPANSION"
    assert answer(maybe, always) == "EXPANSION"
    assert answer(always, maybe) == "NO_EXPANSION"
    other = conditional("production", READ, either("IsProd", WRITE))
    assert answer(maybe, other) == "EXPANSION"


def test_a_resource_that_may_not_exist() -> None:
    maybe = conditional("prod", READ)
    maybe["Resources"]["Worker"]["Condition"] = "IsProd"
    assert answer(maybe, maybe) == "NO_EXPANSION"
    assert answer(maybe, conditional("prod", READ)) == "EXPANSION"
    assert answer(maybe, conditional("prod", READ), old_parameters={"Stage": "prod"}) == "NO_EXPANSION"
    assert answer(maybe, conditional("prod", READ), old_parameters={"Stage": "test"}) == "EXPANSION"


def test_more_open_conditions_than_are_tried_is_said() -> None:
    names = [f"C{number}" for number in range(12)]
    conditions = {name: {"Fn::Equals": [{"Ref": f"Is{name}"}, "yes"]} for name in names}
    own = {"Parameters": {f"Is{name}": {"Type": "String"} for name in names}, "Conditions": conditions}
    old = {**template(Worker=role(*(either(name, READ) for name in names))), **own}
    new = {**template(Worker=role(*(either(name, WRITE) for name in names))), **own}
    (reason,) = compared(old, new).unknown
    assert reason.code == "privilege-conditions"
    assert answer(old, old) == "NO_EXPANSION"


def test_a_hidden_parameter_with_another_value_is_another_thing() -> None:
    found = template(Worker=role({**READ, "Resource": {"Ref": "Secret"}}))
    found["Parameters"] = {"Secret": {"Type": "String", "NoEcho": True}}
    same = {"old_parameters": {"Secret": "a"}, "new_parameters": {"Secret": "a"}}
    assert answer(found, found, **same) == "NO_EXPANSION"
    assert answer(found, found, **{**same, "new_parameters": {"Secret": "b"}}) == "EXPANSION"


def test_a_finding_stands_on_a_line() -> None:
    text = json.dumps(template(Worker=role(READ, WRITE)), indent=1)
    found = compare_templates(json.dumps(template(Worker=role(READ))), load_template(text, name="new.json"))
    (finding,) = found.findings
    line = text.splitlines()[finding.location.place.position.line - 1]
    assert line.strip() == "{"
    assert '"s3:PutObject"' in "".join(text.splitlines()[finding.location.place.position.line :][:3])


def nesting(url: str, **parameters: str) -> Json:
    return template(Inner=resource("CloudFormation::Stack", TemplateURL=url, Parameters=parameters))


def test_nested_stacks_are_followed_where_their_templates_are_at_hand() -> None:
    old, new = nesting("https://b.s3.amazonaws.com/one.json"), nesting("https://b.s3.amazonaws.com/two.json")
    inner = {"one.json": template(Worker=role(READ)), "two.json": template(Worker=role(READ, WRITE))}
    assert answer(old, new) == "UNKNOWN"
    assert answer(old, old) == "NO_EXPANSION"
    (finding,) = compared(old, new, nested=inner).findings
    assert finding.subject == "Inner: role ${Worker}"
    assert answer(new, old, nested=inner) == "NO_EXPANSION"


def test_what_is_passed_to_a_nested_stack_counts() -> None:
    inner = template(Worker=role({**READ, "Action": {"Ref": "Action"}}))
    inner["Parameters"] = {"Action": {"Type": "String"}}
    old, new = (nesting("https://x/one.json", Action=action) for action in ("s3:GetObject", "s3:*"))
    assert answer(old, new, nested={"one.json": inner}) == "EXPANSION"
    assert answer(new, old, nested={"one.json": inner}) == "NO_EXPANSION"


def test_a_set_of_stacks_is_judged_by_the_template_that_it_holds() -> None:
    def whole(*statements: Json, **more: Any) -> Json:
        body = {"Parameters": {"Name": {"Type": "String"}}, **template(Worker=role(*statements))}
        return template(Inner=resource("CloudFormation::StackSet", TemplateBody=json.dumps(body), **more))

    (finding,) = compared(whole(READ), whole(READ, WRITE)).findings
    assert finding.subject == "Inner: role ${Worker}"
    assert answer(whole(READ, WRITE), whole(READ)) == "NO_EXPANSION"
    named = {**READ, "Resource": {"Fn::Sub": "arn:aws:s3:::${Name}/*"}}
    old, new = (whole(named, Parameters=[{"ParameterKey": "Name", "ParameterValue": value}]) for value in ("a", "a*"))
    assert answer(old, new) == "EXPANSION"


def serverless(**properties: Any) -> Json:
    function = {"Runtime": "python3.13", "Handler": "a.b", "CodeUri": "./src", **properties}
    found = template(Handler=resource("Serverless::Function", **function))
    return {"Transform": "AWS::Serverless-2016-10-31", **found}


@pytest.mark.parametrize(
    "more",
    [
        {"Policies": [{"S3CrudPolicy": {"BucketName": "data"}}]},
        {"FunctionUrlConfig": {"AuthType": "NONE"}},
        {"Events": {"Get": {"Type": "Api", "Properties": {"Path": "/", "Method": "get"}}}},
    ],
)
def test_sam_is_expanded(more: Json) -> None:
    assert answer(serverless(), serverless(**more)) == "EXPANSION"
    assert answer(serverless(**more), serverless()) == "NO_EXPANSION"


def test_sam_renumbers_inline_policies() -> None:
    first = {"Version": "2012-10-17", "Statement": [READ]}
    second = {"Version": "2012-10-17", "Statement": [WRITE]}
    assert answer(serverless(Policies=[first, second]), serverless(Policies=[second])) == "NO_EXPANSION"


@pytest.mark.parametrize("text", ["", "[1]", "{", "a: &a [*a]", "\x00", "Resources: {A: {Type: !Foo x}}"])
def test_what_is_no_template_is_a_clear_error(text: str) -> None:
    with pytest.raises(TemplateError):
        compare_templates(text, template(Worker=role(READ)))


KEYS = ("Ref", "Fn::GetAtt", "Fn::Sub", "Fn::If", "Statement", "Effect", "Action", "a")
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(string.ascii_letters + "*:/${}", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=12,
)
TYPES = (
    "IAM::Role", "IAM::User", "IAM::Policy", "IAM::ManagedPolicy", "IAM::UserToGroupAddition", "IAM::OIDCProvider",
    "Lambda::Function", "Lambda::Permission", "Lambda::Url", "Lambda::Alias", "Lambda::Version", "S3::Bucket",
    "S3::BucketPolicy", "EC2::SecurityGroup", "EC2::SecurityGroupIngress", "ApiGateway::Method", "ApiGateway::RestApi",
    "ApiGatewayV2::Route", "AppSync::GraphQLApi", "Cognito::IdentityPool", "SSO::PermissionSet", "SSO::Assignment",
    "Events::EventBusPolicy", "KMS::Key", "DynamoDB::Table", "CloudFormation::Stack", "SQS::QueuePolicy",
    "IAM::InstanceProfile", "ApiGateway::Resource", "Lambda::LayerVersionPermission", "ApiGatewayV2::Authorizer",
)  # fmt: skip
NAMES = (
    "Policies", "PolicyDocument", "AssumeRolePolicyDocument", "ManagedPolicyArns", "PermissionsBoundary",
    "Roles", "Role", "RoleName", "FunctionName", "Principal", "Action", "SourceArn", "Bucket", "Queues",
    "AccessControl", "Groups", "Users", "PublicAccessBlockConfiguration", "OwnershipControls",
    "SecurityGroupIngress", "GroupId", "CidrIp", "IpProtocol", "FromPort", "AuthorizationType", "RestApiId",
    "ResourceId", "ParentId", "Body", "EndpointConfiguration", "AuthType", "TargetFunctionArn", "KeyPolicy",
    "ResourcePolicy", "TemplateURL", "Parameters", "Statement", "Url", "ClientIdList", "InlinePolicy",
    "ManagedPolicies", "LayerVersionArn", "Condition", "Path", "Name", "AuthenticationType",
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(NAMES), ODD, max_size=4)),
        max_size=4,
    ),
    st.integers(0, 3),
)
def test_nothing_breaks_it(parts: list[tuple[str, Json]], kept: int) -> None:
    resources = {f"R{number}": resource(kind, **properties) for number, (kind, properties) in enumerate(parts)}
    whole, part = template(**resources), template(**dict(list(resources.items())[:kept]))
    assert answer(whole, whole) == "NO_EXPANSION"
    compared(part, whole)
    compared(whole, part)
    compared(None, whole)


def test_references_in_a_circle() -> None:
    found = template(
        A=resource("S3::Bucket", BucketName={"Ref": "B"}),
        B=resource("S3::Bucket", BucketName={"Ref": "A"}),
        V=resource("Lambda::Version", FunctionName={"Ref": "V"}),
        P=resource("ApiGateway::Resource", RestApiId="x", ParentId={"Ref": "P"}, PathPart="p"),
        M=resource("ApiGateway::Method", RestApiId="x", ResourceId={"Ref": "P"}, HttpMethod="GET"),
        W=role({**READ, "Resource": [{"Fn::GetAtt": ["A", "Arn"]}, {"Ref": "V"}]}),
    )
    assert answer(found, found) == "NO_EXPANSION"
    assert answer(None, found) == "EXPANSION"


def test_a_large_stack_is_decided() -> None:
    chance = random.Random(1)
    actions = ["s3:GetObject", "sqs:SendMessage", "dynamodb:PutItem", "logs:PutLogEvents"]

    def statement(place: str) -> Json:
        return {**READ, "Action": chance.choice(actions), "Resource": f"arn:aws:s3:::{place}/*"}

    def stack(count: int) -> Json:
        return template(
            **{f"R{number}": role(*(statement(f"b{number}/{part}") for part in range(10))) for number in range(count)}
        )

    old = stack(30)
    new = {"Resources": {**old["Resources"], "R3": role(READ, WRITE)}}
    assert compared(old, new).verdict.value == "EXPANSION"

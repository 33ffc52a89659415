"""Templates that are not whole or not well-meant: SAM sources, open loops, macros, names and conditions in circles."""

from typing import Any

import pytest

from tests.unit.privilege.gathering.templates import READ, WRITE, Json, answer, compared, document, resource, role
from towpath.template.error import TemplateError

SAM = "AWS::Serverless-2016-10-31"


def sam(*statements: Json, more: Json | None = None, **properties: Any) -> Json:
    own = {"CodeUri": ".", "Handler": "a.b", "Runtime": "python3.12", **properties}
    own["Policies"] = [{"Version": "2012-10-17", "Statement": list(statements)}]
    function = {"Type": "AWS::Serverless::Function", "Properties": own}
    return {"Transform": SAM, "Parameters": {"Stage": {"Type": "String"}}, "Resources": {"F": function, **(more or {})}}


def application(version: str) -> Json:
    location = {"ApplicationId": "arn:aws:serverlessrepo:us-east-1:1:applications/x", "SemanticVersion": version}
    return {"A": {"Type": "AWS::Serverless::Application", "Properties": {"Location": location}}}


@pytest.mark.parametrize(
    "properties",
    [
        {"AutoPublishAlias": {"Ref": "Stage"}},
        {"CodeUri": {"Fn::Sub": "s3://${Stage}/x"}},
        {"more": application("1.0.0")},
    ],
)
def test_a_source_is_compared_as_it_stands(properties: Json) -> None:
    assert answer(sam(READ, **properties), sam(READ, WRITE, **properties)) == "EXPANSION"
    assert answer(sam(READ, WRITE, **properties), sam(READ, **properties)) == "NO_EXPANSION"
    assert answer(sam(READ, **properties), sam(READ, **properties)) == "NO_EXPANSION"


def test_another_version_of_an_application_is_not_known() -> None:
    found = compared(sam(READ, more=application("1.0.0")), sam(READ, more=application("1.0.1")))
    assert [reason.code for reason in found.unknown] == ["privilege-nested-unknown"]


@pytest.mark.parametrize("transform", ["AWS::LanguageExtensions", ["AWS::LanguageExtensions", SAM]])
def test_a_loop_over_what_is_not_known_is_only_equal_to_itself(transform: Any) -> None:
    def looped(*statements: Json) -> Json:
        loop = {"Fn::ForEach::Each": ["Name", {"Ref": "Names"}, {"Role${Name}": role(*statements)}]}
        parameters = {"Names": {"Type": "CommaDelimitedList"}}
        return {"Transform": transform, "Parameters": parameters, "Resources": loop}

    assert answer(looped(READ), looped(READ)) == "NO_EXPANSION"
    assert answer(looped(READ), looped(READ, WRITE)) == "UNKNOWN"
    given = {"old_parameters": {"Names": "A,B"}, "new_parameters": {"Names": "B,A"}}
    assert answer(looped(READ), looped(READ), **given) == "NO_EXPANSION"
    assert answer(looped(READ), looped(READ, WRITE), **given) == "EXPANSION"


def test_a_macro_that_adds_resources_is_only_equal_to_itself() -> None:
    def included(location: str) -> Json:
        macro = {"Name": "AWS::Include", "Parameters": {"Location": location}}
        return {"Resources": {"Role": role(READ), "Fn::Transform": macro}}

    assert answer(included("s3://a/b"), included("s3://a/b")) == "NO_EXPANSION"
    assert answer(included("s3://a/b"), included("s3://a/c")) == "UNKNOWN"


def chained(kind: str, count: int) -> Json:
    """A template in which every name or condition hangs twice on the next."""
    if kind == "conditions":
        conditions: Json = {
            f"C{index}": {"Fn::And": [{"Condition": f"C{index + 1}"}, {"Condition": f"C{index + 1}"}]}
            for index in range(count)
        }
        conditions[f"C{count}"] = {"Fn::Equals": [{"Ref": "Stage"}, "x"]}
        granted = {**role(READ), "Condition": "C0"}
        return {"Parameters": {"Stage": {"Type": "String"}}, "Conditions": conditions, "Resources": {"R": granted}}
    last = {"buckets": "x", "circle": {"Ref": "B0"}}[kind]
    buckets: Json = {
        f"B{index}": resource("S3::Bucket", BucketName={"Fn::Sub": f"${{B{index + 1}}}${{B{index + 1}}}"})
        for index in range(count)
    }
    return {"Resources": {**buckets, f"B{count}": resource("S3::Bucket", BucketName=last), "R": role(READ)}}


@pytest.mark.parametrize("kind", ["conditions", "buckets", "circle"])
@pytest.mark.parametrize("count", [30, 400])
def test_what_doubles_at_every_step_is_decided(kind: str, count: int) -> None:
    old, new = chained(kind, count), chained(kind, count)
    assert answer(old, new) == "NO_EXPANSION"
    new["Resources"]["R"] = {**role(READ, WRITE), **({"Condition": "C0"} if kind == "conditions" else {})}
    assert answer(old, new) == "EXPANSION"


def test_an_object_that_is_too_deep_or_too_large_is_refused() -> None:
    deep: Any = "x"
    for _ in range(3000):
        deep = {"Fn::Join": ["", [deep]]}
    wide: Any = "x"
    for _ in range(20):
        wide = [wide, wide]
    for value, code in ((deep, "template-too-deep"), (wide, "template-too-large")):
        with pytest.raises(TemplateError) as error:
            answer({"Resources": {"B": resource("S3::Bucket", BucketName=value)}}, None)
        assert error.value.reason.code == code


def test_a_policy_as_text_with_unknown_parts_is_read() -> None:
    def secret(action: str, *, written: bool) -> Json:
        arn = {"Fn::Sub": "arn:aws:iam::${Stage}:root"}
        content = document({"Effect": "Allow", "Principal": {"AWS": arn}, "Action": action, "Resource": "*"})
        policy = {"Fn::ToJsonString": content} if written else content
        held = resource("SecretsManager::ResourcePolicy", SecretId="s", ResourcePolicy=policy)
        parameters = {"Stage": {"Type": "String"}}
        return {"Transform": "AWS::LanguageExtensions", "Parameters": parameters, "Resources": {"P": held}}

    read, everything = "secretsmanager:GetSecretValue", "secretsmanager:*"
    assert answer(secret(read, written=False), secret(read, written=True)) == "NO_EXPANSION"
    assert answer(secret(read, written=True), secret(read, written=False)) == "NO_EXPANSION"
    assert answer(secret(read, written=True), secret(everything, written=True)) == "EXPANSION"


def test_a_group_that_is_renamed_and_rewritten_at_once_is_the_same() -> None:
    def wall(name: str, *blocks: str, alone: bool) -> Json:
        rules = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": block} for block in blocks]
        inline = {} if alone else {"SecurityGroupIngress": rules}
        own = {f"{name}{index}": resource("EC2::SecurityGroupIngress", GroupId={"Ref": name}, **rule)
               for index, rule in enumerate(rules)} if alone else {}  # fmt: skip
        return {name: resource("EC2::SecurityGroup", GroupDescription="w", **inline), **own}

    old = {"Resources": {**wall("A", "10.0.0.0/8", alone=False), **wall("B", "0.0.0.0/0", alone=False)}}
    new = {"Resources": {**wall("C", "0.0.0.0/0", alone=True), **wall("D", "10.0.0.0/8", alone=True)}}
    assert answer(old, new) == "NO_EXPANSION"
    wider = {"Resources": {**wall("C", "0.0.0.0/0", alone=True), **wall("D", "0.0.0.0/0", alone=True)}}
    assert answer(old, wider) == "EXPANSION"

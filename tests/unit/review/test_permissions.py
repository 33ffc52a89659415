"""Which parts of a template bear permissions, and when two changes of them are the same change."""

from typing import Any

import pytest

from towpath.review.permissions import fingerprint, permission_changes


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": resources}


def role(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": [statement]}}
    return {"Type": "AWS::IAM::Role", "Properties": {"Policies": [policy]}}


def changed(
    old: dict[str, Any] | None,
    new: dict[str, Any],
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> list[str]:
    found = permission_changes(old, new, old_parameters=before or {}, new_parameters=after or {})
    return [change.path for change in found]


def test_code_is_no_permission() -> None:
    before = {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Key": "a"}, "Timeout": 3}}
    after = {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Key": "b"}, "Timeout": 4}}
    assert changed(template(F=before), template(F=after)) == []


def test_a_queue_mapping_and_a_redrive_policy_are_no_permission() -> None:
    before = {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"maxReceiveCount": 1}}}
    after = {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"maxReceiveCount": 2}}}
    assert changed(template(Q=before), template(Q=after)) == []


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("AWS::Lambda::Function", "Role", "arn:aws:iam::111111111111:role/other"),
        ("AWS::KMS::Key", "KeyPolicy", {"Statement": []}),
        ("AWS::DynamoDB::Table", "ResourcePolicy", {"PolicyDocument": {}}),
        ("AWS::S3::Bucket", "PublicAccessBlockConfiguration", {"BlockPublicAcls": False}),
        ("AWS::S3::Bucket", "AccessControl", "PublicRead"),
        ("AWS::Lambda::Url", "AuthType", "NONE"),
        ("AWS::ApiGateway::Method", "AuthorizationType", "NONE"),
        ("AWS::EC2::Instance", "SecurityGroupIds", ["sg-1"]),
        ("AWS::StepFunctions::StateMachine", "RoleArn", "arn:aws:iam::111111111111:role/other"),
        ("AWS::SQS::QueuePolicy", "PolicyDocument", {"Statement": []}),
        ("AWS::Events::EventBusPolicy", "StatementId", "x"),
        ("AWS::RDS::DBInstance", "PubliclyAccessible", True),
        ("AWS::EC2::NetworkAclEntry", "CidrBlock", "0.0.0.0/0"),
        ("AWS::EC2::SubnetNetworkAclAssociation", "NetworkAclId", "acl-1"),
    ],
)
def test_what_bears_permissions(kind: str, name: str, value: object) -> None:
    before = template(R={"Type": kind, "Properties": {}})
    after = template(R={"Type": kind, "Properties": {name: value}})
    assert changed(before, after)
    assert changed(after, before)


def test_a_new_stack_is_all_new() -> None:
    assert changed(None, template(Role=role("sqs:SendMessage"))) == ["Role"]


def test_a_parameter_that_reaches_a_policy_counts() -> None:
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {"Resource": {"Ref": "Bucket"}}}}
    old, new = {"Bucket": "a"}, {"Bucket": "b"}
    assert changed(template(P=policy), template(P=policy), old, new) == ["P"]
    assert changed(template(P=policy), template(P=policy), old, old) == []


def test_a_parameter_inside_a_substitution_counts() -> None:
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"Resource": {"Fn::Sub": "arn:aws:s3:::${Bucket}/*"}}}
    assert changed(template(P=policy), template(P=policy), {"Bucket": "a"}, {"Bucket": "b"}) == ["P"]


def test_a_mapping_that_a_policy_reads_counts() -> None:
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"Resource": {"Fn::FindInMap": ["M", "a", "b"]}}}
    old = {"Mappings": {"M": {"a": {"b": "x"}}}, **template(P=policy)}
    new = {"Mappings": {"M": {"a": {"b": "*"}}}, **template(P=policy)}
    assert changed(old, new) == ["P"]


def test_a_condition_that_switches_a_policy_counts() -> None:
    policy: dict[str, Any] = {"Type": "AWS::IAM::Policy", "Condition": "Wide", "Properties": {}}
    old = {"Conditions": {"Wide": {"Fn::Equals": ["a", "b"]}}, **template(P=policy)}
    new = {"Conditions": {"Wide": {"Fn::Equals": ["a", "a"]}}, **template(P=policy)}
    assert changed(old, new) == ["P"]


def test_the_fingerprint_tells_changes_apart() -> None:
    def mark(old: str, new: str) -> str:
        return fingerprint(
            permission_changes(template(R=role(old)), template(R=role(new)), old_parameters={}, new_parameters={})
        )

    assert mark("a:A", "a:B") == mark("a:A", "a:B")
    assert len({mark("a:A", "a:B"), mark("a:A", "a:C"), mark("a:C", "a:B"), mark("a:B", "a:A")}) == 4

"""One request by whole templates: union within an account, boundaries, Denies, trust, keys, conditions, witnesses.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from typing import Any

import pytest

from towpath.privilege.compare_templates import compare_templates
from towpath.privilege.explaining.answer import Answer, Outcome
from towpath.privilege.explaining.templates import explain_templates
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.principals import Principal
from towpath.privilege.request import Request
from towpath.template.pseudo import PseudoParameters

WORKER = Principal("AWS", "Worker")
ROOT = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}
OBJECTS = {"Fn::Sub": "${Logs.Arn}/*"}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **item} for item in statements]}


def role(*statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    trust = document({"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
    policies = [{"PolicyName": "p", "PolicyDocument": document(*statements)}] if statements else []
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust, "Policies": policies, **more}}


def bucket_policy(*statements: dict[str, Any]) -> dict[str, Any]:
    policy = document(*({"Resource": OBJECTS, "Action": "s3:GetObject", **item} for item in statements))
    properties = {"Bucket": {"Ref": "Logs"}, "PolicyDocument": policy}
    return {"Logs": {"Type": "AWS::S3::Bucket"}, "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": properties}}


def asked(
    resources: dict[str, Any],
    action: str = "s3:GetObject",
    resource: str = "Logs/k",
    who: Principal = WORKER,
    context: dict[str, Any] | None = None,
    **more: Any,
) -> Answer:
    """The answer of one template with a role Worker and a bucket Logs, unless it brings others."""
    whole = {"Worker": role(), "Logs": {"Type": "AWS::S3::Bucket"}, **resources}
    template = {"Resources": whole, "Parameters": more.pop("Parameters", {}), "Conditions": more.pop("Conditions", {})}
    request = Request(action, resource, who, context or {})
    return explain_templates(request, None, template, **more).after


READ = {"Action": "s3:GetObject", "Resource": OBJECTS}
LIMIT = {"Action": "sqs:*", "Resource": "*"}


def limit() -> dict[str, Any]:
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document(LIMIT)}}


def test_either_the_identity_or_the_resource_is_enough_within_an_account() -> None:
    direct = bucket_policy({"Principal": {"AWS": {"Fn::GetAtt": ["Worker", "Arn"]}}})
    assert asked({}).outcome is Outcome.DENIED
    assert asked({"Worker": role(READ)}).outcome is Outcome.ALLOWED
    found = asked(direct)
    assert found.outcome is Outcome.ALLOWED
    assert [line.location.place.path[:2] for line in found.deciding] == [("Resources", "Policy")]


def test_a_policy_that_names_the_account_leaves_it_to_the_identity_policies() -> None:
    found = asked(bucket_policy({"Principal": ROOT}))
    assert found.outcome is Outcome.DENIED
    assert "leaves it to the identity policies" in found.sentence


def test_a_deny_of_the_resource_wins() -> None:
    deny = bucket_policy({"Sid": "Tls", "Effect": "Deny", "Principal": "*",
                          "Condition": {"Bool": {"aws:SecureTransport": "false"}}})  # fmt: skip
    resources = {"Worker": role(READ), **deny}
    denied = asked(resources, context={"aws:SecureTransport": "false"})
    assert denied.outcome is Outcome.DENIED
    assert 'Denied explicitly by Deny "Tls"' in denied.sentence
    allowed = asked(resources, context={"aws:SecureTransport": "true"})
    assert allowed.outcome is Outcome.ALLOWED
    assert allowed.near[0].judged.because == (
        "Condition Bool aws:SecureTransport = false; the request has true",
    )  # fmt: skip


def test_a_boundary_limits_the_role_and_is_named() -> None:
    bounded = {"Worker": role(READ, PermissionsBoundary={"Ref": "Limit"}), "Limit": limit()}
    found = asked(bounded)
    assert found.outcome is Outcome.DENIED
    assert "the permissions boundary of role ${Worker} does not allow it" in found.sentence
    direct = bucket_policy({"Principal": {"AWS": {"Fn::GetAtt": ["Worker", "Arn"]}}})
    assert asked(bounded | direct).outcome is Outcome.DENIED


def test_a_resource_policy_that_names_a_user_is_not_limited_by_its_boundary() -> None:
    user = {"Type": "AWS::IAM::User", "Properties": {"PermissionsBoundary": {"Ref": "Limit"}}}
    direct = bucket_policy({"Principal": {"AWS": {"Fn::GetAtt": ["Person", "Arn"]}}})
    found = asked({"Person": user, "Limit": limit(), **direct}, who=Principal("AWS", "Person"))
    assert found.outcome is Outcome.ALLOWED


def test_a_boundary_of_unknown_content_leaves_it_unknown() -> None:
    found = asked({"Worker": role(READ, PermissionsBoundary="arn:aws:iam::111122223333:policy/limit")})
    assert found.outcome is Outcome.UNKNOWN
    assert any("policy/limit" in text for text in found.unknown)


def test_a_trust_policy_decides_who_becomes_the_role() -> None:
    service = Principal("Service", "lambda.amazonaws.com")
    assert asked({}, "sts:AssumeRole", "Worker", service).outcome is Outcome.ALLOWED
    assert asked({}, "sts:AssumeRole", "Worker", Principal("Service", "ec2.amazonaws.com")).outcome is Outcome.DENIED
    other = role({"Action": "sts:AssumeRole", "Resource": "*"})
    found = asked({"Other": other}, "sts:AssumeRole", "Worker", Principal("AWS", "Other"))
    assert found.outcome is Outcome.DENIED
    assert "the policy of the resource must allow it" in found.sentence


@pytest.mark.parametrize(("principal", "outcome"), [(ROOT, Outcome.ALLOWED), (None, Outcome.DENIED)])
def test_a_key_wants_its_own_policy(principal: Any, outcome: Outcome) -> None:
    policy = document({"Principal": principal or {"AWS": "444455556666"}, "Action": "kms:*", "Resource": "*"})
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}
    resources = {"Worker": role({"Action": "kms:Decrypt", "Resource": "*"}), "Key": key}
    assert asked(resources, "kms:Decrypt", "Key").outcome is outcome


def test_an_open_condition_is_told_both_ways() -> None:
    prod = {"Fn::If": ["IsProd", READ | {"Effect": "Allow"}, {"Ref": "AWS::NoValue"}]}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [prod]}}
    more: dict[str, Any] = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
    }
    found = asked({"Worker": role(Policies=[policy])}, **more)
    assert found.outcome is Outcome.UNKNOWN
    assert [text.split(":")[0] for text in found.unknown] == [
        "DENIED when IsProd is false",
        "ALLOWED when IsProd is true",
    ]
    given = asked({"Worker": role(Policies=[policy])}, **more, new_parameters={"Stage": "prod"})
    assert given.outcome is Outcome.ALLOWED


def test_a_name_that_cloudformation_makes_up_may_be_the_one_that_is_asked_for() -> None:
    assert asked({"Worker": role(READ)}, resource="arn:aws:s3:::any/k").outcome is Outcome.UNKNOWN
    assert asked({"Worker": role(READ)}, resource="arn:aws:s3:::any").outcome is Outcome.DENIED


def test_what_of_the_context_is_missing_is_said() -> None:
    near = {**READ, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}
    found = asked({"Worker": role(near)})
    assert found.near[0].judged.because == (
        "Condition StringEquals aws:SourceVpc = vpc-1; the request has no such key",
    )  # fmt: skip
    assert asked({"Worker": role(near)}, context={"AWS:sourcevpc": "vpc-1"}).outcome is Outcome.ALLOWED


@pytest.mark.parametrize(
    "named",
    [
        "Worker",
        "${Worker}",
        "role worker",
        "worker",
        "arn:aws:iam::111122223333:role/worker",
        "arn:aws:sts::111122223333:assumed-role/worker/session",
    ],
)
def test_a_role_is_named_in_many_ways(named: str) -> None:
    resources = {"Worker": role(READ, RoleName="worker")}
    assert asked(resources, who=Principal("AWS", named)).outcome is Outcome.ALLOWED


def test_a_side_without_the_role_denies() -> None:
    template = {"Resources": {"Worker": role({"Action": "s3:GetObject", "Resource": "*"})}}
    found = explain_templates(Request("s3:GetObject", "*", WORKER), {"Resources": {}}, template)
    assert found.before.sentence == "Denied: there is no role ${Worker} on this side."
    assert found.after.outcome is Outcome.ALLOWED


def test_another_account_is_let_in_by_the_resource() -> None:
    outsider = Principal("AWS", "arn:aws:iam::444455556666:role/them")
    policy = bucket_policy({"Principal": {"AWS": "444455556666"}})
    home = PseudoParameters(account_id="111122223333")
    found = asked(policy, who=outsider, pseudo=home)
    assert found.outcome is Outcome.ALLOWED
    assert "whose own policies must allow" in found.notes[0]
    assert asked({}, who=outsider, pseudo=home).outcome is Outcome.DENIED
    unsure = asked(policy, who=outsider)
    assert any("--account" in text for text in unsure.unknown)


WIDENINGS = {
    "action": (role(READ), role({**READ, "Action": "s3:*"})),
    "resource": (role(READ), role({**READ, "Resource": "*"})),
    "condition": (role({**READ, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}), role(READ)),
    "deny": (role(READ, {**READ, "Effect": "Deny"}), role(READ)),
    "not-action": (role(READ), role({"NotAction": "iam:*", "Resource": "*"})),
}


@pytest.mark.parametrize("name", WIDENINGS)
def test_the_witness_of_a_finding_is_not_allowed_before_and_allowed_after(name: str) -> None:
    logs = {"Logs": {"Type": "AWS::S3::Bucket"}}
    old, new = ({"Resources": {"Worker": side, **logs}} for side in WIDENINGS[name])
    (finding,) = compare_templates(old, new).findings
    witness = finding.witness
    asks = Request(witness.action, witness.resource, Principal("AWS", finding.subject), witness.context)
    found = explain_templates(asks, old, new)
    # What CloudFormation calls the bucket is not known, so it may be the bucket of the witness.
    before = Outcome.UNKNOWN if name == "resource" else Outcome.DENIED
    assert (found.before.outcome, found.after.outcome) == (before, Outcome.ALLOWED)


def test_a_request_of_nobody_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(PolicyError, match=r"not said who asks.*Worker"):
        explain_templates(Request("s3:GetObject", "*"), None, {"Resources": {"Worker": role()}})


def test_the_region_is_asked_for_where_it_would_decide() -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders"}}
    worker = role({"Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}, RoleName="worker")
    who = Principal("AWS", "arn:aws:iam::111122223333:role/worker")
    arn = "arn:aws:sqs:eu-west-1:111122223333:orders"
    found = asked({"Worker": worker, "Queue": queue}, "sqs:SendMessage", arn, who)
    assert found.outcome is Outcome.UNKNOWN
    assert "the region is not known: give it with --region" in found.unknown
    assert "the account is not known: give it with --account" not in found.unknown
    told = asked({"Worker": worker, "Queue": queue}, "sqs:SendMessage", arn, who,
                 pseudo=PseudoParameters(region="eu-west-1"))  # fmt: skip
    assert told.outcome is Outcome.ALLOWED


def test_what_may_be_the_same_is_told_from_what_is_not() -> None:
    near = {**READ, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}
    found = asked({"Worker": role(near)}, resource="arn:aws:s3:::any/k")
    assert found.outcome is Outcome.DENIED
    first, second = found.near[0].judged.because
    assert first.endswith("(these may be the same once the template is deployed)")
    assert second == "Condition StringEquals aws:SourceVpc = vpc-1; the request has no such key"

"""Roles, users and groups: every way to attach a policy gives the same access, and every credential counts."""

import json
import lzma
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.privilege.gathering.managed_policy_source import TARGET, catalogue
from tests.unit.privilege.gathering.templates import (
    READ,
    WRITE,
    Json,
    answer,
    compared,
    document,
    resource,
    role,
    template,
)
from towpath.privilege.gathering.managed_catalogue import catalogued_policies
from towpath.privilege.parse import parse_policy

WAYS: dict[str, Callable[[Json], Json]] = {
    "inline": lambda policy: template(Worker=role(Policies=[{"PolicyName": "p", "PolicyDocument": policy}])),
    "policy": lambda policy: template(
        Worker=role(), Own=resource("IAM::Policy", PolicyName="p", Roles=[{"Ref": "Worker"}], PolicyDocument=policy)
    ),
    "role policy": lambda policy: template(
        Worker=role(),
        Own=resource("IAM::RolePolicy", PolicyName="p", RoleName={"Ref": "Worker"}, PolicyDocument=policy),
    ),
    "managed by Ref": lambda policy: template(
        Worker=role(ManagedPolicyArns=[{"Ref": "Own"}]), Own=resource("IAM::ManagedPolicy", PolicyDocument=policy)
    ),
    "managed by ARN": lambda policy: template(
        Worker=role(ManagedPolicyArns=[{"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:policy/own"}]),
        Own=resource("IAM::ManagedPolicy", ManagedPolicyName="own", PolicyDocument=policy),
    ),
    "managed naming its roles": lambda policy: template(
        Worker=role(), Own=resource("IAM::ManagedPolicy", Roles=[{"Ref": "Worker"}], PolicyDocument=policy)
    ),
}


@pytest.mark.parametrize("before", WAYS)
@pytest.mark.parametrize("after", WAYS)
def test_how_a_policy_is_attached_does_not_matter(before: str, after: str) -> None:
    assert answer(WAYS[before](document(READ, WRITE)), WAYS[after](document(READ))) == "NO_EXPANSION"
    assert answer(WAYS[before](document(READ)), WAYS[after](document(READ, WRITE))) == "EXPANSION"


def user(**properties: Any) -> Json:
    return template(Anna=resource("IAM::User", **properties))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (user(), user(LoginProfile={"Password": "x"})),
        (user(), {"Resources": {**user()["Resources"], "Key": resource("IAM::AccessKey", UserName={"Ref": "Anna"})}}),
        (user(), user(Groups=["Administrators"])),
        (user(), user(Policies=[{"PolicyName": "p", "PolicyDocument": document(READ)}])),
        (template(), template(P=resource("IAM::OIDCProvider", Url="https://x.example", ClientIdList=["a"]))),
        (template(), template(P=resource("IAM::SAMLProvider", SamlMetadataDocument="<x/>"))),
    ],
)
def test_what_gives_a_user_more(old: Json, new: Json) -> None:
    found = compared(old, new)
    assert found.verdict.value == "EXPANSION"
    assert answer(new, old) == "NO_EXPANSION"


def test_members_hold_what_their_group_holds() -> None:
    def group(*statements: Json) -> Json:
        policies = [{"PolicyName": "p", "PolicyDocument": document(*statements)}]
        return template(
            Team=resource("IAM::Group", Policies=policies), Anna=resource("IAM::User", Groups=[{"Ref": "Team"}])
        )

    (finding,) = compared(group(READ), group(READ, WRITE)).findings
    assert finding.subject == "group ${Team}, user ${Anna}"
    own = user(Policies=[{"PolicyName": "p", "PolicyDocument": document(READ)}])
    assert answer(group(READ), {"Resources": {**group()["Resources"], **own["Resources"]}}) == "NO_EXPANSION"


def test_trust_counts() -> None:
    def trusting(*services: str) -> Json:
        statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
        return template(Worker=role(READ, AssumeRolePolicyDocument=document(statement)))

    one, two = trusting("lambda.amazonaws.com"), trusting("lambda.amazonaws.com", "ec2.amazonaws.com")
    (finding,) = compared(one, two).findings
    assert finding.grant == "trust policy"
    assert answer(two, one) == "NO_EXPANSION"


def managed(*arns: str, **properties: Any) -> Json:
    return template(Worker=role(READ, ManagedPolicyArns=list(arns), **properties))


AWS = "arn:aws:iam::aws:policy/"
THEIRS = "arn:aws:iam::111122223333:policy/theirs"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (managed(), managed(f"{AWS}AdministratorAccess"), "EXPANSION"),
        (managed(), managed(f"{AWS}ReadOnlyAccess"), "EXPANSION"),
        (managed(f"{AWS}AdministratorAccess"), managed(f"{AWS}ReadOnlyAccess"), "NO_EXPANSION"),
        (managed(f"{AWS}ReadOnlyAccess"), managed(), "NO_EXPANSION"),
        (
            managed(PermissionsBoundary=f"{AWS}ReadOnlyAccess"),
            managed(PermissionsBoundary=f"{AWS}PowerUserAccess"),
            "EXPANSION",
        ),
        (managed(f"{AWS}AdministratorAccess"), managed(), "NO_EXPANSION"),
        (managed(f"{AWS}AdministratorAccess"), managed(THEIRS), "NO_EXPANSION"),
        (managed(), managed(THEIRS), "UNKNOWN"),
        (managed(THEIRS), managed(THEIRS), "NO_EXPANSION"),
        (managed(THEIRS), managed(), "UNKNOWN"),
        (managed(f"{AWS}AWSDenyAll"), managed(), "EXPANSION"),
        (managed(PermissionsBoundary=THEIRS), managed(), "EXPANSION"),
        (managed(), managed(PermissionsBoundary=THEIRS), "NO_EXPANSION"),
        (managed(PermissionsBoundary=THEIRS), managed(PermissionsBoundary=f"{THEIRS}2"), "UNKNOWN"),
        (managed(PermissionsBoundary=f"{AWS}ReadOnlyAccess"), managed(PermissionsBoundary=THEIRS), "UNKNOWN"),
        (managed(PermissionsBoundary=THEIRS), template(), "NO_EXPANSION"),
    ],
)
def test_policies_that_are_known_by_name_only(old: Json, new: Json, expected: str) -> None:
    assert answer(old, new) == expected, compared(old, new)


def test_the_catalogue_is_the_one_that_its_source_gives() -> None:
    recorded = json.loads(lzma.decompress(TARGET.read_bytes()))
    assert recorded == catalogue()


def test_content_of_a_policy_of_awss_is_compared_and_its_version_told() -> None:
    logs = {"Effect": "Allow", "Action": ["logs:PutLogEvents", "logs:CreateLogStream"], "Resource": "*"}
    basic = f"{AWS}service-role/AWSLambdaBasicExecutionRole"
    assert answer(template(Worker=role(ManagedPolicyArns=[basic])), template(Worker=role(logs))) == "NO_EXPANSION"
    (finding,) = compared(managed(), managed(basic)).findings
    assert "AWSLambdaBasicExecutionRole v1 as of " in finding.title
    assert finding.location.place.path == ("Resources", "Worker", "Properties", "ManagedPolicyArns", 0)
    assert answer(managed(), managed(f"{AWS}NotYetInTheCatalogue")) == "UNKNOWN"


def test_the_name_of_what_is_not_known_is_said() -> None:
    (reason,) = compared(managed(), managed(THEIRS)).unknown
    assert THEIRS in reason.message


def test_a_deny_that_is_gone_beside_a_policy_that_nobody_knows_is_not_known() -> None:
    deny = {**WRITE, "Effect": "Deny"}
    old = template(Worker=role(deny, ManagedPolicyArns=[THEIRS]))
    assert answer(old, template(Worker=role(ManagedPolicyArns=[THEIRS]))) == "UNKNOWN"


def test_the_partition_is_no_difference() -> None:
    arn = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"}
    assert (
        answer(managed(f"{AWS}ReadOnlyAccess"), template(Worker=role(READ, ManagedPolicyArns=[arn]))) == "NO_EXPANSION"
    )


def test_what_is_known_only_after_applying_is_not_known() -> None:
    later = {**READ, "Resource": "{{changeSet:KNOWN_AFTER_APPLY}}"}
    assert answer(template(Worker=role(READ)), template(Worker=role(READ, later))) == "UNKNOWN"
    assert answer(template(Worker=role({**READ, "Resource": "*"})), template(Worker=role(later))) == "NO_EXPANSION"


def test_the_catalogue_has_the_text_of_each_managed_policy() -> None:
    policies = {name: parse_policy(text) for name, text in catalogued_policies().items()}
    assert all(policy.statements for policy in policies.values())
    assert json.loads(catalogued_policies()["AWSDenyAll"])["Statement"][0]["Effect"] == "Deny"


def test_a_deny_that_is_taken_from_a_principal_of_elsewhere_frees_what_it_is_allowed_there() -> None:
    def attached(*statements: Json) -> Json:
        policy = resource("IAM::Policy", PolicyName="p", Roles=["theirs"], PolicyDocument=document(*statements))
        return template(Own=policy)

    deny = {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}
    (finding,) = compared(attached(deny), template()).findings
    assert [kind.value for kind in finding.classes] == ["ceiling"]
    assert answer(attached(deny, READ), attached(READ)) == "EXPANSION"
    assert answer(attached(READ), attached(deny, READ)) == "NO_EXPANSION"


def test_a_policy_that_is_there_for_others_is_judged_on_its_own() -> None:
    deny = {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}

    def shared(*statements: Json, name: str = "Shared", **more: Any) -> Json:
        policy = resource(
            "IAM::ManagedPolicy", ManagedPolicyName="shared", PolicyDocument=document(*statements), **more
        )
        return template(Worker=role(READ, WRITE), **{name: policy})

    (finding,) = compared(shared(READ), shared(READ, WRITE)).findings
    assert finding.subject == "managed policy shared"
    assert answer(shared(READ, deny), shared(READ)) == "EXPANSION"
    assert answer(shared(READ, WRITE), shared(READ)) == "NO_EXPANSION"
    assert answer(shared(READ, WRITE), shared(WRITE, READ, name="Renamed")) == "NO_EXPANSION"
    assert answer(template(Worker=role(READ, WRITE)), shared(READ, WRITE)) == "NO_EXPANSION"
    in_sight: Json = {"Roles": [{"Ref": "Worker"}]}
    assert answer(shared(READ, **in_sight), shared(READ, WRITE, **in_sight)) == "NO_EXPANSION"
    assert answer(shared(READ), shared(READ, WRITE, **in_sight)) == "NO_EXPANSION"
    assert answer(shared(deny), shared(deny, **in_sight)) == "NO_EXPANSION"
    assert answer(shared(deny, **in_sight), shared(deny)) == "EXPANSION"

"""Rules of identity pools: who gets which role by a claim, and what another role for the same claim may do."""

from typing import Any

import pytest

from towpath.privilege import Comparison, compare_templates

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:pool"},
                "StringLike": {"cognito-identity.amazonaws.com:sub": "a"},
            },
        }
    ],
}


def role(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": [policy]}}


ROLES = {"Wide": role("s3:GetObject", "s3:PutObject"), "Narrow": role("s3:GetObject"), "Other": role("sqs:SendMessage")}
Rule = tuple[str, str, Any]


def rules(*given: Rule) -> dict[str, Any]:
    listed = [
        {"Claim": "team", "MatchType": match, "Value": value, "RoleARN": arn if ":" in str(arn) else att(arn)}
        for match, value, arn in given
    ]
    mapping = {"IdentityProvider": "u", "Type": "Rules", "RulesConfiguration": {"Rules": listed}}
    mapping["AmbiguousRoleResolution"] = "Deny"
    attachment = {
        "Type": "AWS::Cognito::IdentityPoolRoleAttachment",
        "Properties": {"IdentityPoolId": "p", "RoleMappings": {"m": mapping}},
    }
    return {"Resources": {**ROLES, "Attachment": attachment}}


def att(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, "Arn"]}


def compared(old: list[Rule], new: list[Rule]) -> Comparison:
    return compare_templates(rules(*old), rules(*new))


def test_the_same_claim_with_a_narrower_role_is_no_expansion_and_with_a_wider_one_is() -> None:
    wide, narrow = ("Equals", "red", "Wide"), ("Equals", "red", "Narrow")
    assert compared([wide], [narrow]).verdict.value == "NO_EXPANSION"
    found = compared([narrow], [wide])
    assert [item.witness.action for item in found.findings] == ["s3:PutObject"]
    assert "users of u whose team Equals red" in found.findings[0].title


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ([("Equals", "red", "Wide")], [("Equals", "red", "Other")], "EXPANSION"),
        ([("Equals", "red", "Narrow")], [("StartsWith", "r", "Narrow")], "EXPANSION"),
        ([("Equals", "red", "Wide")], [("StartsWith", "r", "Narrow")], "EXPANSION"),
        ([("Equals", "red", "Wide"), ("Equals", "blue", "Narrow")], [("Equals", "blue", "Narrow")], "NO_EXPANSION"),
        ([("Equals", "red", "Narrow")], [("Equals", "red", "Narrow"), ("Equals", "red", "Wide")], "NO_EXPANSION"),
        ([("Equals", "red", "Narrow"), ("Equals", "red", "Wide")], [("Equals", "red", "Wide")], "EXPANSION"),
        (
            [("StartsWith", "r", "Narrow"), ("Equals", "red", "Wide")],
            [("Equals", "red", "Wide"), ("StartsWith", "r", "Narrow")],
            "EXPANSION",
        ),
        ([("Equals", "red", "arn:aws:iam::1:role/a")], [("Equals", "red", "arn:aws:iam::1:role/b")], "UNKNOWN"),
        ([("Equals", "red", "Wide")], [("Equals", "red", "arn:aws:iam::1:role/b")], "UNKNOWN"),
    ],
)
def test_the_first_rule_that_matches_gives_the_role(old: list[Rule], new: list[Rule], verdict: str) -> None:
    found = compared(old, new)
    assert found.verdict.value == verdict, found

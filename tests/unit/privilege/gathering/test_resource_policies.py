"""The recorded list of policy properties is the one that the schemas give, and every property on it is judged."""

import json
from importlib.resources import files
from typing import Any

import pytest

from tests.unit.privilege.gathering.policy_schema import candidates, targets
from tests.unit.privilege.gathering.templates import Json, answer, compared, document, resource, template

RECORDED: dict[str, Any] = json.loads(
    files("towpath.privilege").joinpath("data", "policy_properties.json").read_text("utf-8")
)
POLICIES: dict[str, list[str]] = RECORDED["resource_policies"]
READ: Json = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
FRIEND: Json = {"AWS": "arn:aws:iam::111122223333:role/friend"}


def test_every_property_of_the_schemas_is_sorted_into_one_list() -> None:
    lists = [RECORDED[name] for name in ("resource_policies", "other_languages", "read_elsewhere", "not_about_access")]
    recorded = [path for paths in lists for path in paths]
    assert len(recorded) == len(set(recorded))
    assert set(recorded) == candidates()


@pytest.mark.parametrize("pointer", POLICIES)
def test_what_a_policy_is_about_is_what_the_schema_says(pointer: str) -> None:
    about = POLICIES[pointer]
    type_name = pointer.split("/")[0]
    assert about == (targets(type_name) if type_name.endswith("Policy") and "IoT" not in type_name else [])


def holding(pointer: str, policy: Any) -> Json:
    """A template with a policy at the pointer."""
    type_name, *path = pointer.split("/")
    value: Any = policy
    for part in reversed(path):
        value = [value] if part == "*" else {part: value}
    about: Json = dict.fromkeys(POLICIES[pointer], "arn:aws:x:::thing")
    return {"Resources": {"Thing": {"Type": type_name, "Properties": {**value, **about}}}}


def granting(pointer: str, *actions: str) -> Json:
    statement = {**READ, "Action": list(actions)}
    return document(statement if "IoT::Policy" in pointer else {**statement, "Principal": FRIEND})


@pytest.mark.parametrize("pointer", POLICIES)
def test_each_property_is_judged(pointer: str) -> None:
    old = holding(pointer, granting(pointer, "s3:GetObject"))
    new = holding(pointer, granting(pointer, "s3:GetObject", "s3:PutObject"))
    (finding,) = compared(old, new).findings
    assert finding.location.place.path[1] == "Thing"
    assert "s3:PutObject" in finding.witness.action
    assert answer(new, old) == "NO_EXPANSION"


@pytest.mark.parametrize("pointer", POLICIES)
def test_a_policy_written_as_json_text_is_the_same(pointer: str) -> None:
    policy = granting(pointer, "s3:GetObject")
    assert answer(holding(pointer, policy), holding(pointer, json.dumps(policy))) == "NO_EXPANSION"


@pytest.mark.parametrize("pointer", RECORDED["other_languages"])
def test_another_language_is_not_guessed_at(pointer: str) -> None:
    POLICIES.setdefault(pointer, [])
    try:
        old, new = holding(pointer, '"one"'), holding(pointer, '"other"')
        assert answer(old, new) == "UNKNOWN"
        assert answer(old, old) == "NO_EXPANSION"
    finally:
        del POLICIES[pointer]


def test_a_type_that_nobody_has_listed_is_looked_through() -> None:
    def custom(action: str) -> Json:
        policy = document({**READ, "Action": action, "Principal": FRIEND})
        return template(Thing=resource("New::Thing", Access={"Document": policy}))

    assert answer(custom("s3:GetObject"), custom("s3:*")) == "EXPANSION"


def test_a_policy_that_names_its_thing_in_another_way_is_judged() -> None:
    def vectors(action: str) -> Json:
        policy = document({**READ, "Action": action, "Principal": FRIEND})
        return template(Thing=resource("S3Vectors::VectorBucketPolicy", VectorBucketName="v", Policy=policy))

    assert answer(vectors("s3vectors:GetVectors"), vectors("s3vectors:*")) == "EXPANSION"
    assert answer(vectors("s3vectors:*"), vectors("s3vectors:GetVectors")) == "NO_EXPANSION"


@pytest.mark.parametrize(
    "account", [{"Ref": "AWS::AccountId"}, {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, ":root"]]}]
)
def test_the_number_of_an_account_that_is_not_known_is_its_root(account: Json) -> None:
    def key(principal: Json) -> Json:
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}
        return template(Key=resource("KMS::Key", KeyPolicy=document(statement)))

    root = key({"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"})
    assert answer(root, key(account)) == "NO_EXPANSION"
    assert answer(key(account), root) == "NO_EXPANSION"


def test_a_deny_that_is_gone_frees_what_identity_policies_allow() -> None:
    def bucket(*statements: Json) -> Json:
        policy = resource("S3::BucketPolicy", Bucket="data", PolicyDocument=document(*statements))
        return template(Policy=policy)

    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    friend = {**READ, "Principal": FRIEND}
    (finding,) = compared(bucket(friend, deny), bucket(friend)).findings
    assert finding.cause == "deny-weakened"
    assert answer(bucket(deny), template()) == "EXPANSION"
    assert answer(bucket(friend), bucket(friend, deny)) == "NO_EXPANSION"


def test_a_key_without_a_policy_trusts_its_account() -> None:
    root = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}
    own: Json = {"Effect": "Allow", "Principal": root, "Resource": "*"}
    whole = template(Key=resource("KMS::Key", KeyPolicy=document({**own, "Action": "kms:*"})))
    narrow = template(Key=resource("KMS::Key", KeyPolicy=document({**own, "Action": "kms:Decrypt"})))
    none = template(Key=resource("KMS::Key"))
    assert answer(whole, none) == "NO_EXPANSION"
    assert answer(none, whole) == "NO_EXPANSION"
    assert answer(narrow, none) == "EXPANSION"
    assert answer(template(), whole) == "NO_EXPANSION"
    own["Principal"] = {"Service": "sns.amazonaws.com"}
    assert answer(template(), template(Key=resource("KMS::Key", KeyPolicy=document({**own, "Action": "kms:*"})))) == (
        "EXPANSION"
    )


def test_a_new_endpoint_limits_and_a_wider_one_limits_less() -> None:
    def endpoint(*actions: str) -> Json:
        policy = document({"Effect": "Allow", "Principal": "*", "Action": list(actions), "Resource": "*"})
        return template(Gate=resource("EC2::VPCEndpoint", VpcId="v", ServiceName="s", PolicyDocument=policy))

    assert answer(template(), endpoint("s3:GetObject")) == "NO_EXPANSION"
    assert answer(endpoint("s3:GetObject"), endpoint("s3:*")) == "EXPANSION"
    assert answer(endpoint("s3:GetObject"), template(Gate=resource("EC2::VPCEndpoint", VpcId="v"))) == "EXPANSION"


@pytest.mark.parametrize(
    ("account", "classes", "severity"),
    [
        ({"Ref": "AWS::AccountId"}, [], "medium"),
        ({"Ref": "Partner"}, ["cross-account"], "high"),
        ("*", ["public"], "critical"),
    ],
)
def test_whom_a_key_lets_in_where_accounts_are_not_known(account: Any, classes: list[str], severity: str) -> None:
    root = {"Fn::Sub": ["arn:aws:iam::${A}:root", {"A": account}]}
    principal = "*" if account == "*" else {"AWS": root}
    old, new = (
        {
            "Parameters": {"Partner": {"Type": "String"}},
            **template(Key=resource("KMS::Key", KeyPolicy=document({**READ, "Action": action, "Principal": who}))),
        }
        for action, who in (("kms:DescribeKey", FRIEND), ("kms:Decrypt", principal))
    )
    (finding,) = compared(old, new).findings
    assert ([kind.value for kind in finding.classes], finding.severity.value) == (classes, severity)

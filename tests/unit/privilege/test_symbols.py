"""What a template leaves open: unknown values are equal only to themselves, and still give checked witnesses."""

from typing import Any

import pytest

from towpath.privilege import Answer, compare_documents
from towpath.template.value import Symbol, SymbolKind, Text

BUCKET = Symbol("${Bucket.Arn}", SymbolKind.ATTRIBUTE, "Bucket", "Arn")
OTHER = Symbol("${Other.Arn}", SymbolKind.ATTRIBUTE, "Other", "Arn")
ACCOUNT = Symbol("${AWS::AccountId}", SymbolKind.PSEUDO)
PARTITION = Symbol("${AWS::Partition}", SymbolKind.PSEUDO)
RANGE = Symbol("${Office}", SymbolKind.PARAMETER)
ROOT = Text(("arn:", PARTITION, ":iam::", ACCOUNT, ":root"))
ROLE = Text(("arn:", PARTITION, ":iam::", ACCOUNT, ":role/deploy"))


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def verdict(old: dict[str, Any], new: dict[str, Any], kind: str = "identity") -> Answer:
    return compare_documents(policy(old), policy(new), kind).verdict


@pytest.mark.parametrize(
    ("old", "new", "expands"),
    [
        (BUCKET, BUCKET, False),
        (Text((BUCKET, "/*")), Text((BUCKET, "/logs/*")), False),
        (Text((BUCKET, "/logs/*")), Text((BUCKET, "/*")), True),
        ("*", BUCKET, False),
        (BUCKET, "*", True),
        (BUCKET, OTHER, True),
        (BUCKET, "arn:aws:s3:::known", True),
        ("arn:aws:s3:::known", BUCKET, True),
    ],
)
def test_resources(old: Any, new: Any, expands: bool) -> None:
    assert verdict(allow(resource=old), allow(resource=new)) is (Answer.EXPANSION if expands else Answer.NO_EXPANSION)


@pytest.mark.parametrize(
    ("old", "new", "expands"),
    [
        (ROOT, ROLE, False),
        (ROLE, ROOT, True),
        (ROOT, ACCOUNT, False),
        (ACCOUNT, ROOT, False),
        (ROOT, "*", True),
        (BUCKET, OTHER, True),
        (BUCKET, BUCKET, False),
    ],
)
def test_principals(old: Any, new: Any, expands: bool) -> None:
    before, after = (allow(Principal={"AWS": value}) for value in (old, new))
    assert verdict(before, after, "resource") is (Answer.EXPANSION if expands else Answer.NO_EXPANSION)


def test_a_grant_limited_to_an_unknown_range_has_a_witness() -> None:
    office = {"IpAddress": {"aws:SourceIp": RANGE}}
    assert verdict(allow(Condition=office), allow(Condition=office)) is Answer.NO_EXPANSION
    assert verdict(allow(Condition=office), allow()) is Answer.EXPANSION
    assert verdict(allow("s3:PutObject", Condition=office), allow(Condition=office)) is Answer.EXPANSION


def test_a_comparison_with_an_unknown_number_that_no_request_can_pass_for_certain_is_unknown() -> None:
    few = {"NumericLessThan": {"s3:max-keys": RANGE}}
    comparison = compare_documents(policy(allow("s3:PutObject")), policy(allow(Condition=few)))
    assert comparison.verdict is Answer.UNKNOWN
    assert "does not prove it" in comparison.unknown[0].message


def test_what_is_not_known_may_be_what_a_deny_or_a_boundary_names() -> None:
    """A symbol is equal to itself for certain, but nobody can say that it is none of the texts that are written out."""
    deny = allow(resource="arn:aws:s3:::*") | {"Effect": "Deny"}
    gone = compare_documents(policy(allow(resource=BUCKET), deny), policy(allow(resource=BUCKET)))
    assert gone.verdict is Answer.UNKNOWN
    split = [allow(resource=name) | {"Effect": "Deny"} for name in ("arn:aws:s3:::a", "arn:aws:s3:::b")]
    both = allow(resource=["arn:aws:s3:::b", "arn:aws:s3:::a"]) | {"Effect": "Deny"}
    rewritten = compare_documents(policy(allow(resource=BUCKET), both), policy(allow(resource=BUCKET), *split))
    assert rewritten.verdict is Answer.NO_EXPANSION
    several = [allow(resource=["arn:aws:s3:::b", BUCKET]), allow(resource=[OTHER, BUCKET]) | {"Effect": "Deny"}]
    more = allow(["s3:PutObject", "s3:GetObject"], [OTHER, BUCKET]) | {"Effect": "Deny"}
    assert compare_documents(policy(*several), policy(several[0], more)).verdict is Answer.NO_EXPANSION


def test_a_deny_split_by_action_denies_what_it_did_of_what_is_not_known() -> None:
    where = [BUCKET, OTHER]
    allows = [allow(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::elsewhere/*", Text((BUCKET, "/*"))])]
    allows.append(allow("s3:GetObject", [OTHER, "arn:aws:s3:::elsewhere/*"]))
    denied = ["s3:GetObject", "s3:PutObject"]
    old = policy(*allows, allow(denied, where, Effect="Deny"))
    new = policy(*allows, *(allow(action, where, Effect="Deny") for action in denied))
    assert compare_documents(old, new).verdict is Answer.NO_EXPANSION


def test_a_condition_with_an_unknown_value_can_hold() -> None:
    tls = {"Bool": {"aws:SecureTransport": RANGE}}
    assert verdict(allow("s3:PutObject"), allow(Condition=tls)) is Answer.EXPANSION
    source = {"StringLike": {"aws:SourceArn": "arn:aws:*"}, "ArnLike": {"aws:SourceArn": BUCKET}}
    assert verdict(allow("s3:PutObject"), allow(Condition=source)) is Answer.UNKNOWN


def test_case_of_what_is_not_known_counts_where_it_counts() -> None:
    exact, any_case = ({f"StringEquals{way}": {"aws:PrincipalTag/t": RANGE}} for way in ("", "IgnoreCase"))
    assert verdict(allow(Condition=any_case), allow(Condition=exact)) is Answer.NO_EXPANSION
    assert verdict(allow(Condition=exact), allow(Condition=any_case)) is Answer.EXPANSION

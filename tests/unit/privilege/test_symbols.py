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


def allow(action: str = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
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

"""Every condition operator and set qualifier, row by row: one condition, one request context, does it match?

Each row is asked twice: of the point evaluator, and of the engine (a policy that allows exactly this context must be
contained in the policy with the condition, or must not be). Sources:
[ops] https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
[sets] https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
[vars] https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from typing import Any

import pytest

from towpath.privilege import Answer, compare_documents, explain

TAG = "aws:PrincipalTag/team"
KEYS = "aws:TagKeys"
IP = "aws:SourceIp"
NUMBER = "s3:max-keys"
TIME = "aws:CurrentTime"
ARN = "aws:SourceArn"
TLS = "aws:SecureTransport"
UNKNOWN = "custom:blob"

Row = tuple[str, str, Any, Any, bool]

# operator, key, policy value, request value (None: absent), matches
STRINGS: list[Row] = [
    ("StringEquals", TAG, "red", "red", True),
    ("StringEquals", TAG, "red", "Red", False),
    ("StringEquals", TAG, ["red", "blue"], "blue", True),
    ("StringEquals", TAG, "re*", "red", False),
    ("StringEquals", TAG, "re*", "re*", True),
    ("StringEquals", TAG, "red", None, False),
    ("StringNotEquals", TAG, "red", "blue", True),
    ("StringNotEquals", TAG, ["red", "blue"], "blue", False),
    ("StringNotEquals", TAG, "red", None, True),
    ("StringEqualsIgnoreCase", TAG, "Red", "rED", True),
    ("StringEqualsIgnoreCase", TAG, "Red", "reds", False),
    ("StringNotEqualsIgnoreCase", TAG, "Red", "rED", False),
    ("StringNotEqualsIgnoreCase", TAG, "Red", None, True),
    ("StringLike", TAG, "r*d", "red", True),
    ("StringLike", TAG, "r?d", "rd", False),
    ("StringLike", TAG, "r?d", "rad", True),
    ("StringLike", TAG, "R*", "red", False),
    ("StringLike", TAG, "*", None, False),
    ("StringLike", TAG, "a${*}b", "a*b", True),
    ("StringLike", TAG, "a${*}b", "axb", False),
    ("StringLike", TAG, "a${?}b", "a?b", True),
    ("StringLike", TAG, "a${$}{b}", "a${b}", True),
    ("StringNotLike", TAG, "r*", "red", False),
    ("StringNotLike", TAG, "r*", "blue", True),
    ("StringNotLike", TAG, "r*", None, True),
    ("stringequals", TAG, "red", "red", True),
    ("StringEquals", "AWS:principaltag/TEAM", "red", "red", True),
]
IF_EXISTS: list[Row] = [
    ("StringEqualsIfExists", TAG, "red", None, True),
    ("StringEqualsIfExists", TAG, "red", "blue", False),
    ("StringNotEqualsIfExists", TAG, "red", "red", False),
    ("NumericLessThanIfExists", NUMBER, "10", None, True),
    ("NumericLessThanIfExists", NUMBER, "10", "10", False),
    ("BoolIfExists", TLS, "true", None, True),
    ("BoolIfExists", TLS, "true", "false", False),
    ("IpAddressIfExists", IP, "10.0.0.0/8", None, True),
    ("ArnLikeIfExists", ARN, "arn:aws:sns:*:*:t", None, True),
]
NUMBERS: list[Row] = [
    ("NumericEquals", NUMBER, "10", "10", True),
    ("NumericEquals", NUMBER, "10", "10.0", True),
    ("NumericEquals", NUMBER, ["1", "2"], "2", True),
    ("NumericNotEquals", NUMBER, "10", "10", False),
    ("NumericNotEquals", NUMBER, "10", "11", True),
    ("NumericNotEquals", NUMBER, "10", None, True),
    ("NumericLessThan", NUMBER, "10", "9.5", True),
    ("NumericLessThan", NUMBER, "10", "10", False),
    ("NumericLessThanEquals", NUMBER, "10", "10", True),
    ("NumericGreaterThan", NUMBER, "10", "10", False),
    ("NumericGreaterThanEquals", NUMBER, "10", "10", True),
    ("NumericLessThan", NUMBER, ["10", "20"], "15", True),
    ("NumericLessThan", NUMBER, "10", None, False),
    ("NumericLessThan", NUMBER, "ten", "5", False),
]
DATES: list[Row] = [
    ("DateEquals", TIME, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
    ("DateEquals", TIME, "1767225600", "2026-01-01T00:00:00Z", True),
    ("DateEquals", TIME, "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", True),
    ("DateEquals", TIME, "2026-01-01", "2026-01-01T00:00:00Z", True),
    ("DateNotEquals", TIME, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", True),
    ("DateNotEquals", TIME, "2026-01-01T00:00:00Z", None, True),
    ("DateLessThan", TIME, "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", True),
    ("DateLessThan", TIME, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", False),
    ("DateLessThanEquals", TIME, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
    ("DateGreaterThan", TIME, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", False),
    ("DateGreaterThanEquals", TIME, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
    ("DateGreaterThan", TIME, "2026-01-01T00:00:00Z", None, False),
]
ADDRESSES: list[Row] = [
    ("IpAddress", IP, "203.0.113.0/24", "203.0.113.7", True),
    ("IpAddress", IP, "203.0.113.0/24", "203.0.114.7", False),
    ("IpAddress", IP, "203.0.113.7", "203.0.113.7", True),
    ("IpAddress", IP, "2001:db8::/32", "2001:db8:1::1", True),
    ("IpAddress", IP, "0.0.0.0/0", "2001:db8::1", False),
    ("IpAddress", IP, ["10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", True),
    ("IpAddress", IP, "10.0.0.0/8", None, False),
    ("NotIpAddress", IP, "203.0.113.0/24", "203.0.113.7", False),
    ("NotIpAddress", IP, "203.0.113.0/24", "2001:db8::1", True),
    ("NotIpAddress", IP, "203.0.113.0/24", None, True),
]
ARNS: list[Row] = [
    ("ArnEquals", ARN, "arn:aws:sns:*:111122223333:t", "arn:aws:sns:us-east-1:111122223333:t", True),
    ("ArnLike", ARN, "arn:aws:sns:*:111122223333:t", "arn:aws:sns:us-east-1:111122223333:t", True),
    ("ArnLike", ARN, "arn:aws:sns:*:t", "arn:aws:sns:us-east-1:111122223333:t", False),
    ("ArnLike", ARN, "arn:aws:logs:*:*:log-group:*", "arn:aws:logs:us-east-1:1:log-group:g:*", True),
    ("ArnLike", ARN, "arn:aws:s3:::b?cket", "arn:aws:s3:::bucket", True),
    ("ArnNotEquals", ARN, "arn:aws:sns:*:*:t", "arn:aws:sns:us-east-1:1:t", False),
    ("ArnNotLike", ARN, "arn:aws:sns:*:*:t", "arn:aws:sns:us-east-1:1:u", True),
    ("ArnNotLike", ARN, "arn:aws:sns:*:*:t", None, True),
]
OTHERS: list[Row] = [
    ("Bool", TLS, "true", "true", True),
    ("Bool", TLS, "True", "true", True),
    ("Bool", TLS, "true", "false", False),
    ("Bool", TLS, "false", None, False),
    ("Bool", TLS, ["true", "false"], "false", True),
    ("BinaryEquals", UNKNOWN, "QmluYXJ5", "QmluYXJ5", True),
    ("BinaryEquals", UNKNOWN, "QmluYXJ5", "QmluYXJz", False),
    ("BinaryEquals", UNKNOWN, "QmluYXJ5", None, False),
    ("Null", TAG, "true", None, True),
    ("Null", TAG, "true", "red", False),
    ("Null", TAG, "false", "red", True),
    ("Null", TAG, "false", None, False),
    ("Null", KEYS, "false", ["a"], True),
]
SETS: list[Row] = [
    ("ForAllValues:StringEquals", KEYS, ["a", "b"], ["a"], True),
    ("ForAllValues:StringEquals", KEYS, ["a", "b"], ["a", "b"], True),
    ("ForAllValues:StringEquals", KEYS, ["a", "b"], ["a", "c"], False),
    ("ForAllValues:StringEquals", KEYS, ["a", "b"], None, True),
    ("ForAllValues:StringLike", KEYS, "a*", ["ab", "ac"], True),
    ("ForAllValues:StringNotEquals", KEYS, ["a", "b"], ["c"], True),
    ("ForAllValues:StringNotEquals", KEYS, ["a", "b"], ["a", "c"], False),
    ("ForAnyValue:StringEquals", KEYS, ["a", "b"], ["a", "c"], True),
    ("ForAnyValue:StringEquals", KEYS, ["a", "b"], ["c", "d"], False),
    ("ForAnyValue:StringEquals", KEYS, ["a", "b"], None, False),
    ("ForAnyValue:StringNotEquals", KEYS, ["a", "b"], ["a", "c"], True),
    ("ForAnyValue:StringNotEquals", KEYS, ["a", "b"], ["a", "b"], False),
    ("ForAnyValue:StringNotEquals", KEYS, ["a", "b"], None, False),
    ("ForAnyValue:StringEqualsIfExists", KEYS, "a", None, True),
    ("forallvalues:stringequals", KEYS, "a", ["a"], True),
    ("ForAllValues:StringEquals", TAG, "red", "red", True),
    ("ForAllValues:StringEquals", TAG, "red", None, True),
    ("ForAnyValue:StringEquals", TAG, "red", "red", True),
]
ROWS = [*STRINGS, *IF_EXISTS, *NUMBERS, *DATES, *ADDRESSES, *ARNS, *OTHERS, *SETS]


def policy(condition: dict[str, Any]) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": statement}


def only(key: str, value: Any) -> dict[str, Any]:
    """A condition that is true when the key has exactly this value, or is absent."""
    if value is None:
        return {"Null": {key: "true"}}
    if not isinstance(value, str):
        first, *rest = map(str, value)
        some = {"ForAnyValue:StringEquals": {key: first}} | ({"ForAnyValue:StringLike": {key: rest}} if rest else {})
        return {"ForAllValues:StringEquals": {key: [first, *rest]}, **some}
    operators = {NUMBER: "NumericEquals", TIME: "DateEquals", IP: "IpAddress"}
    return {operators.get(key, "StringEquals"): {key: value.replace("$", "${$}")}}


@pytest.mark.parametrize(("operator", "key", "value", "given", "matches"), ROWS)
def test_the_evaluator(operator: str, key: str, value: Any, given: Any, matches: bool) -> None:
    context = {} if given is None else {key: given}
    request = {"action": "s3:ListBucket", "resource": "arn:aws:s3:::b", "context": context}
    assert explain(request, policy({operator: {key: value}})).allowed is matches


@pytest.mark.parametrize(("operator", "key", "value", "given", "matches"), ROWS)
def test_the_engine(operator: str, key: str, value: Any, given: Any, matches: bool) -> None:
    answer = compare_documents(policy({operator: {key: value}}), policy(only(key, given))).verdict
    assert answer is (Answer.NO_EXPANSION if matches else Answer.EXPANSION)

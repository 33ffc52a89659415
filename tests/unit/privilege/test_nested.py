"""Nested stacks that got another logical id, are new or are gone."""

import pytest

from tests.unit.privilege.gathering.templates import READ, WRITE, Json, answer, compared, resource, role, template

URL = "https://b.s3.amazonaws.com/{}.json"
DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::data/*"}


def parent(**stacks: str) -> Json:
    inner = {name: resource("CloudFormation::Stack", TemplateURL=URL.format(url)) for name, url in stacks.items()}
    return template(**inner)


def attached(*statements: Json) -> Json:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return template(Policy=resource("S3::BucketPolicy", PolicyDocument=document, Bucket="data"))


INNER: dict[str, Json] = {
    "read": template(Worker=role(READ)),
    "same": template(Worker=role(READ)),
    "write": template(Worker=role(READ, WRITE)),
    "other": template(Other=role(WRITE)),
    "deny": attached(DENY),
}


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ({"A": "read"}, {"B": "read"}, "NO_EXPANSION"),
        ({"A": "read", "B": "other"}, {"C": "other", "D": "same"}, "NO_EXPANSION"),
        ({"A": "read", "B": "other"}, {"C": "write", "D": "other"}, "EXPANSION"),
        ({"A": "read"}, {"A": "read", "B": "other"}, "EXPANSION"),
        ({"A": "read", "B": "other"}, {"A": "read"}, "NO_EXPANSION"),
        ({"A": "read", "B": "deny"}, {"A": "read"}, "EXPANSION"),
    ],
)
def test_a_nested_stack_is_known_by_its_template(old: dict[str, str], new: dict[str, str], verdict: str) -> None:
    assert answer(parent(**old), parent(**new), nested=INNER) == verdict


def test_what_a_stack_that_is_gone_granted_is_told_as_removed() -> None:
    found = compared(parent(A="read", B="other"), parent(A="read"), nested=INNER)
    assert [item.subject for item in found.removed] == ["B: role ${Other}"]


def test_a_stack_that_is_gone_and_was_not_read_may_have_denied_something() -> None:
    (reason,) = compared(parent(A="read", B="elsewhere"), parent(A="read"), nested=INNER).unknown
    assert reason.code == "privilege-nested-unknown"
    assert "B" in reason.message

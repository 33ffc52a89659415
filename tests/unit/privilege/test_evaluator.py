"""The point evaluator on its own: AWS's evaluation order, and that no pattern can keep it busy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

import time
from typing import Any

import pytest

from towpath.privilege import PolicyError, Request, explain
from towpath.privilege.principals import Principal

ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Sid": "Yes"}
DENY: dict[str, Any] = {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*", "Sid": "No"}
READ = Request("s3:GetObject", "arn:aws:s3:::b/k")
DELETE = Request("s3:DeleteObject", "arn:aws:s3:::b/k")


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_without_an_allow_everything_is_denied() -> None:
    decision = explain(READ, policy())
    assert not decision.allowed
    assert "implicitly" in decision.explanation


def test_an_allow_allows_and_is_named() -> None:
    decision = explain(READ, policy(ALLOW))
    assert decision.allowed
    assert 'statement "Yes"' in decision.explanation


@pytest.mark.parametrize("statements", [(ALLOW, DENY), (DENY, ALLOW)])
def test_a_deny_wins_wherever_it_stands(statements: tuple[dict[str, Any], ...]) -> None:
    decision = explain(DELETE, policy(*statements))
    assert not decision.allowed
    assert 'explicitly by statement "No"' in decision.explanation
    assert explain(READ, policy(*statements)).allowed


def test_a_deny_in_another_document_wins_too() -> None:
    assert not explain(DELETE, [policy(ALLOW), policy(DENY)]).allowed


def test_a_boundary_must_allow_as_well() -> None:
    reading = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
    assert explain(READ, policy(ALLOW), boundary=policy(reading)).allowed
    decision = explain(DELETE, policy(ALLOW), boundary=policy(reading))
    assert not decision.allowed
    assert "boundary" in decision.explanation
    assert not explain(DELETE, policy(ALLOW), boundary=policy(ALLOW, DENY)).allowed


def test_a_request_can_be_given_as_json() -> None:
    asked = {
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/k",
        "principal": {"AWS": "arn:aws:iam::111122223333:user/ann"},
        "context": {"aws:SecureTransport": True, "aws:TagKeys": ["a", "b"]},
    }
    request = Request.from_json(asked)
    assert request.principal == Principal("AWS", "arn:aws:iam::111122223333:user/ann")
    assert request.context == {"aws:SecureTransport": "true", "aws:TagKeys": ("a", "b")}
    assert Request.from_json(request.to_json()) == request
    by_account = {**ALLOW, "Principal": {"AWS": "111122223333"}}
    assert explain(asked, policy(by_account), "resource").allowed
    assert not explain(asked, policy({**ALLOW, "Principal": {"AWS": "444455556666"}}), "resource").allowed


@pytest.mark.parametrize(
    "asked", [{}, {"resource": "x"}, {"action": "a", "context": []}, {"action": "a", "context": 1}]
)
def test_what_is_no_request_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        explain(asked, policy(ALLOW))


def test_wildcards_do_not_backtrack() -> None:
    greedy = {**ALLOW, "Resource": "a*" * 40 + "b"}
    started = time.process_time()
    assert not explain(Request("s3:GetObject", "a" * 2_000), policy(greedy)).allowed
    assert explain(Request("s3:GetObject", "a" * 2_000 + "b"), policy(greedy)).allowed
    assert time.process_time() - started < 1

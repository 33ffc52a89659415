"""IAM Access Analyzer as the second opinion: what it is asked, and that no answer is never a yes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber

from towpath.aws.access_analyzer import AccessAnalyzerOpinion

OLD = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
NEW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
ASKED = {
    "existingPolicyDocument": json.dumps(OLD),
    "newPolicyDocument": json.dumps(NEW),
    "policyType": "IDENTITY_POLICY",
}


@pytest.fixture
def stubbed() -> Iterator[tuple[AccessAnalyzerOpinion, Stubber]]:
    names = {"region_name": "eu-west-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = cast(Any, boto3).client("accessanalyzer", **names)
    with Stubber(client) as stub:
        yield AccessAnalyzerOpinion(client), stub
        stub.assert_no_pending_responses()


def ask(judge: AccessAnalyzerOpinion, *, names_principals: bool = False) -> Any:
    return judge.no_new_access(OLD, NEW, names_principals=names_principals)


@pytest.mark.parametrize(("result", "allows_new"), [("PASS", False), ("FAIL", True)])
def test_its_answer_is_told_with_its_reasons(stubbed: Any, result: str, allows_new: bool) -> None:
    judge, stub = stubbed
    answer = {
        "result": result,
        "message": "So it is.",
        "reasons": [{"description": "Statement 0.", "statementIndex": 0}],
    }
    stub.add_response("check_no_new_access", answer, ASKED)
    found = ask(judge)
    assert found.allows_new is allows_new
    assert found.says == f"CheckNoNewAccess: {result}. So it is. Statement 0."


def test_policies_that_name_principals_are_resource_policies(stubbed: Any) -> None:
    judge, stub = stubbed
    stub.add_response("check_no_new_access", {"result": "PASS"}, {**ASKED, "policyType": "RESOURCE_POLICY"})
    assert ask(judge, names_principals=True).allows_new is False


@pytest.mark.parametrize(
    ("code", "status"),
    [("ThrottlingException", 429), ("AccessDeniedException", 403), ("InternalServerException", 500), ("Other", 503)],
)
def test_a_service_that_does_not_answer_is_asked_once(stubbed: Any, code: str, status: int) -> None:
    judge, stub = stubbed
    stub.add_client_error("check_no_new_access", code, "Not now.", http_status_code=status)
    for _ in range(2):
        found = ask(judge)
        assert found.allows_new is None
        assert code in found.says or "Not now." in found.says


@pytest.mark.parametrize("code", ["ValidationException", "InvalidParameterException", "UnprocessableEntityException"])
def test_a_policy_that_it_does_not_take_is_no_reason_not_to_ask_about_the_next(stubbed: Any, code: str) -> None:
    judge, stub = stubbed
    stub.add_client_error("check_no_new_access", code, "Bad policy.", http_status_code=400)
    stub.add_response("check_no_new_access", {"result": "PASS"}, ASKED)
    first = ask(judge)
    assert first.allows_new is None
    assert "does not take the policy" in first.says
    assert ask(judge).allows_new is False


@pytest.mark.parametrize("answer", [{}, {"message": "Hm."}])
def test_an_answer_without_a_result_is_no_opinion(stubbed: Any, answer: dict[str, Any]) -> None:
    judge, stub = stubbed
    stub.add_response("check_no_new_access", answer, ASKED)
    assert ask(judge).allows_new is None

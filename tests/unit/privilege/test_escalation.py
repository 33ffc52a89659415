"""Escalation paths: reported when the change completes them, silent when they were there or are not complete."""

import json
from importlib.resources import files
from typing import Any

import pytest

from towpath.privilege import compare_documents
from towpath.privilege.catalogue import action


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def paths(old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    return {path.id for finding in compare_documents(old, new).findings for path in finding.escalations}


LAMBDA = "iam:passrole+lambda:createfunction+lambda:invokefunction"
CREATE = allow(["lambda:CreateFunction", "lambda:InvokeFunction"])
PASS = allow("iam:PassRole", "arn:aws:iam::111122223333:role/a")


def test_every_step_of_every_path_is_an_action() -> None:
    text = files("towpath.privilege").joinpath("data", "escalation_paths.json").read_text(encoding="utf-8")
    steps = {step for entry in json.loads(text)["paths"] for step in entry["steps"]}
    assert len(steps) > 80
    for step in steps:
        found = action(step)
        assert found is not None, step
        assert found.name == step


@pytest.mark.parametrize("before", [[PASS], [CREATE], []])
def test_whatever_step_comes_last_completes_the_path(before: list[dict[str, Any]]) -> None:
    assert LAMBDA in paths(policy(*before), policy(PASS, CREATE))


def test_a_path_that_was_there_is_not_completed_again() -> None:
    more = allow("lambda:CreateEventSourceMapping")
    assert paths(policy(PASS, CREATE), policy(PASS, CREATE, allow("s3:GetObject"))) == set()
    assert LAMBDA not in paths(policy(PASS, CREATE), policy(PASS, CREATE, more))


def test_a_path_with_a_missing_step_is_not_complete() -> None:
    assert LAMBDA not in paths(policy(PASS), policy(PASS, allow("lambda:CreateFunction")))


def test_passing_further_roles_completes_the_path_to_them() -> None:
    assert LAMBDA in paths(policy(PASS, CREATE), policy(allow("iam:PassRole"), CREATE))


def test_a_role_that_cannot_be_passed_to_the_service_completes_nothing() -> None:
    elsewhere = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    assert LAMBDA not in paths(policy(CREATE), policy(CREATE, allow("iam:PassRole", Condition=elsewhere)))


def test_a_deny_keeps_a_path_incomplete() -> None:
    deny = {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}
    assert LAMBDA not in paths(policy(deny), policy(deny, PASS, CREATE))
    assert LAMBDA in paths(policy(deny, PASS, CREATE), policy(PASS, CREATE))


def test_managing_ones_own_keys_is_no_escalation_and_managing_others_is() -> None:
    own = allow("iam:CreateAccessKey", "arn:aws:iam::111122223333:user/${aws:username}")
    assert paths(policy(), policy(own)) == set()
    assert paths(policy(own), policy(allow("iam:CreateAccessKey"))) == {"iam:createaccesskey"}

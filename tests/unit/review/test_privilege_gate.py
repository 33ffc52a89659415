"""The privilege gate: a proof passes, anything else waits with the new access and a request; it never fails."""

import json
import subprocess
import sys
from typing import Any

import pytest

import towpath.review.privilege_gate as gate
from towpath.review.privilege_gate import judge_privileges
from towpath.verdict import Outcome

Json = dict[str, Any]


def template(*actions: str, **properties: Any) -> Json:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:s3:::data/*"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [policy], **properties}}
    return {"Resources": {"Worker": role}}


NARROW, WIDE = template("s3:GetObject"), template("s3:GetObject", "s3:PutObject")


def test_a_proof_passes() -> None:
    verdict, comparison = judge_privileges(WIDE, NARROW, {}, {})
    assert verdict.is_passed
    assert comparison["verdict"] == "NO_EXPANSION"


def test_an_expansion_says_the_new_access_where_it_stands_and_a_request() -> None:
    verdict, comparison = judge_privileges(NARROW, WIDE, {}, {})
    (reason,) = verdict.reasons
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert reason.code == "privilege-grant-added"
    assert "role ${Worker}" in reason.message
    assert "s3:PutObject on arn:aws:s3:::data/example" in reason.message
    assert "Resources.Worker.Properties.Policies[0].PolicyDocument.Statement[0]" in reason.where
    assert comparison["findings"][0]["witness"]["action"] == "s3:PutObject"


def test_a_first_release_is_new_as_a_whole() -> None:
    verdict, _ = judge_privileges(None, NARROW, {}, {})
    assert len(verdict.reasons) == 1


def test_what_is_not_known_is_inconclusive() -> None:
    arn = "arn:aws:iam::111122223333:policy/somebody-elses"
    verdict, comparison = judge_privileges(NARROW, template("s3:GetObject", ManagedPolicyArns=[arn]), {}, {})
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert comparison["verdict"] == "UNKNOWN"
    assert arn in verdict.reasons[0].message


def test_parameters_count() -> None:
    old = template("s3:GetObject")
    old["Resources"]["Worker"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"] = {"Ref": "A"}
    old["Parameters"] = {"A": {"Type": "String"}}
    assert judge_privileges(old, old, {"A": "s3:GetObject"}, {"A": "s3:GetObject"})[0].is_passed
    assert not judge_privileges(old, old, {"A": "s3:GetObject"}, {"A": "s3:*"})[0].is_passed


def test_a_failure_of_the_comparison_holds_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("unexpected")

    monkeypatch.setattr(gate, "compare_templates", broken)
    verdict, comparison = judge_privileges(NARROW, NARROW, {}, {})
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reasons[0].code == "privilege-comparison-failed"
    assert comparison["verdict"] == "UNKNOWN"


_PROGRAM = """
import json, sys
from towpath.review.privilege_gate import judge_privileges
old, new = json.load(sys.stdin)
verdict, comparison = judge_privileges(old, new, {}, {})
print(json.dumps([verdict.to_json(), comparison], sort_keys=True))
"""


def test_every_process_says_the_same() -> None:
    """An approval is bound to a digest over these words, which another process computes again."""
    new = template("s3:*", "sqs:Send*", "iam:PassRole", "lambda:*", ManagedPolicyArns=["arn:aws:iam::1:policy/b", "x"])
    said = {
        subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            input=json.dumps([NARROW, new]),
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1

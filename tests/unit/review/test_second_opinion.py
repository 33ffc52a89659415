"""The second opinion: what is asked, that a dissent or a silence never passes, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.review.test_plan import BASIS, SUBJECT
from towpath.review.assessment import GateSettings, assess
from towpath.review.gates import Decision, Otherwise
from towpath.review.masking import Mask
from towpath.review.plan import Plan
from towpath.review.ports import Opinion
from towpath.review.rendering import render_html, render_markdown, render_text
from towpath.review.second_opinion import MOST_QUESTIONS, SecondLook, second_look
from towpath.template.pseudo import PseudoParameters
from towpath.verdict import Outcome

Json = dict[str, Any]
PLACE = PseudoParameters(account_id="111122223333", region="eu-west-1")
PASS, FAIL, SILENT = Opinion(False, "PASS."), Opinion(True, "FAIL."), Opinion(None, "Throttled.")


class Judge:
    """Answers each question alike, and remembers what it was asked."""

    def __init__(self, opinion: Opinion) -> None:
        self.opinion = opinion
        self.asked: list[tuple[Json, Json, bool]] = []

    def no_new_access(self, old: Mapping[str, Any], new: Mapping[str, Any], *, names_principals: bool) -> Opinion:
        self.asked.append((dict(old), dict(new), names_principals))
        return self.opinion


def role(action: str, resource: Any = "arn:aws:s3:::data/*", **properties: Any) -> Json:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    return {"Type": "AWS::IAM::Role", "Properties": {"Policies": [policy], **properties}}


def template(**resources: Json) -> Json:
    return {"Resources": resources}


READ, WIDE = template(Worker=role("s3:GetObject")), template(Worker=role("s3:*"))


def look(opinion: Opinion, old: Json | None, new: Json) -> tuple[SecondLook, Judge]:
    judge = Judge(opinion)
    return second_look(judge, (old, new), ({}, {}), PLACE), judge


@pytest.mark.parametrize(("old", "new", "opinion"), [(WIDE, READ, PASS), (READ, WIDE, FAIL)])
def test_agreement_passes_and_is_said(old: Json, new: Json, opinion: Opinion) -> None:
    found, judge = look(opinion, old, new)
    assert found.verdict.is_passed
    assert "asked about 1 changed policies, 1 of them without dissent" in found.notices[0]
    ((before, after, names_principals),) = judge.asked
    assert before["Statement"][0]["Action"] != after["Statement"][0]["Action"]
    assert not names_principals


@pytest.mark.parametrize(
    ("old", "new", "opinion", "ours", "theirs"),
    [
        (WIDE, READ, FAIL, "NO_EXPANSION", "new access (FAIL.)"),
        (READ, WIDE, PASS, "EXPANSION", "no new access (PASS.)"),
    ],
)
def test_a_disagreement_has_both_answers(old: Json, new: Json, opinion: Opinion, ours: str, theirs: str) -> None:
    found, _ = look(opinion, old, new)
    (reason,) = found.verdict.reasons
    assert found.verdict.outcome is Outcome.INCONCLUSIVE
    assert reason.code == "privilege-opinions-differ"
    assert f"Towpath says {ours} (" in reason.message
    assert theirs in reason.message
    assert "role ${Worker}" in reason.message


def test_an_opinion_that_was_not_given_is_inconclusive() -> None:
    found, _ = look(SILENT, WIDE, READ)
    (reason,) = found.verdict.reasons
    assert reason.code == "privilege-opinion-missing"
    assert "Throttled." in reason.message


def test_templates_that_cannot_be_gathered_leave_the_opinion_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("towpath.review.second_opinion.known_policies", fails)
    found, judge = look(PASS, WIDE, READ)
    assert not judge.asked
    assert "RecursionError: too deep" in found.verdict.reasons[0].message


def test_nothing_is_asked_where_nothing_is_or_differs() -> None:
    for old, new in ((None, READ), (READ, READ)):
        found, judge = look(FAIL, old, new)
        assert found.verdict.is_passed
        assert not judge.asked
        assert found.notices


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ({"resource": {"Fn::GetAtt": ["Table", "Arn"]}}, "not known before deployment"),
        ({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}, "attached to it by name"),
        ({"PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, "permissions boundary"),
    ],
)
def test_what_cannot_be_asked_about_is_named(properties: Json, why: str) -> None:
    found, judge = look(
        FAIL, template(Worker=role("s3:*", **properties)), template(Worker=role("s3:Get*", **properties))
    )
    assert not judge.asked
    assert found.verdict.is_passed
    assert "role ${Worker} (" in found.notices[1]
    assert why in found.notices[1]


def test_the_account_and_its_region_are_known() -> None:
    resource = {"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:q"}
    _, judge = look(PASS, template(Worker=role("sqs:*", resource)), template(Worker=role("sqs:Get*", resource)))
    assert judge.asked[0][1]["Statement"][0]["Resource"] == "arn:aws:sqs:eu-west-1:111122223333:q"


def test_trust_names_principals() -> None:
    def trusting(service: str) -> Json:
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        return template(Worker={"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}})

    found, judge = look(FAIL, trusting("lambda.amazonaws.com"), trusting("ec2.amazonaws.com"))
    assert [names for _, _, names in judge.asked] == [True]
    assert found.verdict.is_passed


def test_more_questions_than_are_asked_are_not_passed_over() -> None:
    names = [f"R{number}" for number in range(MOST_QUESTIONS + 1)]
    old, new = (template(**{name: role(action) for name in names}) for action in ("s3:*", "s3:Get*"))
    found, judge = look(PASS, old, new)
    assert len(judge.asked) == MOST_QUESTIONS
    assert [reason.code for reason in found.verdict.reasons] == ["privilege-opinion-missing"]


def planned(opinion: Opinion | None, old: Json = WIDE, new: Json = READ, **gates: Otherwise) -> Plan:
    basis = replace(BASIS, live_template=old, proposed_template=new)

    def ask(templates: Any, parameters: Any) -> SecondLook:
        assert opinion is not None
        return second_look(Judge(opinion), templates, parameters, PLACE)

    # Whatever was approved elsewhere: a dissent is looked at in each environment.
    return assess(SUBJECT, basis, GateSettings(**gates), Mask(salt=b"1"), lambda _: True, ask if opinion else None)


@pytest.mark.parametrize("opinion", [FAIL, SILENT])
def test_a_plan_waits_or_is_refused_as_the_settings_say_and_says_why(opinion: Opinion) -> None:
    found = planned(opinion)
    assert found.decision is Decision.APPROVAL_NEEDED
    assert planned(opinion, privilege=Otherwise.REFUSE).decision is Decision.REFUSED
    document = found.to_json()
    assert document["privileges"]["verdict"] == "UNKNOWN"
    for page in (render_markdown(document), render_html(document), render_text(document)):
        assert "second opinion: inconclusive" in page
        assert opinion.says in page


def test_agreement_and_no_question_pass() -> None:
    assert planned(PASS).decision is Decision.PASSED
    assert planned(None).decision is Decision.PASSED
    assert [gate.gate for gate in planned(None).gates] == [gate.gate for gate in planned(PASS).gates][:-1]


def test_the_digest_is_that_of_what_is_judged_and_not_of_who_answered() -> None:
    assert len({planned(opinion).digest for opinion in (None, PASS, FAIL, SILENT)}) == 1

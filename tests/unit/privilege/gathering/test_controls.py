"""Policies of an organization: what accounts and resources may do at most, by the targets that they are attached to."""

import json
from typing import Any

import pytest

from tests.unit.privilege.gathering.templates import Json, answer, compared, document, resource, template

NO_S3: Json = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
NO_SQS: Json = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
ONLY_S3: Json = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
ALL: Json = {"Effect": "Allow", "Action": "*", "Resource": "*"}
KINDS = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")


def control(kind: str, *statements: Json, targets: Any = ("ou-1",), as_text: bool = False) -> Json:
    own = [{**item, "Principal": "*"} if kind.startswith("RESOURCE") else item for item in statements]
    content: Any = document(*own)
    given = json.dumps(content) if as_text else content
    return resource("Organizations::Policy", Name="p", Type=kind, Content=given, TargetIds=list(targets))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("as_text", [False, True])
def test_denying_less_is_a_ceiling_that_rises(kind: str, as_text: bool) -> None:
    strict = template(P=control(kind, NO_S3, NO_SQS, as_text=as_text))
    loose = template(P=control(kind, NO_SQS, as_text=as_text))
    (finding,) = compared(strict, loose).findings
    assert [item.value for item in finding.classes] == ["ceiling"]
    assert finding.witness.action.startswith("s3:")
    assert str(finding.location).startswith("new") or "Resources.P" in str(finding.location)
    assert answer(loose, strict) == "NO_EXPANSION"


@pytest.mark.parametrize("kind", KINDS)
def test_a_control_that_is_gone_or_lost_a_target_is_an_expansion(kind: str) -> None:
    both, one = (template(P=control(kind, NO_S3, targets=targets)) for targets in (("ou-1", "ou-2"), ("ou-1",)))
    (finding,) = compared(both, one).findings
    assert "ou-2" in finding.subject
    assert answer(one, both) == "NO_EXPANSION"
    assert answer(one, template()) == "EXPANSION"
    assert answer(template(), one) == "NO_EXPANSION"


@pytest.mark.parametrize("kind", KINDS)
def test_one_policy_may_be_split_into_two(kind: str) -> None:
    one = template(P=control(kind, NO_S3, NO_SQS))
    two = template(Q=control(kind, NO_S3), R=control(kind, NO_SQS))
    assert answer(one, two) == "NO_EXPANSION"
    assert answer(two, one) == "NO_EXPANSION"
    assert answer(two, template(Q=control(kind, NO_S3))) == "EXPANSION"


def test_a_list_of_what_is_allowed_counts_as_it_is() -> None:
    kind = KINDS[0]
    narrow, wide = template(P=control(kind, ONLY_S3)), template(P=control(kind, ALL))
    assert answer(narrow, wide) == "EXPANSION"
    assert answer(wide, narrow) == "NO_EXPANSION"


def test_other_kinds_of_policies_are_not_mixed_in() -> None:
    tags = template(P=resource("Organizations::Policy", Name="p", Type="TAG_POLICY", Content={"tags": {}}))
    assert answer(template(), tags) == "NO_EXPANSION"
    service, other = (template(P=control(kind, NO_S3)) for kind in KINDS)
    assert answer(service, other) == "EXPANSION"


def test_content_that_is_not_known_is_not_understood() -> None:
    unknown: Json = {"Fn::ImportValue": "policy"}
    policy = resource("Organizations::Policy", Name="p", Type=KINDS[0], Content=unknown, TargetIds=["ou-1"])
    assert answer(template(P=control(KINDS[0], NO_S3)), template(P=policy)) == "UNKNOWN"
    assert answer(template(P=policy), template(P=policy)) == "NO_EXPANSION"

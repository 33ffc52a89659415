"""Whom an ARN in the settings covers."""

import pytest

from towpath.promotion.principal import covers, overlap

ROLE = "arn:aws:iam::111111111111:role/Reviewer"
PATHED = "arn:aws:iam::111111111111:role/aws-reserved/sso/Reviewer"
ANY = "arn:aws:sts::111111111111:assumed-role/Reviewer/*"
ALICE = "arn:aws:sts::111111111111:assumed-role/Reviewer/alice"
BOB = "arn:aws:sts::111111111111:assumed-role/Reviewer/bob"
USER = "arn:aws:iam::111111111111:user/alice"


@pytest.mark.parametrize(
    ("allowed", "caller", "covered"),
    [
        (ROLE, ALICE, True),
        (PATHED, ALICE, True),
        (ANY, ALICE, True),
        (ALICE, ALICE, True),
        (USER, USER, True),
        (ALICE, BOB, False),
        (ROLE, "arn:aws:sts::222222222222:assumed-role/Reviewer/alice", False),
        (ROLE, "arn:aws-cn:sts::111111111111:assumed-role/Reviewer/alice", False),
        (ROLE, "arn:aws:sts::111111111111:assumed-role/Reviewer2/alice", False),
        (ROLE, USER, False),
        (USER, ALICE, False),
        (ROLE, "", False),
        (USER, "arn:aws:iam::111111111111:root", False),
    ],
)
def test_covers(allowed: str, caller: str, covered: bool) -> None:
    assert covers(allowed, caller) is covered


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [(ROLE, ALICE, True), (ANY, ALICE, True), (ANY, PATHED, True), (ALICE, BOB, False), (USER, ROLE, False)],
)
def test_overlap_does_not_depend_on_the_order(one: str, other: str, shared: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is shared

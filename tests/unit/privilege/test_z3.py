"""The engine against z3, which is asked the whole question as one formula: opinions that share no code must agree."""

from typing import Any

from hypothesis import given, settings

from tests.unit.privilege.small_universe import documents
from tests.unit.privilege.z3_opinion import has_more
from towpath.privilege import Answer, compare_documents

PATIENCE_MS = 2_000
POSSIBLE = {Answer.NO_EXPANSION: {False, None}, Answer.EXPANSION: {True, None}, Answer.UNKNOWN: {True, False, None}}


@settings(max_examples=40)
@given(documents(), documents())
def test_z3_says_the_same(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert has_more(old, new, milliseconds=PATIENCE_MS) in POSSIBLE[compare_documents(old, new).verdict]


def test_z3_knows_what_the_opinion_is_asked_about() -> None:
    """An opinion that is always `None` would agree with everything."""
    read: dict[str, Any] = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "a*"}
    few, more = ({"Version": "2012-10-17", "Statement": [{**read, "Resource": text}]} for text in ("ab*", "a*"))
    assert has_more(few, more, milliseconds=PATIENCE_MS) is True
    assert has_more(more, few, milliseconds=PATIENCE_MS) is False
    tagged = {"Condition": {"StringLike": {"aws:username": "${aws:PrincipalTag/t}*"}}}
    owned = {"Version": "2012-10-17", "Statement": [{**read, **tagged}]}
    assert has_more(owned, more, milliseconds=PATIENCE_MS) is True
    assert has_more(more, owned, milliseconds=PATIENCE_MS) is False

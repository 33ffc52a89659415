"""What holds for every comparison of documents, whatever they say: `compare_documents` as an order on policies.

The order is judged through the public function, for each kind of policy. UNKNOWN contradicts nothing; what may not be
is a verdict that contradicts another one, or a request of the small universe that contradicts two of them.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.unit.privilege.small_universe import documents, keys_of, requests
from towpath.privilege import Answer, compare_documents
from towpath.privilege.evaluator import Evaluator
from towpath.privilege.parse import parse_policy
from towpath.privilege.statement import Kind

Document = dict[str, Any]

LAW = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
KINDS = pytest.mark.parametrize("kind", list(Kind))


def verdict(old: Document, new: Document, kind: Kind) -> Answer:
    return compare_documents(old, new, kind.value).verdict


def drawn(data: st.DataObject, kind: Kind, *, most: int = 2) -> Document:
    """A document of the kind; a trust policy names no resource."""
    document = data.draw(documents(principals=kind.names_principals, most=most, conditions=1))
    if kind is Kind.TRUST:
        for statement in document["Statement"]:
            statement.pop("Resource", None)
            statement.pop("NotResource", None)
    return document


def of(document: Document, statements: Iterable[Any]) -> Document:
    return {**document, "Statement": list(statements)}


def with_effect(document: Document, effect: str) -> list[Any]:
    return [statement for statement in document["Statement"] if statement["Effect"] == effect]


@KINDS
@LAW
@given(st.data())
def test_nothing_is_more_than_itself(kind: Kind, data: st.DataObject) -> None:
    document = drawn(data, kind, most=3)
    assert verdict(document, document, kind) is Answer.NO_EXPANSION


@KINDS
@LAW
@given(st.data())
def test_what_is_less_than_less_is_less(kind: Kind, data: st.DataObject) -> None:
    """The chain is made by taking Allows away and adding Denies, then told in another order; the ends are compared."""
    most = drawn(data, kind, most=3)
    middle, least = most, most
    for name in ("middle", "least"):
        extra = with_effect(drawn(data, kind), "Deny")
        kept = [item for item in middle["Statement"] if item["Effect"] == "Deny" or data.draw(st.booleans(), name)]
        least = of(most, data.draw(st.permutations([*kept, *extra])))
        assert verdict(middle, least, kind) is not Answer.EXPANSION
        middle = least
    assert verdict(most, least, kind) is not Answer.EXPANSION


@KINDS
@LAW
@given(st.data())
def test_verdicts_about_three_documents_agree(kind: Kind, data: st.DataObject) -> None:
    first, second, third = (drawn(data, kind, most=1) for _ in range(3))
    within = partial(verdict, kind=kind)
    if within(second, first) is Answer.NO_EXPANSION and within(third, second) is Answer.NO_EXPANSION:
        assert within(third, first) is not Answer.EXPANSION


@KINDS
@LAW
@given(st.data())
def test_documents_within_each_other_allow_the_same(kind: Kind, data: st.DataObject) -> None:
    one = drawn(data, kind)
    other = of(one, data.draw(st.permutations(one["Statement"]))) if data.draw(st.booleans()) else drawn(data, kind)
    keys = keys_of(one, other)
    assume(len(keys) <= 2)
    if verdict(one, other, kind) is not Answer.NO_EXPANSION or verdict(other, one, kind) is not Answer.NO_EXPANSION:
        return
    judges = [Evaluator([parse_policy(item, kind=kind)], None, kind) for item in (one, other)]
    for request in requests(keys, principals=kind.names_principals):
        assert len({judge.decide(request).allowed for judge in judges}) == 1, request


@KINDS
@LAW
@given(st.data())
def test_an_allow_never_narrows_and_a_deny_never_widens(kind: Kind, data: st.DataObject) -> None:
    document, extra = drawn(data, kind), drawn(data, kind)
    assume(extra["Version"] == document["Version"])
    wider = of(document, [*document["Statement"], *with_effect(extra, "Allow")])
    narrower = of(document, [*with_effect(extra, "Deny"), *document["Statement"]])
    assert verdict(wider, document, kind) is Answer.NO_EXPANSION
    assert verdict(document, narrower, kind) is Answer.NO_EXPANSION


@KINDS
@LAW
@given(st.data())
def test_without_denies_the_union_is_as_much_more_as_the_new_one(kind: Kind, data: st.DataObject) -> None:
    old, new = (of(item, with_effect(item, "Allow")) for item in (drawn(data, kind), drawn(data, kind)))
    assert _union_against(old, new, kind) is verdict(old, new, kind)


def _union_against(old: Document, new: Document, kind: Kind) -> Answer:
    return compare_documents([old], [old, new], kind.value).verdict

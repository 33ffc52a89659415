"""The engine against a slow, obviously right check: every request of a small universe, judged one by one."""

from typing import Any

from hypothesis import HealthCheck, assume, given, settings

from tests.unit.privilege.small_universe import documents, keys_of, requests
from towpath.privilege.access import AccessPolicies
from towpath.privilege.engine import Engine
from towpath.privilege.evaluator import evaluate
from towpath.privilege.expansion import Outcome
from towpath.privilege.language.work import Work
from towpath.privilege.parse import parse_policy
from towpath.privilege.statement import Kind

SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def access(document: dict[str, Any], kind: Kind, boundary: dict[str, Any] | None = None) -> AccessPolicies:
    within = None if boundary is None else (parse_policy(boundary, kind=kind),)
    return AccessPolicies((parse_policy(document, kind=kind),), within)


def compared(old: AccessPolicies, new: AccessPolicies, kind: Kind) -> Outcome:
    return Engine(old, new, kind, Work()).run()


def check(old: AccessPolicies, new: AccessPolicies, kind: Kind, keys: list[str]) -> None:
    """No request of the universe may contradict the engine, and every witness must check."""
    outcome = compared(old, new, kind)
    for expansion in outcome.expansions:
        assert evaluate(expansion.request, new.policies, boundary=new.boundary, kind=kind).allowed
        assert not evaluate(expansion.request, old.policies, boundary=old.boundary, kind=kind).allowed
    if outcome.expansions or outcome.unknowns:
        return
    for request in requests(keys, principals=kind.names_principals):
        if evaluate(request, new.policies, boundary=new.boundary, kind=kind).allowed:
            assert evaluate(request, old.policies, boundary=old.boundary, kind=kind).allowed, request


@SLOW
@given(documents(), documents())
def test_identity_policies(old: dict[str, Any], new: dict[str, Any]) -> None:
    keys = keys_of(old, new)
    assume(len(keys) <= 3)
    check(access(old, Kind.IDENTITY), access(new, Kind.IDENTITY), Kind.IDENTITY, keys)


@SLOW
@given(documents(principals=True, conditions=1), documents(principals=True, conditions=1))
def test_resource_policies(old: dict[str, Any], new: dict[str, Any]) -> None:
    keys = keys_of(old, new)
    assume(len(keys) <= 2)
    check(access(old, Kind.RESOURCE), access(new, Kind.RESOURCE), Kind.RESOURCE, keys)


@SLOW
@given(documents(conditions=1), documents(conditions=1), documents(conditions=1), documents(conditions=1))
def test_boundaries(old: dict[str, Any], limit: dict[str, Any], new: dict[str, Any], wider: dict[str, Any]) -> None:
    keys = keys_of(old, limit, new, wider)
    assume(len(keys) <= 3)
    kind = Kind.IDENTITY
    check(access(old, kind, limit), access(new, kind, wider), kind, keys)
    check(access(old, kind, limit), access(new, kind), kind, keys)
    check(access(old, kind), access(new, kind, wider), kind, keys)


@SLOW
@given(documents(), documents())
def test_nothing_is_more_than_itself_or_than_itself_with_more(old: dict[str, Any], extra: dict[str, Any]) -> None:
    same = compared(access(old, Kind.IDENTITY), access(old, Kind.IDENTITY), Kind.IDENTITY)
    assert (same.expansions, same.unknowns) == ([], [])
    allows = [statement for statement in extra["Statement"] if statement["Effect"] == "Allow"]
    denies = [statement for statement in extra["Statement"] if statement["Effect"] == "Deny"]
    wider = access({**old, "Statement": [*old["Statement"], *allows]}, Kind.IDENTITY)
    narrower = access({**old, "Statement": [*old["Statement"], *denies]}, Kind.IDENTITY)
    start = access(old, Kind.IDENTITY)
    for less, more in ((narrower, start), (start, wider)):
        outcome = compared(more, less, Kind.IDENTITY)
        assert (outcome.expansions, outcome.unknowns) == ([], [])

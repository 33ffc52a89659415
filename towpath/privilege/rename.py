"""Which new roles are old ones under another logical id, when their definitions differ as well: judged by their access.

A role that is gone and one that is new may be the same one rewritten: inline policies attached, statements split. The
new one is taken for the old one if it allows nothing that the old one did not, neither to it nor in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from towpath.privilege.compare import allows_no_more
from towpath.privilege.compare_grants import Held, Holding, PolicyComparison
from towpath.privilege.gathering.grant import Fact, Grants
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import subject_of
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.statement import Kind, Statement, TextValue
from towpath.template.resolution import Resource

_TYPES = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")
_GROUP = "AWS::EC2::SecurityGroup"
_KINDS = (Kind.TRUST, Kind.IDENTITY)
_MOST_TRIED = 200
"""Pairs that are compared; with more, each new one is compared with as many as that leaves for it of the likest."""
_FEWEST_TRIED = 8
_STEPS = 200_000


def renamed_principals(
    sides: tuple[Side, Side], pairs: Mapping[str, str], policies: PolicyComparison
) -> dict[str, str]:
    """Old logical id → new logical id, for as many rewritten principals as there can be."""
    old = {item.logical_id: item for item in sides[0].of(*_TYPES) if item.logical_id not in pairs}
    new = {item.logical_id: item for item in sides[1].of(*_TYPES) if item.logical_id not in pairs.values()}
    before = {name: _Principal.of(policies, sides[0], item, new=False) for name, item in old.items()}
    after = {name: _Principal.of(policies, sides[1], item, new=True) for name, item in new.items()}
    tried = max(_FEWEST_TRIED, _MOST_TRIED // max(len(new), 1))
    candidates = {
        name: [
            other
            for other in sorted(before, key=lambda other: before[other].unlikeness(principal))[:tried]
            if principal.allows_no_more_than(before[other])
        ]
        for name, principal in after.items()
    }
    taken: dict[str, str] = {}
    for name in candidates:
        _take(name, candidates, taken, set())
    return taken


@dataclass(frozen=True)
class _Principal:
    """What one principal may do and who may act as it; None for either where that hangs on what is not known."""

    type: str
    held: tuple[Held | None, ...]

    @classmethod
    def of(cls, policies: PolicyComparison, side: Side, item: Resource, *, new: bool) -> Self:
        holdings = (policies.holding(subject_of(side, item), kind, new=new) for kind in _KINDS)
        return cls(item.type, tuple(map(_held, holdings)))

    @cached_property
    def said(self) -> frozenset[object]:
        """The elements of its statements, to see quickly whom it resembles."""
        statements = (one for held in self.held if held for policy in held.policies for one in policy.statements)
        return frozenset(text for one in statements for text in (*one.actions.texts, *_resources(one)))

    def unlikeness(self, other: "_Principal") -> int:
        """0 for those that say the same."""
        return len(self.said ^ other.said)

    def allows_no_more_than(self, other: "_Principal") -> bool:
        """Whether everything that this one allows was allowed by the other one."""
        return self.type == other.type and all(
            before is not None and after is not None and _no_more(before, after, kind)
            for before, after, kind in zip(other.held, self.held, _KINDS, strict=True)
        )


def _resources(statement: Statement) -> tuple[TextValue, ...]:
    return () if statement.resources is None else statement.resources.texts


def _held(holding: Holding) -> Held | None:
    try:
        return None if any(True for _ in holding.conditions()) else holding.in_world({})
    except PolicyError:
        return None


def _no_more(before: Held, after: Held, kind: Kind) -> bool:
    if before.opaque != after.opaque or before.opaque_limits != after.opaque_limits:
        return False
    return allows_no_more(before.access, after.access, kind, steps=_STEPS)


def renamed_groups(sides: tuple[Side, Side], pairs: Mapping[str, str], grants: tuple[Grants, Grants]) -> dict[str, str]:
    """The same for security groups: the new one lets nothing through that the old one did not."""
    old = {item.logical_id: item for item in sides[0].of(_GROUP) if item.logical_id not in pairs}
    new = {item.logical_id: item for item in sides[1].of(_GROUP) if item.logical_id not in pairs.values()}
    if not old or not new or len(old) * len(new) > _MOST_TRIED:
        return {}
    before = {name: _rules(grants[0], subject_of(sides[0], item)) for name, item in old.items()}
    after = {name: _rules(grants[1], subject_of(sides[1], item)) for name, item in new.items()}
    candidates = {
        name: sorted(
            (other for other, held in before.items() if all(_let_through(fact, held) for fact in rules)),
            key=lambda other: len(before[other]),
        )
        for name, rules in after.items()
    }
    taken: dict[str, str] = {}
    for name in candidates:
        _take(name, candidates, taken, set())
    return taken


def _rules(grants: Grants, subject: str) -> list[Fact]:
    return [fact for fact in grants.facts if fact.subject == subject and fact.grant == "network rule"]


def _let_through(fact: Fact, held: list[Fact]) -> bool:
    if any((item.what, item.guards) == (fact.what, fact.guards) for item in held):
        return True
    return fact.rule is not None and fact.rule.covered_by(item.rule for item in held if not item.guards)


def _take(name: str, candidates: Mapping[str, list[str]], taken: dict[str, str], tried: set[str]) -> bool:
    """Finds an old one for a new one; one that is taken is given up when its taker can have another."""
    for other in candidates[name]:
        if other not in tried:
            tried.add(other)
            if other not in taken or _take(taken[other], candidates, taken, tried):
                taken[other] = name
                return True
    return False

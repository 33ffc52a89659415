"""Which new roles are old ones under another logical id, when their definitions differ as well: judged by their access.

A role that is gone and one that is new may be the same one rewritten: inline policies attached, statements split. The
new one is taken for the old one if it allows nothing that the old one did not, neither to it nor in it.
"""

from collections.abc import Mapping

from towpath.privilege.access import AccessPolicies
from towpath.privilege.compare import compare_access
from towpath.privilege.compare_grants import PolicyComparison
from towpath.privilege.gathering.grant import Fact, Grants
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import subject_of
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.statement import Kind

_TYPES = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")
_GROUP = "AWS::EC2::SecurityGroup"
_MOST_TRIED = 200
_STEPS = 200_000


def renamed_principals(
    sides: tuple[Side, Side], pairs: Mapping[str, str], policies: PolicyComparison
) -> dict[str, str]:
    """Old logical id → new logical id, for as many rewritten principals as there can be."""
    old = {item.logical_id: item for item in sides[0].of(*_TYPES) if item.logical_id not in pairs}
    new = {item.logical_id: item for item in sides[1].of(*_TYPES) if item.logical_id not in pairs.values()}
    if len(old) * len(new) > _MOST_TRIED:
        return {}
    candidates = {
        name: [
            other
            for other, before in old.items()
            if before.type == after.type
            and _allows_no_more(policies, subject_of(sides[0], before), subject_of(sides[1], after))
        ]
        for name, after in new.items()
    }
    taken: dict[str, str] = {}
    for name in candidates:
        _take(name, candidates, taken, set())
    return taken


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


def _allows_no_more(policies: PolicyComparison, old: str, new: str) -> bool:
    for kind in (Kind.IDENTITY, Kind.TRUST):
        before, after = policies.holding(old, kind, new=False), policies.holding(new, kind, new=True)
        if next(before.conditions(), None) is not None or next(after.conditions(), None) is not None:
            return False
        try:
            held, holds = before.in_world({}), after.in_world({})
        except PolicyError:
            return False
        if held.opaque != holds.opaque or held.opaque_limits != holds.opaque_limits:
            return False
        limits = (
            AccessPolicies(held.policies, held.limits or None),
            AccessPolicies(holds.policies, holds.limits or None),
        )
        found = compare_access(*limits, kind, steps=_STEPS)
        if found.findings or found.unknown:
            return False
    return True

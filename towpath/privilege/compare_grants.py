"""Compares what two templates grant, subject by subject: everything that holds for one principal or resource together.

A condition that is not known before deployment is tried both ways: each way is compared with the same way on the other
side where both sides define it alike, and with every way where they do not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from towpath.privilege.access import AccessPolicies, Cause
from towpath.privilege.compare import NO_LIMIT, compare_access, policies
from towpath.privilege.comparison import Comparison, Finding, FindingClass, Location, Removal, Severity, together
from towpath.privilege.gathering.circumstances import World
from towpath.privilege.gathering.grant import Document, Grants, NamedPolicy
from towpath.privilege.gathering.managed_catalogue import managed_policy
from towpath.privilege.gathering.reading import conditions_of, holds, read
from towpath.privilege.gathering.side import KNOWN_AFTER_APPLY
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.statement import Kind, Place, Policy
from towpath.template.loading import Template
from towpath.template.position import Path, json_path
from towpath.verdict import Reason

_ANYTHING: Final = {
    False: {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    True: {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    },
}
_KINDS: Final = (Kind.IDENTITY, Kind.TRUST, Kind.RESOURCE)


@dataclass(frozen=True)
class Holding:
    """What one template says about one subject, in one kind of policy."""

    template: Template
    documents: tuple[Document, ...] = ()
    named: tuple[NamedPolicy, ...] = ()

    @cached_property
    def key(self) -> frozenset[Any]:
        """Equal for two sides that say the same."""
        return frozenset(item.key for item in self.documents) | frozenset(
            (item.name, item.guards, item.limits) for item in self.named
        )

    @property
    def is_default(self) -> bool:
        """Whether all that holds is what AWS does where nothing is written."""
        return bool(self.documents) and not self.named and all(item.by_default for item in self.documents)

    def conditions(self) -> Iterator[str]:
        """The open conditions that it hangs on."""
        for document in self.documents:
            yield from conditions_of(document.value, document.guards)
        for item in self.named:
            yield from conditions_of(None, item.guards)

    def in_world(self, world: World) -> "Held":
        """What is there when the conditions are as given. Raises PolicyError."""
        found: dict[bool, list[Policy]] = {False: [], True: []}
        opaque: dict[bool, set[str]] = {False: set(), True: set()}
        for document in self.documents:
            policy = read(document, world, self.template)
            if isinstance(policy, str):
                opaque[document.limits].add(policy)
            elif policy is not None:
                found[document.limits].append(policy)
        for item in self.named:
            if holds(item.guards, world):
                policy = managed_policy(item, self.template)
                if policy is None:
                    opaque[item.limits].add(item.name)
                else:
                    found[item.limits].append(policy)
        return Held(tuple(found[False]), tuple(found[True]), frozenset(opaque[False]), frozenset(opaque[True]))


@dataclass(frozen=True, slots=True)
class Held:
    """Policies and boundaries that are there, and the names of those whose content is not known."""

    policies: tuple[Policy, ...] = ()
    limits: tuple[Policy, ...] = ()
    opaque: frozenset[str] = frozenset()
    opaque_limits: frozenset[str] = frozenset()

    @property
    def access(self) -> AccessPolicies:
        return AccessPolicies(self.policies, self.limits or None)


class PolicyComparison:
    """Compares the policies of every subject."""

    def __init__(
        self, old: Grants, new: Grants, templates: tuple[Template, Template], *, account: str | None, steps: int
    ) -> None:
        self.old, self.new = old, new
        self._templates = templates
        self._account, self._steps = account, steps
        self._before, self._after = (_by_subject(side) for side in (old, new))

    def run(self) -> Iterator[Comparison]:
        """One comparison for each subject whose policies differ."""
        for subject, kind in sorted({*self._before, *self._after}, key=lambda key: (key[0], _KINDS.index(key[1]))):
            if subject in self.new.in_sight:
                continue
            before, after = self._beginning(subject, kind), self.holding(subject, kind, new=True)
            if before.key != after.key and not (after.is_default and self._adds_nothing(subject, before)):
                yield self._compare(subject, kind, before, after).about(subject)

    def _beginning(self, subject: str, kind: Kind) -> Holding:
        """What held before: of a new key or endpoint what AWS has it say by itself, of a new policy itself."""
        before = self.holding(subject, kind, new=False)
        unwritten = self.new.unwritten.get(subject)
        is_new = subject not in self.old.subjects and not before.documents and not before.named
        if unwritten is None or not is_new or kind is not unwritten.kind:
            return before
        return Holding(self._templates[True], (unwritten,))

    def _adds_nothing(self, subject: str, before: Holding) -> bool:
        """Whether AWS's default is the same as before, or comes with a resource whose doors tell what is opened."""
        return before.is_default or (subject not in self.old.subjects and not before.documents and not before.named)

    def holding(self, subject: str, kind: Kind, *, new: bool) -> Holding:
        """What one side says about a subject."""
        documents, named = (self._after if new else self._before).get((subject, kind), ([], []))
        return Holding(self._templates[new], tuple(documents), tuple(named))

    def access_of(self, subject: str, *, new: bool, world: World) -> Held:
        """The identity policies of a principal. Raises PolicyError."""
        return self.holding(subject, Kind.IDENTITY, new=new).in_world(world)

    def _compare(self, subject: str, kind: Kind, before: Holding, after: Holding) -> Comparison:
        worlds = self.new.circumstances.worlds([*before.conditions(), *after.conditions()])
        where = _where(after) or _where(before)
        if worlds is None:
            message = f"The policies of {subject} hang on more open conditions than are tried."
            remedy = "Give the parameters that decide the conditions."
            return Comparison(unknown=(Reason("privilege-conditions", message, where, remedy),))
        found: list[Comparison] = []
        for world in worlds:
            try:
                found.append(self._in_world(subject, kind, before.in_world(world), after.in_world(world), where))
            except PolicyError as error:
                found.append(Comparison(unknown=(_named_reason(error.reason, where, subject),)))
        place = next((item.path for item in (*after.documents, *before.documents, *after.named, *before.named)), ())
        return _placed(once_per_cause(together(found)), place_of(self._templates[1], place[:2]))

    def _in_world(self, subject: str, kind: Kind, before: Held, after: Held, where: str) -> Comparison:
        if subject in self.old.subjects and subject not in self.new.subjects and not after.policies:
            return Comparison(removed=self._gone(subject, kind, before))
        unseen = before.opaque_limits or (after.opaque_limits and not after.limits)
        limited = replace(before, limits=()) if unseen else before
        found = [self._access(limited.access, after.access, kind)]
        if kind is Kind.RESOURCE or (kind is Kind.IDENTITY and subject not in self.old.subjects):
            found.append(self._as_ceiling(before, after, kind))
        if not kind.names_principals:
            found.append(self._boundary(subject, before, after, where))
        found.append(self._opaque(subject, kind, before, after, where))
        comparison = not_yet_known(together(found))
        gone = before.opaque - after.opaque
        if gone and not comparison.findings and (after.policies or after.opaque):
            return replace(comparison, unknown=(*comparison.unknown, _denied_perhaps(subject, gone, where)))
        if comparison.findings and gone:
            return Comparison(
                unknown=(_covered_perhaps(subject, gone, comparison.findings[0], where),), removed=comparison.removed
            )
        return comparison

    def _gone(self, subject: str, kind: Kind, before: Held) -> tuple[Removal, ...]:
        """What a principal or resource that is gone granted, told once; nothing of its own is left to deny."""
        if kind is Kind.TRUST:
            return ()
        found = self._access(before.access, AccessPolicies(()), kind).removed[:1]
        return tuple(replace(item, title=f"{subject} is gone, with all that it granted.") for item in found)

    def _access(self, before: AccessPolicies, after: AccessPolicies, kind: Kind) -> Comparison:
        return compare_access(before, after, kind, account=self._account, steps=self._steps)

    def _as_ceiling(self, before: Held, after: Held, kind: Kind) -> Comparison:
        """The Denies of a resource policy hold against what identity policies allow, wherever those are; those that
        are attached to a principal of elsewhere hold against what it is allowed there."""
        denying = [item for policy in before.policies for item in policy.statements if not item.allows]
        if not denying:
            return Comparison()
        anything = policies(_ANYTHING[kind.names_principals], kind, "other policies")
        denies = [_only_denies(side) for side in (before.policies, after.policies)]
        compared = self._access(AccessPolicies((*denies[0], *anything)), AccessPolicies((*denies[1], *anything)), kind)
        found = tuple(
            replace(item, classes=(FindingClass.CEILING,), severity=Severity.MEDIUM) for item in compared.findings
        )
        return replace(compared, findings=found, removed=())

    def _boundary(self, subject: str, before: Held, after: Held, where: str) -> Comparison:
        """A boundary that is known by name only, and is not there any more or another one now."""
        lost, gained = before.opaque_limits - after.opaque_limits, after.opaque_limits - before.opaque_limits
        if not lost and not (gained and before.limits):
            return Comparison()
        names = ", ".join(sorted(lost or gained))
        if after.limits or after.opaque_limits:
            verb = "was" if lost else "is now"
            message = f"The boundary of {subject} {verb} {names}, whose content is not known, instead of another one."
            return Comparison(
                unknown=(Reason("privilege-boundary-unknown", message, where, "Compare the two policies."),)
            )
        bounded = policies({"Version": "2012-10-17", "Statement": []}, Kind.BOUNDARY, names)
        limit = AccessPolicies(bounded)
        free = AccessPolicies(policies(NO_LIMIT, Kind.BOUNDARY, "no boundary"))
        found = [
            replace(
                item,
                title=f"The permissions boundary {names} of {subject} is gone: policies attached anywhere count fully",
                grant="permissions boundary",
                cause="boundary-widened",
                classes=(FindingClass.CEILING,),
                severity=Severity.MEDIUM,
                before=f"The boundary {names}, whose content is not known here, limited the principal.",
            )
            for item in self._access(limit, free, Kind.BOUNDARY).findings
        ]
        return Comparison(findings=tuple(found[:1]))

    def _opaque(self, subject: str, kind: Kind, before: Held, after: Held, where: str) -> Comparison:
        """Policies known by name only: new ones may allow anything, old ones may have denied anything."""
        if kind is Kind.TRUST:
            changed = before.opaque ^ after.opaque
            return Comparison(unknown=(_not_known(subject, changed, where),)) if changed else Comparison()
        anything = policies(_ANYTHING[kind.names_principals], kind, "a policy whose content is not known")
        for added, base in ((after.opaque - before.opaque, ()), (after.opaque & before.opaque, anything)):
            if added:
                old = AccessPolicies((*before.policies, *base), before.limits or None)
                new = AccessPolicies((*after.policies, *anything), after.limits or None)
                limits = before.opaque_limits == after.opaque_limits
                if self._access(old, new, kind).findings and (limits or base == ()):
                    return Comparison(unknown=(_not_known(subject, added, where),))
        return Comparison()


def not_yet_known(comparison: Comparison) -> Comparison:
    """What hangs on a value that is known only after applying cannot be decided before."""
    later = [item for item in comparison.findings if KNOWN_AFTER_APPLY in f"{item.witness} {item.title}"]
    reasons = [
        Reason(
            "privilege-known-after-apply",
            f"{item.title}: CloudFormation knows the value only after applying.",
            str(item.location),
            "Give the resource a name of its own, or have the plan approved.",
        )
        for item in later
    ]
    kept = tuple(item for item in comparison.findings if item not in later)
    return replace(comparison, findings=kept, unknown=(*comparison.unknown, *reasons))


def _placed(comparison: Comparison, place: Place) -> Comparison:
    """What has no place of its own, such as a boundary that is gone, is at the principal; its effect tells it once."""
    effects = any(item.cause == Cause.BOUNDARY_WIDENED and not item.location.place.path for item in comparison.findings)
    kept = [
        item if item.location.place.path else replace(item, location=Location(place))
        for item in comparison.findings
        if item.location.place.path or item.cause == Cause.BOUNDARY_WIDENED or not effects
    ]
    return replace(comparison, findings=tuple(kept))


def _only_denies(listed: Iterable[Policy]) -> list[Policy]:
    return [replace(item, statements=tuple(one for one in item.statements if not one.allows)) for item in listed]


def _by_subject(grants: Grants) -> dict[tuple[str, Kind], tuple[list[Document], list[NamedPolicy]]]:
    found: dict[tuple[str, Kind], tuple[list[Document], list[NamedPolicy]]] = {}
    for document in grants.documents:
        found.setdefault((document.subject, document.kind), ([], []))[0].append(document)
    for item in grants.named:
        found.setdefault((item.subject, Kind.IDENTITY), ([], []))[1].append(item)
    return found


def place_of(template: Template, path: Path) -> Place:
    """The place of a part of a template."""
    return Place(template.name, path, template.position(path))


def _where(holding: Holding) -> str:
    path = next((item.path for item in (*holding.documents, *holding.named)), None)
    return "" if path is None else str(place_of(holding.template, path))


def once_per_cause(comparison: Comparison) -> Comparison:
    """Findings of one statement and cause as one; the subjects that it concerns are all named."""
    found: dict[tuple[Location, str, str], Finding] = {}
    for item in comparison.findings:
        key = (item.location, item.cause, item.grant)
        known = found.get(key)
        if known is None:
            found[key] = item
        elif item.subject not in known.subject.split(", "):
            found[key] = replace(known, subject=f"{known.subject}, {item.subject}")
    removed = {(item.location, item.title): item for item in reversed(comparison.removed)}
    return replace(comparison, findings=tuple(found.values()), removed=tuple(reversed(removed.values())))


def _named_reason(reason: Reason, where: str, subject: str) -> Reason:
    return Reason(
        reason.code,
        f"A policy of {subject} cannot be read: {reason.message}",
        reason.where.strip() or where,
        reason.remedy,
    )


def _not_known(subject: str, names: Iterable[str], where: str) -> Reason:
    listed = ", ".join(sorted(names))
    return Reason(
        "privilege-policy-unknown",
        f"What {listed} allows {subject} is not known here, and it may be more than before.",
        where,
        "Read the policy, or give its document in the template.",
    )


def _denied_perhaps(subject: str, names: Iterable[str], where: str) -> Reason:
    listed = ", ".join(sorted(names))
    return Reason(
        "privilege-policy-unknown",
        f"{subject} no longer has {listed}, whose content is not known here and may have denied something.",
        where,
        "Check that the policy has no Deny.",
    )


def _covered_perhaps(subject: str, names: Iterable[str], finding: Finding, where: str) -> Reason:
    listed = ", ".join(sorted(names))
    return Reason(
        "privilege-policy-unknown",
        f"{finding.title}; whether {listed}, which {subject} had before and whose content is not known here, "
        "allowed or denied that is not known.",
        where or json_path(finding.location.place.path),
        f"Check whether it allowed this request: {finding.witness}.",
    )

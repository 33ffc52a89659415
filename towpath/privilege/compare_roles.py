"""Compares which roles workloads act with: another role is judged by what it may do that the former could not.

A workload that is new and acts with a role that some workload acted with before, or with a role that is new and
therefore a finding of its own, adds nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from towpath.privilege.compare import compare_access
from towpath.privilege.compare_grants import PolicyComparison, place_of
from towpath.privilege.comparison import Comparison, Finding, FindingClass, Location, Severity
from towpath.privilege.gathering.grant import Grants, RoleUse
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind
from towpath.template.loading import Template
from towpath.verdict import Reason


class RoleComparison:
    """Compares the roles of all workloads."""

    def __init__(
        self, old: Grants, new: Grants, policies: PolicyComparison, templates: tuple[Template, Template], steps: int
    ) -> None:
        self._old, self._new = old, new
        self._policies = policies
        self._template = templates[1]
        self._steps = steps
        self._used = {role for use in old.uses for role in _roles(old, use.role)}

    def run(self) -> Iterator[Comparison]:
        """One comparison for each use of a role that is new."""
        before: dict[tuple[str, str], list[str]] = {}
        for use in self._old.uses:
            before.setdefault((use.workload, use.slot), []).extend(_roles(self._old, use.role))
        for use in self._new.uses:
            former = before.get((use.workload, use.slot), [])
            if use.only_instead and not former:
                continue
            for role in _roles(self._new, use.role):
                if role not in former:
                    yield self._judged(use, role, former)

    def _judged(self, use: RoleUse, role: str, former: Sequence[str]) -> Comparison:
        if role in self._new.subjects and role not in self._old.subjects:
            return Comparison()
        if not former and use.workload not in self._old.subjects and role in self._used:
            return Comparison()
        if role not in self._new.subjects:
            return self._unknown(use, role, former)
        answers = [self._compared(use, role, one) for one in former or [""]]
        return next((item for item in answers if not item.findings and not item.unknown), answers[0])

    def _compared(self, use: RoleUse, role: str, former: str) -> Comparison:
        """The new role's access against the former's; without one, against none."""
        worlds = self._new.circumstances.worlds(
            name
            for subject, new in ((role, True), (former, False))
            for name in self._policies.holding(subject, Kind.IDENTITY, new=new).conditions()
        )
        if worlds is None:
            return self._unknown(use, role, [former])
        for world in worlds:
            try:
                after = self._policies.access_of(role, new=True, world=world)
                before = self._policies.access_of(former, new=False, world=world)
            except PolicyError:
                return self._unknown(use, role, [former])
            found = compare_access(before.access, after.access, Kind.IDENTITY, steps=self._steps)
            if former and former not in self._old.subjects:
                if found.findings or found.unknown or after.opaque:
                    return self._unknown(use, role, [former])
                continue  # what may nothing may no more than the former, whatever that was
            if found.findings:
                return Comparison(findings=(self._swap(use, role, former, found.findings),))
            if found.unknown or not after.opaque <= before.opaque:
                return self._unknown(use, role, [former])
        return Comparison()

    def _swap(self, use: RoleUse, role: str, former: str, findings: Sequence[Finding]) -> Finding:
        instead = f" instead of {former}" if former else ""
        first = findings[0]
        return replace(
            first,
            title=f"{use.workload} acts with {role}{instead} ({use.slot}) and so may {first.witness.action} "
            f"on {first.witness.resource}",
            grant="execution role",
            cause="grant-added",
            subject=use.workload,
            location=Location(place_of(self._template, use.path)),
        )

    def _unknown(self, use: RoleUse, role: str, former: Sequence[str]) -> Comparison:
        instead = f" instead of {', '.join(former)}" if any(former) else ""
        message = f"{use.workload} acts with {role}{instead} ({use.slot}), whose policies are not all in the template."
        remedy = f"Check what {role} may do."
        return Comparison(
            unknown=(Reason("privilege-role-unknown", message, str(place_of(self._template, use.path)), remedy),)
        )


def _roles(grants: Grants, role: str) -> list[str]:
    """The roles behind a role or an instance profile of the template."""
    if not role.startswith("instance profile "):
        return [role]
    found = [use.role for use in grants.uses if use.workload == role]
    return found or [role]


def compare_memberships(old: Grants, new: Grants, templates: tuple[Template, Template]) -> Iterator[Comparison]:
    """Users that joined a group whose policies are not in the template."""
    before = {(item.user, item.group) for item in old.members}
    for item in new.members:
        if (item.user, item.group) in before or item.group in new.subjects:
            continue
        finding = Finding(
            title=f"{item.user} newly belongs to {item.group} and may do all that this group may",
            severity=Severity.HIGH,
            cause="grant-added",
            grant="group membership",
            witness=Request("iam:AddUserToGroup", item.group.removeprefix("group "), context={"user": item.user}),
            before=f"{item.user} was no member of {item.group}.",
            after=f"The template makes {item.user} a member of {item.group}.",
            location=Location(place_of(templates[1], item.path)),
            classes=(FindingClass.ESCALATION,),
            subject=item.user,
        )
        yield Comparison(findings=(finding,))

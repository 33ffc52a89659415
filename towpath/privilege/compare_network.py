"""Compares which security groups workloads belong to: what traffic another group lets through, and what it opens.

A group counts twice: its own rules say what comes in and goes out, and rules of other groups that name it let its
members in there. A workload without a group has its network's default one, which sends everywhere and hears itself.
Groups that are new as a whole, and workloads that are, are findings of their own.
https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from towpath.privilege.compare_grants import place_of
from towpath.privilege.comparison import Comparison, Finding, Location
from towpath.privilege.gathering.circumstances import Circumstances, World
from towpath.privilege.gathering.grant import Fact, Grants, GroupUse
from towpath.privilege.gathering.network_rule import NetworkRule
from towpath.privilege.gathering.reading import conditions_of, holds
from towpath.privilege.gathering.rule_index import RuleIndex
from towpath.template.loading import Template
from towpath.verdict import Reason

_RULE = "network rule"
_EVERYTHING = tuple(
    NetworkRule((0, 255), (0, 65_535), f"Egress IPv{version}", (0, 2**bits - 1))
    for version, bits in ((4, 32), (6, 128))
)


def compare_network(old: Grants, new: Grants, templates: tuple[Template, Template]) -> Iterator[Comparison]:
    """One comparison for each workload that belongs to other groups than before."""
    before, after = _by_workload(old), _by_workload(new)
    rules = {**_by_group(old), **_by_group(new)}
    known = old.subjects & new.subjects
    openings = _by_peer(fact for facts in rules.values() for fact in facts)
    for workload in sorted({*before, *after} & known):
        held, holds_now = before.get(workload, []), after.get(workload, [])
        if {(use.group, use.guards) for use in held} != {(use.group, use.guards) for use in holds_now}:
            yield _Workload(
                workload, held, holds_now, (rules, openings), known, (templates[1], new.circumstances)
            ).compared()


class _Workload:
    """One workload that is on both sides. `rules` are by group and by peer, `known` the subjects that are on both."""

    def __init__(
        self,
        name: str,
        before: Sequence[GroupUse],
        after: Sequence[GroupUse],
        rules: tuple[Mapping[str, Sequence[Fact]], Mapping[str, Sequence[Fact]]],
        known: set[str],
        around: tuple[Template, Circumstances],
    ) -> None:
        self._name, self._before, self._after = name, before, after
        (self._rules, self._openings), self._known = rules, known
        self._template, self._circumstances = around

    def compared(self) -> Comparison:
        uses = (*self._before, *self._after)
        facts = [fact for use in uses for fact in self._rules.get(use.group, ())]
        worlds = self._circumstances.worlds(
            name for item in (*uses, *facts) for name in conditions_of(None, item.guards)
        )
        if worlds is None:
            return self._unknown(self._after[0] if self._after else uses[0])
        for world in worlds:
            found = self._in_world(world)
            if found.findings or found.unknown:
                return found
        return Comparison()

    def _in_world(self, world: World) -> Comparison:
        held = {use.group for use in self._before if holds(use.guards, world)}
        covering = RuleIndex(effect for group in held for effect in self._effect(group, world))
        if not held:
            covering = RuleIndex((rule, None) for rule in _EVERYTHING)
        added = [use for use in self._after if holds(use.guards, world) and use.group not in held]
        for use in added:
            if use.group not in self._rules or use.group not in self._known:
                continue
            for rule, fact in self._effect(use.group, world):
                if not covering.covers(rule):
                    strange = any(group not in self._rules for group in held)
                    return self._unknown(use) if strange else self._finding(use, fact, rule)
        strangers = [use for use in added if use.group not in self._rules]
        return self._unknown(strangers[0]) if strangers else Comparison()

    def _effect(self, group: str, world: World) -> Iterator[tuple[NetworkRule, Fact]]:
        """What a member of the group lets through, sends, and is let in to."""
        name = group.removeprefix("security group ")
        for fact in self._rules.get(group, ()):
            rule = fact.rule
            if isinstance(rule, NetworkRule) and holds(fact.guards, world):
                yield rule, fact
        for fact in self._openings.get(f"Ingress {name}", ()):
            if isinstance(fact.rule, NetworkRule) and holds(fact.guards, world):
                yield replace(fact.rule, peer=f"into {fact.subject}"), fact

    def _finding(self, use: GroupUse, fact: Fact, rule: NetworkRule) -> Comparison:
        is_member = rule.peer.startswith("into ")
        effect = f"is let into {fact.subject}" if is_member else fact.title.partition(" newly ")[2]
        finding = Finding(
            title=f"{self._name} newly belongs to {use.group} and so {effect}",
            severity=fact.severity,
            cause="grant-added",
            grant="security group membership",
            witness=replace(fact.request, resource=self._name, context={**fact.request.context, "group": use.group}),
            before=f"{self._name} did not belong to {use.group}, and its groups did not let this through.",
            after=f"{use.group} lets it through.",
            location=Location(place_of(self._template, use.path)),
            classes=fact.classes,
            subject=self._name,
        )
        return Comparison(findings=(finding,))

    def _unknown(self, use: GroupUse) -> Comparison:
        message = f"{self._name} belongs to other security groups than before, and {use.group} or one that it belonged "
        message += "to is not in the template."
        where, remedy = str(place_of(self._template, use.path)), f"Check what {use.group} lets through."
        return Comparison(unknown=(Reason("privilege-network-unknown", message, where, remedy),))


def _by_workload(grants: Grants) -> dict[str, list[GroupUse]]:
    found: defaultdict[str, list[GroupUse]] = defaultdict(list)
    for use in grants.group_uses:
        found[use.workload].append(use)
    return found


def _by_peer(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact.rule, NetworkRule):
            found[fact.rule.peer].append(fact)
    return found


def _by_group(grants: Grants) -> dict[str, list[Fact]]:
    """The rules of each group of the template, also of those that have none."""
    found: dict[str, list[Fact]] = {name: [] for name in grants.subjects if name.startswith("security group ")}
    for fact in grants.facts:
        if fact.grant == _RULE and fact.subject in found:
            found[fact.subject].append(fact)
    return found

"""Compares grants that no policy document says: what is there now and was not, each with a witness of its own form.

A grant counts as there before only if it was there in every case in which it is now.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from towpath.privilege.compare_grants import not_yet_known, place_of
from towpath.privilege.comparison import Comparison, Finding, Location, Removal, Severity
from towpath.privilege.gathering.circumstances import Circumstances
from towpath.privilege.gathering.grant import Fact, Grants, Rule
from towpath.privilege.gathering.network_rule import NetworkRule
from towpath.privilege.gathering.reading import conditions_of, holds
from towpath.privilege.gathering.rule_index import RuleIndex
from towpath.template.loading import Template
from towpath.verdict import Reason

_CAUSE: Final = "grant-added"
_EVERYBODY: Final = ("*",)
"""What is given to these is given to whoever it is given to by name."""


def compare_facts(old: Grants, new: Grants, templates: tuple[Template, Template]) -> Iterator[Comparison]:
    """One comparison for each new fact, and what became unknown or is gone."""
    grouped: defaultdict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in old.facts:
        grouped[fact.subject, fact.grant].append(fact)
    known = {key: _Known(facts) for key, facts in grouped.items()}
    taken_away = [fact for name, facts in new.defaults.items() if name in old.explicit for fact in facts]
    for fact in (*new.facts, *taken_away):
        before = known.get((fact.subject, fact.grant), _NOTHING)
        given_to_all = (known[who, fact.grant] for who in _EVERYBODY if (who, fact.grant) in known)
        if not any(_was_there(fact, one, new.circumstances) for one in (before, *given_to_all)):
            yield _new(fact, before.facts, templates[1])
    yield Comparison(removed=tuple(_removed(old, new, templates[0])))
    yield Comparison(unknown=tuple(_opaque(old, new, templates[1])))


class _Known:
    """Old's facts of one subject and kind of grant, found by what they say or by the traffic that they let through."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.facts = facts
        self._alike: defaultdict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            self._alike[fact.what].append(fact)
        self._others = [fact for fact in facts if fact.rule is not None and not isinstance(fact.rule, NetworkRule)]
        self._traffic = RuleIndex((fact.rule, fact) for fact in facts if isinstance(fact.rule, NetworkRule))

    def has_same(self, fact: Fact) -> bool:
        """Whether the same was there in every case."""
        return any(set(item.guards) <= set(fact.guards) for item in self._alike.get(fact.what, ()))

    def near(self, fact: Fact) -> list[Fact]:
        """Those that may cover some of it."""
        found = list(self._alike.get(fact.what, ()))
        if isinstance(fact.rule, NetworkRule):
            found += [item for _, item in self._traffic.overlapping(fact.rule)]
        return found + (self._others if fact.rule is not None else [])


_NOTHING: Final = _Known(())


def _was_there(fact: Fact, before: _Known, circumstances: Circumstances) -> bool:
    if before.has_same(fact):
        return True
    same = before.near(fact)
    worlds = circumstances.worlds(name for item in (fact, *same) for name in conditions_of(None, item.guards))
    if worlds is None:
        return False
    for world in worlds:
        if holds(fact.guards, world):
            there = [item for item in same if holds(item.guards, world)]
            rules = [item.rule for item in there if item.rule is not None]
            if not any(item.what == fact.what for item in there) and not (fact.rule and _covered(fact.rule, rules)):
                return False
    return True


def _covered(rule: Rule, rules: Sequence[Rule]) -> bool:
    if isinstance(rule, NetworkRule):
        return RuleIndex((item, None) for item in rules if isinstance(item, NetworkRule)).covers(rule)
    return rule.covered_by(rules)


def _new(fact: Fact, before: Sequence[Fact], template: Template) -> Comparison:
    locks = sorted({item.what for item in before if fact.replaces and item.replaces == fact.replaces})
    missing = f"Nothing in the old template gave this: it has no such {fact.grant}."
    finding = Finding(
        title=fact.title,
        severity=Severity.MEDIUM if locks and fact.severity is Severity.LOW else fact.severity,
        cause=_CAUSE,
        grant=fact.grant,
        witness=fact.request,
        before=f"Not let in by what was there before: {'; '.join(locks)}." if locks else missing,
        after=f"Given by the {fact.grant} of {fact.subject}.",
        location=Location(place_of(template, fact.path)),
        classes=fact.classes,
        subject=fact.subject,
    )
    return not_yet_known(Comparison(findings=(finding,)))


def _removed(old: Grants, new: Grants, template: Template) -> Iterator[Removal]:
    kept = {(item.subject, item.grant, item.what) for item in new.facts}
    for fact in old.facts:
        if (fact.subject, fact.grant, fact.what) not in kept:
            title = f"The {fact.grant} of {fact.subject} gives less or is gone."
            yield Removal(title, fact.request, Location(place_of(template, fact.path)), fact.subject)


def _opaque(old: Grants, new: Grants, template: Template) -> Iterator[Reason]:
    for name, (text, path) in new.opaque.items():
        if old.opaque.get(name, ("", ()))[0] != text:
            yield Reason(
                "privilege-not-understood",
                f"{name} bears permissions in a way that is not judged here, and it is new or changed.",
                str(place_of(template, path)),
                "A reviewer reads the change.",
            )

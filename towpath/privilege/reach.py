"""Which actions of the catalogue a question opens, found without asking once per action.

Actions that every statement in question treats alike form one class; one search answers for all of them. Only whether
an action takes a resource that is left open is looked at for each form of resource on its own.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from towpath.privilege import catalogue
from towpath.privilege.access import Question
from towpath.privilege.boxes import ACTION, ANY_RESOURCE, RESOURCE, Box, WordCell, services_of
from towpath.privilege.catalogue import Action
from towpath.privilege.conditions.cell import TextTest
from towpath.privilege.language.example import example_of
from towpath.privilege.language.pattern import One, Pattern, Run, Token, exactly, written
from towpath.privilege.language.words import EVERYTHING, Words
from towpath.privilege.language.work import Work
from towpath.privilege.region import Region, Search, Tests

_NEVER: Final = "(?!)"
_STEPS_A_FORM: Final = 8
"""What it takes to see whether actions with one form of resource take a resource that is left open."""
_READ_A_STEP: Final = 16
"""How many names of actions are held against a box for one step of the work budget."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Actions that are newly allowed in the same way, on resources that they take.

    `start` is where that was asked, `left` a part in which everything is newly allowed; both name one of the actions,
    but hold for each of them.
    """

    actions: tuple[Action, ...]
    start: Region
    left: Region


def openings(
    search: Search, region: Region, question: Question, counted: Collection[str], *, brief: bool = False
) -> Iterator[Opening]:
    """The catalogue's actions with a request in the region and in none of the question's outside boxes.

    Actions whose names are `counted` already are left out. With `brief`, services are read one by one, for somebody who
    needs only the first few actions.
    """
    outside = [box.tests for box in question.outside]
    named = _named_services(region)
    for members in _classes(question, search.work, brief=brief):
        actions = [action for action in members if action.name not in counted] if counted else members
        if named is not None:
            actions = [action for action in actions if _may_take(action.resource_forms, named)]
        if not actions:
            continue
        start = search.within(region, ((ACTION, _only(actions[0])),))
        left = None if start is None else search.outside(start, outside)
        if left is None or start is None:
            continue
        free = left.get(RESOURCE, ANY_RESOURCE) == ANY_RESOURCE
        forms = [actions] if free else list(_by_forms(actions))
        search.work.spend(len(actions) + len(forms) * (len(outside) // _READ_A_STEP + (0 if free else _STEPS_A_FORM)))
        taken = [
            same
            for same in forms
            if free or _is_plainly_in(left, same[0]) or on_its_resources(search, same[0], start, left, outside)
        ]
        if taken:
            yield Opening(tuple(action for one in taken for action in one), start, left)


def _named_services(region: Region) -> frozenset[str] | None:
    """The services in whose ARNs the resources of a region are, so that most actions need no search; None for any."""
    cell = region.get(RESOURCE)
    limits = [_services_in_arns(words) for words in cell.inside] if isinstance(cell, WordCell) else []
    return min((limit for limit in limits if limit is not None), key=len, default=None)


@lru_cache(maxsize=4096)
def _services_in_arns(words: Words) -> frozenset[str] | None:
    found: set[str] = set()
    for pattern in words.patterns:
        parts = pattern.prefix.split(":", 3)
        if len(parts) < 4 or parts[0] != "arn":
            return None
        found.add(parts[2])
    return frozenset(found)


@lru_cache(maxsize=8192)
def _may_take(forms: tuple[str, ...], named: frozenset[str]) -> bool:
    """False if resources of these forms are in ARNs of other services for certain."""
    parts = [form.split(":", 3) for form in forms]
    return any(len(part) < 4 or "$" in part[2] or "*" in part[2] or part[2] in named for part in parts)


def _is_plainly_in(left: Region, action: Action) -> bool:
    """Whether the most ordinary resource of the action is in the region; that saves most searches."""
    cell = left[RESOURCE]
    if not isinstance(cell, WordCell):
        return False
    example = example_of(catalogue.resources_of(action.resource_forms).patterns[0])
    inside = (words for words in cell.inside if words not in ANY_RESOURCE.inside)
    return all(words.accepts(example) for words in inside) and not any(words.accepts(example) for words in cell.outside)


def on_its_resources(
    search: Search, action: Action, start: Region, left: Region, outside: Sequence[Tests]
) -> Region | None:
    """The part of a class's region with a resource that the action takes: in the part found, or else in any other."""
    if RESOURCE not in left:
        return left
    takes: Tests = ((RESOURCE, TextTest(catalogue.resources_of(action.resource_forms))),)
    part = search.within(left, takes)
    if part is not None:
        return part
    again = search.within(start, takes)
    return None if again is None else search.outside(again, outside)


@lru_cache(maxsize=8192)
def _only(action: Action) -> TextTest:
    return TextTest(Words([exactly(action.name.lower())]))


def _by_forms(actions: Iterable[Action]) -> Iterator[list[Action]]:
    found: dict[tuple[str, ...], list[Action]] = {}
    for action in actions:
        found.setdefault(action.resource_forms, []).append(action)
    yield from found.values()


def _classes(question: Question, work: Work, *, brief: bool) -> Iterator[list[Action]]:
    """The actions of the catalogue that all inside boxes name, in classes that no box of the question tells apart."""
    inside = [_Names.of(box) for box in question.inside]
    outside = [_Names.of(box) for box in question.outside]
    services = _services(inside)
    for some in [[service] for service in services] if brief else [services]:
        classes: dict[tuple[object, ...], list[Action]] = {}
        for service in some:
            _classify(service, inside, outside, classes, work)
        yield from classes.values()


def _classify(
    service: str,
    inside: Sequence["_Names"],
    outside: Sequence["_Names"],
    classes: dict[tuple[object, ...], list[Action]],
    work: Work,
) -> None:
    naming = [names for names in inside if names.tells_apart(service)]
    if any(names.positive and not names.words.is_everything for names in inside if names not in naming):
        return
    telling = [names for names in outside if names.tells_apart(service)]
    near = tuple(map(id, telling))
    if not naming and not telling:
        classes.setdefault(near, []).extend(catalogue.actions_of(service).values())
        return
    actions = catalogue.actions_of(service)
    work.spend(len(actions) * (len(naming) + len(telling)) // _READ_A_STEP)
    named = [names.named(service) for names in naming]
    told = [names.named(service) for names in telling]
    common = named[0].intersection(*named[1:]) if named else actions.keys()
    for name in [name for name in actions if name in common]:
        key = (*near, *(name in names for names in told))
        classes.setdefault(key, []).append(actions[name])


def _services(inside: Sequence["_Names"]) -> Sequence[str]:
    limits = [names.services for names in inside if names.positive and names.services is not None]
    every = sorted(limits[0]) if limits else sorted(catalogue.services(), key=lambda name: (name != "iam", name))
    return [service for service in every if all(service in limit for limit in limits)]


@dataclass(frozen=True, slots=True)
class _Names:
    """The action test of one box, ready to be asked about many names."""

    words: Words
    positive: bool
    services: frozenset[str] | None
    """The services that the patterns name, whether the test is positive or not; None for any."""

    @classmethod
    def of(cls, box: Box) -> "_Names":
        for name, test in box.tests:
            if name == ACTION and isinstance(test, TextTest):
                return cls(test.words, test.positive, services_of(test.words))
        return cls(EVERYTHING, True, None)

    def tells_apart(self, service: str) -> bool:
        """Whether some actions of the service may pass the test and others not."""
        return not self.words.is_everything and (self.services is None or service in self.services)

    def named(self, service: str) -> frozenset[str]:
        """The names of the service's actions that pass the test."""
        return _named(self.words, self.positive, service)


@lru_cache(maxsize=4096)
def _named(words: Words, positive: bool, service: str) -> frozenset[str]:
    actions = catalogue.actions_of(service)
    exact = {written(word) for word in words.exact_words}
    wild = [_regular(pattern) for pattern in words.patterns if not pattern.is_exact]
    expression = re.compile("|".join(wild) or _NEVER, re.DOTALL)
    found = {name for name in actions if name in exact or (wild and expression.fullmatch(name))}
    return frozenset(found if positive else actions.keys() - found)


def _regular(pattern: Pattern) -> str:
    wild: dict[Token, str] = {Run(): ".*", One(): "."}
    return "".join(re.escape(item) if isinstance(item, str) else wild.get(item, _NEVER) for item in pattern.tokens)

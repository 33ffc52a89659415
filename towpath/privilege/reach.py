"""Which actions of the catalogue a question opens, found without asking once per action.

Actions that every statement in question treats alike form one class; one search answers for all of them. Only whether
an action takes a resource that is left open is looked at for each form of resource on its own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from towpath.privilege import catalogue
from towpath.privilege.access import Question
from towpath.privilege.boxes import ACTION, RESOURCE, Box, services_of
from towpath.privilege.catalogue import Action
from towpath.privilege.conditions.cell import TextTest
from towpath.privilege.language.pattern import One, Pattern, Run, Token, exactly
from towpath.privilege.language.words import EVERYTHING, Words
from towpath.privilege.region import Region, Search, Tests

_NEVER: Final = "(?!)"


@dataclass(frozen=True, slots=True)
class Opening:
    """Actions that are newly allowed in the same way, on resources that they take, and a region that proves it."""

    actions: tuple[Action, ...]
    region: Region


def openings(search: Search, region: Region, question: Question) -> Iterator[Opening]:
    """The catalogue's actions with a request in the region and in none of the question's outside boxes."""
    outside = [box.tests for box in question.outside]
    for actions in _classes(question):
        allowed = search.within(region, ((ACTION, _only(actions[0])),))
        left = None if allowed is None else search.outside(allowed, outside)
        if left is None or allowed is None:
            continue
        for same_forms in _by_forms(actions):
            part: Region | None = left
            if RESOURCE in region:
                part = _on_resources_of(search, same_forms[0], allowed, left, outside)
            if part is not None:
                yield Opening(tuple(same_forms), part)


def _on_resources_of(
    search: Search, action: Action, allowed: Region, left: Region, outside: Sequence[Tests]
) -> Region | None:
    """The same with a resource that the action takes: in the part already found, or else in any other."""
    takes: Tests = ((RESOURCE, TextTest(catalogue.resources_of(action.resource_forms))),)
    part = search.within(left, takes)
    if part is not None:
        return part
    start = search.within(allowed, takes)
    return None if start is None else search.outside(start, outside)


def _only(action: Action) -> TextTest:
    return TextTest(Words([exactly(action.name.lower())]))


def _by_forms(actions: Iterable[Action]) -> Iterator[list[Action]]:
    found: dict[tuple[str, ...], list[Action]] = {}
    for action in actions:
        found.setdefault(action.resource_forms, []).append(action)
    yield from found.values()


def _classes(question: Question) -> Iterator[list[Action]]:
    """The actions of the catalogue that all inside boxes name, in classes that no box of the question tells apart."""
    inside = [_Names.of(box) for box in question.inside]
    outside = [_Names.of(box) for box in question.outside]
    for service in _services(inside):
        naming = [names for names in inside if names.tells_apart(service)]
        if any(names.positive and not names.words.is_everything for names in inside if names not in naming):
            continue
        telling = [names for names in outside if names.tells_apart(service)]
        classes: dict[tuple[bool, ...], list[Action]] = {}
        for name, action in catalogue.actions_of(service).items():
            if all(names.accepts(name) for names in naming):
                classes.setdefault(tuple(names.accepts(name) for names in telling), []).append(action)
        yield from classes.values()


def _services(inside: Sequence["_Names"]) -> Sequence[str]:
    limits = [names.services for names in inside if names.positive and names.services is not None]
    every = sorted(limits[0]) if limits else catalogue.services()
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

    def accepts(self, name: str) -> bool:
        return (_expression(self.words).fullmatch(name) is not None) is self.positive


@lru_cache(maxsize=4096)
def _expression(words: Words) -> "re.Pattern[str]":
    return re.compile("|".join(map(_regular, words.patterns)) or _NEVER, re.DOTALL)


def _regular(pattern: Pattern) -> str:
    wild: dict[Token, str] = {Run(): ".*", One(): "."}
    return "".join(re.escape(item) if isinstance(item, str) else wild.get(item, _NEVER) for item in pattern.tokens)

"""A statement as a box: one test per dimension (action, resource, principal, each context key), all of which must pass.

Where policy variables are used, a statement is a box only under an assumption of what the variables' keys hold.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from towpath.privilege.caller import named_by_key
from towpath.privilege.conditions.cell import KeyCell, KeyTest, TextTest
from towpath.privilege.conditions.meaning import dimension, fresh_cell, key_test
from towpath.privilege.language.pattern import One, Pattern, Run, Word, pattern_of
from towpath.privilege.language.reading import Assumptions, Reading, assuming, read_pattern
from towpath.privilege.language.search import find_word
from towpath.privilege.language.words import EVERYTHING, Words
from towpath.privilege.language.work import Work
from towpath.privilege.principals import principal_words
from towpath.privilege.statement import Element, Kind, Statement, TextValue
from towpath.privilege.surroundings import Surroundings
from towpath.privilege.variables import variable_keys

ACTION: Final = "action"
RESOURCE: Final = "resource"
PRINCIPAL: Final = "principal"
KEY: Final = "key "
"""What the name of a context key's dimension begins with."""

Test = TextTest | KeyTest


@dataclass(frozen=True, slots=True)
class WordCell:
    """What may still be an action, a resource or a principal."""

    inside: frozenset[Words] = frozenset()
    outside: frozenset[Words] = frozenset()

    def assume(self, test: TextTest) -> "WordCell":
        """What is left when the test passes."""
        if test.positive:
            return WordCell(self.inside | {test.words}, self.outside)
        return WordCell(self.inside, self.outside | {test.words})

    def is_possible(self, work: Work) -> bool:
        return find_word(self.inside, self.outside, work) is not None

    def accepts(self, word: Word) -> bool:
        return all(words.accepts(word) for words in self.inside) and not any(
            words.accepts(word) for words in self.outside
        )


Cell = WordCell | KeyCell

_SOMETHING: Final = (One(), Run())
_ACTIONS: Final = Words([pattern_of([One(":"), Run(":"), ":", *_SOMETHING])])
_RESOURCES: Final = Words([pattern_of(_SOMETHING)])
ANY_RESOURCE: Final = WordCell(frozenset({_RESOURCES}))
_SIGNED_IN: Final = [
    pattern_of([*"aws:", One(":"), Run(":"), ":", *_SOMETHING]),
    pattern_of([*"service:", *_SOMETHING]),
    pattern_of([*"federated:", *_SOMETHING]),
]
_ANYBODY: Final = [pattern_of([*"canonical:", *_SOMETHING]), pattern_of("anonymous")]


def requests_to(kind: Kind) -> dict[str, Cell]:
    """Every request that can be put to a policy of this kind."""
    cells: dict[str, Cell] = {ACTION: WordCell(frozenset({_ACTIONS}))}
    if kind is not Kind.TRUST:
        cells[RESOURCE] = ANY_RESOURCE
    if kind.names_principals:
        known = _SIGNED_IN if kind is Kind.TRUST else [*_SIGNED_IN, *_ANYBODY]
        cells[PRINCIPAL] = WordCell(frozenset({Words(known)}))
    return cells


@dataclass(frozen=True, eq=False)
class Box:
    """The requests that one statement matches. `tests` has one entry per dimension and test."""

    statement: Statement
    tests: tuple[tuple[str, Test], ...]
    services: frozenset[str] | None
    """The service prefixes of its actions; None when it may match actions of any service."""

    @cached_property
    def variables(self) -> frozenset[str]:
        """The keys that the statement uses as policy variables."""
        return variable_keys(self.statement)

    def is_about(self, service: str) -> bool:
        """False if no action of the service can match."""
        return self.services is None or service in self.services

    @cached_property
    def key(self) -> frozenset[tuple[str, Test]]:
        """Equal for two statements that match the same requests by saying the same thing in another order or case."""
        return frozenset(self.tests)

    def is_plainly_in(self, other: "Box") -> bool:
        """Whether every test of the other is one of this box too, or says more patterns of the same: so that no search
        is needed to know that the other matches all that this one does."""
        return all(any(name == own and _implies(mine, test) for own, mine in self.tests) for name, test in other.tests)


def _implies(one: Test, other: Test) -> bool:
    if isinstance(one, TextTest) and isinstance(other, TextTest) and one.positive is other.positive:
        narrow, wide = (one, other) if one.positive else (other, one)
        return narrow.words is wide.words or narrow.words.patterns_set <= wide.words.patterns_set
    return one == other


@dataclass(frozen=True, slots=True)
class Meaning:
    """How statements are read: their kind, the account around them, and what policy variables are taken for."""

    kind: Kind
    around: Surroundings
    assumptions: Assumptions | None = None
    """None leaves the variables in the patterns: good for comparing statements as written, not for a search."""

    def box(self, statement: Statement) -> Box:
        """The statement's box."""
        actions = _action_words(statement.actions.texts)
        tests: list[tuple[str, Test]] = [(ACTION, TextTest(actions, not statement.actions.negated))]
        if statement.resources is not None:
            tests.append((RESOURCE, self._resource_test(statement.resources, statement.variables)))
        if statement.principals is not None:
            words = principal_words(statement.principals, self.kind, self.around)
            tests.append((PRINCIPAL, TextTest(words, not statement.principals.negated)))
            named = (principal_words(entries, self.kind, self.around) for entries in named_by_key(statement))
            tests.extend((PRINCIPAL, TextTest(words)) for words in named)
        for condition in statement.conditions:
            test = key_test(condition, variables=statement.variables, assumptions=self.assumptions)
            tests.append((KEY + dimension(condition.key), test))
        kept = tuple(dict.fromkeys(entry for entry in tests if entry[1] != TextTest(EVERYTHING)))
        return Box(statement, kept, None if statement.actions.negated else services_of(actions))

    def _resource_test(self, element: Element, variables: bool) -> TextTest:
        words = _resource_words(element.texts, Reading(variables=variables))
        if self.assumptions is not None:
            patterns = [assuming(pattern, self.assumptions) for pattern in words.patterns]
            words = Words(pattern for pattern in patterns if pattern is not None)
        return TextTest(words, not element.negated)


@lru_cache(maxsize=65_536)
def _action_pattern(text: TextValue) -> Pattern:
    return read_pattern(text.lower() if isinstance(text, str) else text, Reading())


@lru_cache(maxsize=8192)
def _action_words(texts: tuple[TextValue, ...]) -> Words:
    return Words(map(_action_pattern, texts))


@lru_cache(maxsize=8192)
def _resource_words(texts: tuple[TextValue, ...], reading: Reading) -> Words:
    return Words(read_pattern(text, reading) for text in texts)


def services_of(actions: Words) -> frozenset[str] | None:
    """The service prefixes of actions; None when a wildcard stands before the colon."""
    found = {pattern.prefix.partition(":") for pattern in actions.patterns}
    return frozenset(service for service, _, _ in found) if all(colon for _, colon, _ in found) else None


def fresh(name: str, qualified: frozenset[str]) -> Cell:
    """A dimension about which nothing is known yet."""
    if name.startswith(KEY):
        key = name.removeprefix(KEY)
        return fresh_cell(key, key in qualified)
    return WordCell()

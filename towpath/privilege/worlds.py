"""Which values the keys that are used as policy variables have to be tried with.

A statement with `${aws:username}` in it is no box: its resource depends on a context key. It becomes one as soon as the
key's value is taken as given. So every comparison is made once with each such key absent, once with each value that
some policy could tell from others (one that a condition names, or that makes a pattern with the variable equal to a
pattern without), and once with a value that is none of these and therefore a letter of its own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from towpath.privilege.boxes import KEY, Test
from towpath.privilege.conditions.cell import ABSENT, PRESENT, KeyTest, TextTest
from towpath.privilege.conditions.context_keys import facts
from towpath.privilege.conditions.meaning import dimension
from towpath.privilege.conditions.operators import Family, Relation, operator_named
from towpath.privilege.language.pattern import Letter, Pattern, Run, Variable, exactly, written
from towpath.privilege.language.reading import Assumptions, Reading, read_pattern
from towpath.privilege.language.words import Words
from towpath.privilege.language.work import BudgetExceededError
from towpath.privilege.statement import Statement
from towpath.privilege.variables import places_of, variable_keys, variables_in

MOST_WORLDS: Final = 4096
_MOST_GAPS: Final = 24
"""How many parts of a text that may be anything a search for values puts up with."""
_VARIABLE_READING: Final = Reading(variables=True)


@dataclass(frozen=True, slots=True)
class World:
    """One assumption about every variable's key, and the tests under which it holds."""

    assumptions: Assumptions = field(default_factory=dict[str, str | Letter | None])
    tests: tuple[tuple[str, Test], ...] = ()


def worlds(statements: Sequence[Statement]) -> Iterator[World]:
    """Every assumption that has to be tried; together they hold for every request.

    Raises BudgetExceededError when there are more than `MOST_WORLDS`.
    """
    keys = sorted(frozenset[str]().union(*map(variable_keys, statements)))
    choices: list[list[_Choice]] = []
    count = 1
    for key in keys:
        choices.append(list(_values_of(key, statements)))
        count *= len(choices[-1])
        if count > MOST_WORLDS:
            raise BudgetExceededError
    for chosen in product(*choices):
        assumptions = {key: value for key, (value, _) in zip(keys, chosen, strict=True)}
        yield World(assumptions, tuple(entry for _, tests in chosen for entry in tests))


_Choice = tuple[str | Letter | None, tuple[tuple[str, Test], ...]]


def _values_of(key: str, statements: Sequence[Statement]) -> Iterator[_Choice]:
    """Absent; each exact value; a letter for the other values of each pattern that the key is compared with; a letter
    for all the rest."""
    if facts(key).multivalued:
        yield None, ()
        return
    name = KEY + dimension(key)
    yield None, ((name, ABSENT),)
    seen = [exactly(value) for value in sorted(_candidates(key, statements))]
    for pattern in seen:
        yield written(pattern.word), ((name, _holds(TextTest(Words([pattern])))),)
    for pattern in _compared_patterns(key, statements):
        others = _holds(TextTest(Words(seen), positive=False))
        yield (
            Letter(f"${{{key}}}", free=True, within=pattern),
            ((name, _holds(TextTest(Words([pattern])))), (name, others)),
        )
        seen.append(pattern)
    yield Letter(f"${{{key}}}", free=True), ((name, PRESENT), (name, _holds(TextTest(Words(seen), positive=False))))


def _holds(value: TextTest) -> KeyTest:
    return KeyTest(absent=False, every=False, value=value)


def _compared_patterns(key: str, statements: Sequence[Statement]) -> list[Pattern]:
    """Patterns with wildcards and without variables that conditions compare the key with."""
    found: dict[Pattern, None] = {}
    for statement in statements:
        for condition in statement.conditions:
            operator = operator_named(condition.operator)
            if condition.key == key and operator is not None and operator.relation is Relation.LIKE:
                reading = Reading(variables=statement.variables, segments=operator.family is Family.ARN)
                patterns = (read_pattern(value, reading) for value in condition.values)
                found.update((item, None) for item in patterns if not item.is_exact and not item.has_variables)
    return list(found)


def _candidates(key: str, statements: Sequence[Statement]) -> set[str]:
    return _compared_values(key, statements) | _unified_values(key, statements)


def _compared_values(key: str, statements: Sequence[Statement]) -> set[str]:
    """Values that conditions compare the key with exactly."""
    found: set[str] = set()
    for statement in statements:
        for condition in statement.conditions:
            operator = operator_named(condition.operator)
            if condition.key != key or operator is None or operator.family not in {Family.STRING, Family.ARN}:
                continue
            found.update(value for value in condition.values if isinstance(value, str) and not _is_open(value))
    return found


def _is_open(text: str) -> bool:
    return any(mark in text for mark in "*?$")


def _unified_values(key: str, statements: Sequence[Statement]) -> set[str]:
    """Values that make a text with the variable equal to a text without wildcards in the same place."""
    found: set[str] = set()
    for texts in places_of(statements).values():
        expressions = [
            re.compile(_expression(read_pattern(text, _VARIABLE_READING), key), re.DOTALL)
            for text in texts
            if key in {token.key for token in variables_in(text)}
        ]
        fixed = [text for text in texts if isinstance(text, str) and not _is_open(text)] if expressions else []
        matches = (expression.fullmatch(text) for expression in expressions for text in fixed)
        found.update(match.group(1) for match in matches if match and match.group(1))
    return found


def _expression(pattern: Pattern, key: str) -> str:
    seen = False
    expression = ""
    if sum(isinstance(token, (Run, Variable)) for token in pattern.tokens) > _MOST_GAPS:
        raise BudgetExceededError
    for token in pattern.tokens:
        if isinstance(token, Variable) and token.key == key:
            expression += "\\1" if seen else "(.*)"
            seen = True
        elif isinstance(token, str):
            expression += re.escape(token)
        else:
            expression += ".*" if isinstance(token, (Run, Variable, Letter)) else "."
    return expression

"""Writes `A equals ${B}` and `B equals ${A}` the same way: the equality of two keys has no direction.

Both hold exactly when both keys are there and equal, so the fewer keys are used as variables, the fewer values of them
have to be tried. `StringLike` and the ARN operators say the same of a value that is one variable and nothing else.
Where some other condition can compare the two keys in one direction only, that direction is taken; else keys of the
principal become the variable, as most people write it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from towpath.privilege.conditions.context_keys import facts
from towpath.privilege.statement import Condition, Policy, Statement

_LONE_VARIABLE: Final = re.compile(r"\$\{\s*([^{},'*?$\s]+)\s*\}")
_ANY_VARIABLE: Final = re.compile(r"\$\{\s*([^{},'*?$\s]+)")
_EQUAL: Final = "StringEquals"
_UNEQUAL: Final = "StringNotEquals"
_SYMMETRIC: Final = {
    "stringequals": _EQUAL,
    "stringlike": _EQUAL,
    "arnequals": _EQUAL,
    "arnlike": _EQUAL,
    "stringequalsignorecase": "StringEqualsIgnoreCase",
    "stringnotequals": _UNEQUAL,
    "stringnotlike": _UNEQUAL,
    "arnnotequals": _UNEQUAL,
    "arnnotlike": _UNEQUAL,
    "stringnotequalsignorecase": "StringNotEqualsIgnoreCase",
}

Direction = tuple[str, str]
"""A key, and the key that is the variable it is compared with; both in lower case."""


def fixed_directions(statements: Iterable[Statement]) -> frozenset[Direction]:
    """The comparisons of two keys that cannot be turned round: with more around the variable, or with a list."""
    return frozenset(_fixed(statements))


def _fixed(statements: Iterable[Statement]) -> Iterator[Direction]:
    for statement in statements:
        for condition in statement.conditions if statement.variables else ():
            if _symmetric(condition) is None:
                for text in condition.values:
                    yield from ((condition.key, name.lower()) for name in _ANY_VARIABLE.findall(str(text)))


def oriented_policy(policy: Policy, fixed: frozenset[Direction] = frozenset()) -> Policy:
    """The policy with its equalities of keys written one way."""
    return replace(policy, statements=tuple(_oriented_statement(statement, fixed) for statement in policy.statements))


def _oriented_statement(statement: Statement, fixed: frozenset[Direction]) -> Statement:
    if not statement.variables or not statement.conditions:
        return statement
    return replace(statement, conditions=tuple(oriented(condition, fixed) for condition in statement.conditions))


def oriented(condition: Condition, fixed: frozenset[Direction] = frozenset()) -> Condition:
    """The condition, turned round if it is the equality of two single-valued keys in the other direction."""
    found = _symmetric(condition)
    if found is None:
        return condition
    operator, written = found
    here = (condition.key, written.lower())
    there = (here[1], here[0])
    turned = there in fixed if (there in fixed) != (here in fixed) else min(here, key=_rank) != here[1]
    if turned:
        name = condition.written_key or condition.key
        return Condition(operator, here[1], (f"${{{name}}}",), written)
    return replace(condition, operator=operator)


def _symmetric(condition: Condition) -> tuple[str, str] | None:
    """The operator that says it plainly and the variable as written, if this is the equality of two keys."""
    name = condition.operator.strip().lower()
    if "not" in name:  # an absent key is unequal with and without IfExists
        name = name.removesuffix("ifexists")
    operator = _SYMMETRIC.get(name)
    if operator is None or len(condition.values) != 1:
        return None
    match = _LONE_VARIABLE.fullmatch(str(condition.values[0]))
    if match is None or any(facts(key).multivalued is not False for key in (condition.key, match.group(1).lower())):
        return None
    return operator, match.group(1)


def _rank(key: str) -> tuple[bool, str]:
    return not key.startswith("aws:principal"), key

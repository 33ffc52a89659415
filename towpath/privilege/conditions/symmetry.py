"""Writes `A equals ${B}` and `B equals ${A}` the same way: the equality of two keys has no direction.

Both hold exactly when both keys are there and equal, so the fewer keys are used as variables, the fewer values of them
have to be tried. Keys of the principal become the variable, as most people write it.
"""

import re
from dataclasses import replace
from typing import Final

from towpath.privilege.conditions.context_keys import facts
from towpath.privilege.statement import Condition, Policy, Statement

_LONE_VARIABLE: Final = re.compile(r"\$\{\s*([^{},'*?$\s]+)\s*\}")
_SYMMETRIC: Final = frozenset({"stringequals", "stringnotequals"})


def oriented_policy(policy: Policy) -> Policy:
    """The policy with its equalities of keys written one way."""
    return replace(policy, statements=tuple(map(_oriented_statement, policy.statements)))


def _oriented_statement(statement: Statement) -> Statement:
    if not statement.variables or not statement.conditions:
        return statement
    return replace(statement, conditions=tuple(map(oriented, statement.conditions)))


def oriented(condition: Condition) -> Condition:
    """The condition, turned round if it is the equality of two single-valued keys in the other direction."""
    if condition.operator.lower() not in _SYMMETRIC or len(condition.values) != 1:
        return condition
    match = _LONE_VARIABLE.fullmatch(str(condition.values[0]))
    if match is None:
        return condition
    other = match.group(1).lower()
    both = (condition.key, other)
    if any(facts(key).multivalued is not False for key in both) or min(both, key=_rank) == other:
        return condition
    return Condition(condition.operator, other, (f"${{{condition.key}}}",), match.group(1))


def _rank(key: str) -> tuple[bool, str]:
    return not key.startswith("aws:principal"), key

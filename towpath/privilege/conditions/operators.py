"""Every condition operator of the IAM reference by name: what kind of value it compares, how, and whether it negates.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final


class Family(StrEnum):
    """What an operator takes the key's values for."""

    STRING = "string"
    ARN = "arn"
    NUMERIC = "numeric"
    DATE = "date"
    BOOL = "bool"
    BINARY = "binary"
    ADDRESS = "address"
    NULL = "null"


class Relation(StrEnum):
    """How an operator compares."""

    EQUALS = "="
    LIKE = "~"
    LESS = "<"
    LESS_EQUALS = "<="
    GREATER = ">"
    GREATER_EQUALS = ">="


class Qualifier(StrEnum):
    """How an operator reads a key with several values."""

    NONE = ""
    FOR_ALL = "forallvalues"
    FOR_ANY = "foranyvalue"


@dataclass(frozen=True, slots=True)
class Operator:
    """A condition operator. `if_exists` makes an absent key match."""

    family: Family
    relation: Relation
    negated: bool = False
    fold: bool = False
    if_exists: bool = False
    qualifier: Qualifier = Qualifier.NONE


def _families() -> dict[str, Operator]:
    found = {
        "stringequals": Operator(Family.STRING, Relation.EQUALS),
        "stringnotequals": Operator(Family.STRING, Relation.EQUALS, negated=True),
        "stringequalsignorecase": Operator(Family.STRING, Relation.EQUALS, fold=True),
        "stringnotequalsignorecase": Operator(Family.STRING, Relation.EQUALS, negated=True, fold=True),
        "stringlike": Operator(Family.STRING, Relation.LIKE),
        "stringnotlike": Operator(Family.STRING, Relation.LIKE, negated=True),
        "arnequals": Operator(Family.ARN, Relation.LIKE),
        "arnlike": Operator(Family.ARN, Relation.LIKE),
        "arnnotequals": Operator(Family.ARN, Relation.LIKE, negated=True),
        "arnnotlike": Operator(Family.ARN, Relation.LIKE, negated=True),
        "bool": Operator(Family.BOOL, Relation.EQUALS),
        "binaryequals": Operator(Family.BINARY, Relation.EQUALS),
        "ipaddress": Operator(Family.ADDRESS, Relation.EQUALS),
        "notipaddress": Operator(Family.ADDRESS, Relation.EQUALS, negated=True),
        "null": Operator(Family.NULL, Relation.EQUALS),
    }
    for family in (Family.NUMERIC, Family.DATE):
        found |= {
            f"{family}equals": Operator(family, Relation.EQUALS),
            f"{family}notequals": Operator(family, Relation.EQUALS, negated=True),
            f"{family}lessthan": Operator(family, Relation.LESS),
            f"{family}lessthanequals": Operator(family, Relation.LESS_EQUALS),
            f"{family}greaterthan": Operator(family, Relation.GREATER),
            f"{family}greaterthanequals": Operator(family, Relation.GREATER_EQUALS),
        }
    return found


_OPERATORS: Final = _families()


@lru_cache(maxsize=512)
def operator_named(name: str) -> Operator | None:
    """The operator that a `Condition` block names, in any case; None if IAM has none of this name."""
    text = name.strip().lower()
    qualifier, colon, base = text.partition(":")
    if not colon:
        qualifier, base = "", text
    if qualifier not in set(Qualifier) or (colon and not qualifier):
        return None
    if_exists = base.endswith("ifexists")
    found = _OPERATORS.get(base.removesuffix("ifexists"))
    if found is None:
        return None
    return Operator(found.family, found.relation, found.negated, found.fold, if_exists, Qualifier(qualifier))

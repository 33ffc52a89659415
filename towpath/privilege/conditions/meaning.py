"""What one condition line says of its key, as a test on the key's values.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

import base64
import binascii
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Final

from towpath.privilege.conditions.cell import (
    ABSENT,
    PRESENT,
    KeyCell,
    KeyTest,
    Line,
    OpaqueTest,
    RangeTest,
    TextTest,
    ValueTest,
)
from towpath.privilege.conditions.context_keys import SAME_MOMENT, facts
from towpath.privilege.conditions.operators import Family, Operator, Qualifier, Relation, operator_named
from towpath.privilege.conditions.values import ADDRESSES, addresses, moment, number
from towpath.privilege.language.pattern import Pattern, exactly
from towpath.privilege.language.ranges import LEAST, MOST, Ranges, union_of
from towpath.privilege.language.reading import Assumptions, Reading, assuming, read_pattern
from towpath.privilege.language.words import Words
from towpath.privilege.statement import Condition, TextValue

_LINES: Final[dict[Family, Line]] = {Family.NUMERIC: "number", Family.DATE: "time", Family.ADDRESS: "address"}
_LINE_OF_TYPE: Final[dict[str, Line]] = {"Numeric": "number", "Date": "time", "IPAddress": "address"}
_WHOLE_LINE: Final = (LEAST, MOST)
_TRUTHS: Final = Words([exactly("true"), exactly("false")])


def dimension(key: str) -> str:
    """The name under which a key (in lower case) is decided: two keys that say the same thing share one."""
    return SAME_MOMENT.get(key, key)


@lru_cache(maxsize=4096)
def fresh_cell(key: str, qualified: bool) -> KeyCell:
    """The key before anything is said about it. A key that nobody describes holds one value unless some policy reads it
    as a set (`qualified`)."""
    known = facts(key)
    single = not (qualified if known.multivalued is None else known.multivalued)
    cell = KeyCell(single)
    if known.type_name == "Bool":
        return _within(cell, TextTest(_TRUTHS))
    line = _LINE_OF_TYPE.get(known.type_name)
    if line == "address":
        return _within(cell, RangeTest("address", ADDRESSES))
    return _within(cell, RangeTest(line, Ranges(_WHOLE_LINE))) if line else cell


def _within(cell: KeyCell, domain: ValueTest) -> KeyCell:
    return cell.assume(KeyTest(absent=True, every=True, value=domain))


def key_test(condition: Condition, *, variables: bool, assumptions: Assumptions | None) -> KeyTest:
    """The test that a condition line puts to its key."""
    operator = operator_named(condition.operator)
    if operator is None:
        raise ValueError(f"{condition.operator} is no condition operator")
    if operator.family is Family.NULL:
        return _null_test(condition.values)
    positive = _value_test(operator, condition, variables=variables, assumptions=assumptions)
    value = positive.opposite() if operator.negated else positive
    every = operator.qualifier is Qualifier.FOR_ALL or (operator.qualifier is Qualifier.NONE and operator.negated)
    return KeyTest(every or operator.if_exists, every, value)


def _null_test(values: Iterable[TextValue]) -> KeyTest:
    asked = {str(value).strip().lower() for value in values}
    if asked >= {"true", "false"}:
        return KeyTest(absent=True, every=True, value=TextTest(Words(()), positive=False))
    if "true" in asked:
        return ABSENT
    return PRESENT if "false" in asked else KeyTest(absent=False, every=False, value=TextTest(Words(())))


def _value_test(
    operator: Operator, condition: Condition, *, variables: bool, assumptions: Assumptions | None
) -> ValueTest:
    line = _LINES.get(operator.family)
    if line is None:
        reading = _reading(operator, variables=variables)
        patterns = (_pattern(value, operator, reading, assumptions) for value in condition.values)
        return TextTest(Words(pattern for pattern in patterns if pattern is not None))
    if _LINE_OF_TYPE.get(facts(condition.key).type_name) == "time":
        line = "time"
    if not all(isinstance(value, str) for value in condition.values):
        unknown = next(str(value) for value in condition.values if not isinstance(value, str))
        equality = operator.relation in {Relation.EQUALS, Relation.LESS_EQUALS, Relation.GREATER_EQUALS}
        name = f"{operator.family}{operator.relation}{sorted(map(str, condition.values))}"
        return OpaqueTest(name, unknown if equality else "")
    texts = [value for value in condition.values if isinstance(value, str)]
    return RangeTest(line, union_of(_ranges(text, line, operator.relation) for text in texts))


def _reading(operator: Operator, *, variables: bool) -> Reading:
    if operator.family is Family.ARN:
        return Reading(variables=variables, segments=True)
    if operator.family is Family.STRING:
        return Reading(variables=variables, wildcards=operator.relation is Relation.LIKE, fold=operator.fold)
    return Reading(wildcards=False, fold=operator.family is Family.BOOL)


def _pattern(value: TextValue, operator: Operator, reading: Reading, assumptions: Assumptions | None) -> Pattern | None:
    if operator.family is Family.BINARY and isinstance(value, str):
        value = canonical_base64(value)
    return assuming(read_pattern(value, reading), assumptions)


def canonical_base64(text: str) -> str:
    """The one way to write the bytes that a base64 text stands for; the text itself if it is none."""
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode("ascii")
    except (binascii.Error, ValueError):
        return text


def _ranges(text: str, line: Line, relation: Relation) -> Ranges:
    if line == "address":
        return addresses(text) or Ranges(())
    value = moment(text) if line == "time" else number(text)
    return Ranges(()) if value is None else _compared(value, relation)


def _compared(value: Fraction, relation: Relation) -> Ranges:
    before, after = (value, 0), (value, 1)
    cuts = {
        Relation.EQUALS: (before, after),
        Relation.LESS: (LEAST, before),
        Relation.LESS_EQUALS: (LEAST, after),
        Relation.GREATER: (after, MOST),
        Relation.GREATER_EQUALS: (before, MOST),
    }
    return Ranges(cuts[relation])

"""Which way a Choice state goes.

Decides the comparison operators of JSONPath rules, that a comparison of the wrong types is false, that a variable that
is not there fails the state unless IsPresent asks for it, and that JSONata conditions must be booleans.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from local_cloud.asl import data, jsonpath
from local_cloud.asl.failure import NO_CHOICE_MATCHED, RUNTIME, StateFailure
from local_cloud.asl.visit import Outcome, Visit

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
_OPERATOR = re.compile(r"(String|Numeric|Boolean|Timestamp)(.+?)(Path)?")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def choose(visit: Visit) -> Outcome:
    for index, rule in enumerate(visit.state["Choices"]):
        if _holds(visit, rule, index):
            return data.chosen(visit, rule, rule["Next"])
    if "Default" not in visit.state:
        raise StateFailure(
            NO_CHOICE_MATCHED, f"No choice rule of the state '{visit.name}' matched and it has no Default"
        )
    return data.chosen(visit, visit.state, visit.state["Default"])


def _holds(visit: Visit, rule: Mapping[str, Any], index: int) -> bool:
    if visit.is_jsonata:
        field = f"Choices[{index}]/Condition"
        if isinstance(rule["Condition"], bool):
            return rule["Condition"]
        return bool(data.typed(visit, rule["Condition"], field, "boolean"))
    return _rule(rule, data.sources(visit, data.effective_input(visit)))


def _rule(rule: Mapping[str, Any], sources: jsonpath.Sources) -> bool:
    if "And" in rule:
        return all(_rule(inner, sources) for inner in rule["And"])
    if "Or" in rule:
        return any(_rule(inner, sources) for inner in rule["Or"])
    if "Not" in rule:
        return not _rule(rule["Not"], sources)
    name = next(key for key in rule if key not in ("Variable", "Next", "Comment", "Assign", "Output"))
    try:
        value = jsonpath.find(rule["Variable"], sources)
    except jsonpath.MissingPath as missing:
        if name == "IsPresent":
            return not rule[name]
        raise StateFailure(
            RUNTIME,
            f"Invalid path '{rule['Variable']}': The choice state's condition path references an invalid value.",
        ) from missing
    if name.startswith("Is"):
        return _kinds(value)[name] == rule[name]
    return _compare(name, value, rule[name], sources)


def _kinds(value: Any) -> dict[str, bool]:
    return {
        "IsPresent": True,
        "IsNull": value is None,
        "IsString": isinstance(value, str),
        "IsNumeric": isinstance(value, (int, float)) and not isinstance(value, bool),
        "IsBoolean": isinstance(value, bool),
        "IsTimestamp": _moment(value) is not None,
    }


def _compare(name: str, value: Any, expected: Any, sources: jsonpath.Sources) -> bool:
    if name == "StringMatches":
        return isinstance(value, str) and _glob(str(expected)).fullmatch(value) is not None
    parts = _OPERATOR.fullmatch(name)
    if parts is None or parts[2] not in _COMPARISONS:
        raise StateFailure(RUNTIME, f"'{name}' is not a comparison that a choice rule can make")
    right = jsonpath.select(str(expected), sources) if parts[3] else expected
    kind = parts[1]
    if kind == "Timestamp":
        moments = _moment(value), _moment(right)
        return None not in moments and _COMPARISONS[parts[2]](*moments)
    wanted = {"String": "IsString", "Numeric": "IsNumeric", "Boolean": "IsBoolean"}[kind]
    return _kinds(value)[wanted] and _kinds(right)[wanted] and _COMPARISONS[parts[2]](value, right)


def _glob(pattern: str) -> re.Pattern[str]:
    """`*` matches anything, and a backslash takes its meaning away."""
    pieces: list[str] = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", pattern)
    return re.compile("".join(_piece(piece) for piece in pieces), re.DOTALL)


def _piece(piece: str) -> str:
    if piece == "*":
        return ".*"
    return re.escape(piece[1:] if len(piece) == 2 and piece[0] == "\\" else piece)


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return None
    return datetime.fromisoformat(value)

"""What inside a state must be right: its resource, its rules, its retriers and catchers, its waiting.

Source: https://states-language.net/spec.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from local_cloud.asl.validation.diagnostic import Diagnostic, schema
from local_cloud.asl.validation.fields import JSONATA

State = Mapping[str, Any]
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d{0,12}:.+", re.DOTALL)
_WAITS = ("Seconds", "Timestamp", "SecondsPath", "TimestampPath")


def check_parts(state: State, language: str, place: str) -> Iterator[Diagnostic]:
    kind = state["Type"]
    if kind == "Task" and not _ARN.fullmatch(str(state.get("Resource", "arn:aws:x:::x"))):
        yield schema("Value is not a valid resource ARN", f"{place}/Resource")
    if kind == "Choice":
        yield from _check_rules(state, language, place)
    if kind == "Wait" and sum(name in state for name in _WAITS) != 1:
        yield schema(f"Exactly one of {', '.join(repr(name) for name in _WAITS)} is required", place)
    if kind == "Map" and ("ItemProcessor" in state) == ("Iterator" in state):
        yield schema("Exactly one of 'ItemProcessor' and 'Iterator' is required", place)
    for index, retrier in enumerate(_objects(state.get("Retry"))):
        yield from _check_retrier(retrier, f"{place}/Retry[{index}]")
    catchers = _objects(state.get("Catch"))
    for index, catcher in enumerate(catchers):
        if "Next" not in catcher:
            yield schema("Field 'Next' is required", f"{place}/Catch[{index}]")
    for name in ("Retry", "Catch"):
        yield from _check_names(_objects(state.get(name)), f"{place}/{name}")


def _check_rules(state: State, language: str, place: str) -> Iterator[Diagnostic]:
    rules = _objects(state.get("Choices"))
    if not rules:
        yield schema("A Choice state needs at least one choice rule", f"{place}/Choices")
    for index, rule in enumerate(rules):
        if "Next" not in rule:
            yield schema("Field 'Next' is required", f"{place}/Choices[{index}]")
        if language == JSONATA and "Condition" not in rule:
            yield schema("Field 'Condition' is required", f"{place}/Choices[{index}]")
        if language != JSONATA and not ({"Variable", "And", "Or", "Not"} & rule.keys()):
            yield schema("A choice rule needs a 'Variable', 'And', 'Or' or 'Not'", f"{place}/Choices[{index}]")


def _check_retrier(retrier: State, place: str) -> Iterator[Diagnostic]:
    least = {"IntervalSeconds": 1, "MaxAttempts": 0, "BackoffRate": 1, "MaxDelaySeconds": 1}
    for name, lowest in least.items():
        value = retrier.get(name, lowest)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < lowest:
            yield schema(f"The value of '{name}' must be a number from {lowest}", f"{place}/{name}")
    if retrier.get("JitterStrategy", "NONE") not in ("NONE", "FULL"):
        yield schema("The value of 'JitterStrategy' must be 'NONE' or 'FULL'", f"{place}/JitterStrategy")


def _check_names(rules: Sequence[State], place: str) -> Iterator[Diagnostic]:
    for index, rule in enumerate(rules):
        names: list[str] = rule.get("ErrorEquals") or []
        if not names:
            yield schema("Field 'ErrorEquals' must name at least one error", f"{place}[{index}]")
        elif "States.ALL" in names and (len(names) > 1 or index < len(rules) - 1):
            yield schema("'States.ALL' must stand alone and last", f"{place}[{index}]/ErrorEquals")


def _objects(value: Any) -> list[State]:
    items = cast(list[Any], value) if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]

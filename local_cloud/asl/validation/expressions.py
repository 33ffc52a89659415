"""Whether every string of a JSONata state that looks like an expression is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from local_cloud.asl import jsonata
from local_cloud.asl.validation.diagnostic import EXPRESSION, Diagnostic

# Their contents are states of their own, or plain names.
_SKIPPED = ("States", "Branches", "ItemProcessor", "Iterator", "Comment")


def check_expressions(state: Mapping[str, Any], place: str) -> Iterator[Diagnostic]:
    for name, value in state.items():
        if name not in _SKIPPED:
            yield from _check(value, f"{place}/{name}")


def _check(value: Any, place: str) -> Iterator[Diagnostic]:
    if isinstance(value, dict):
        for name, item in cast(dict[str, Any], value).items():
            yield from _check(item, f"{place}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(cast(list[Any], value)):
            yield from _check(item, f"{place}[{index}]")
    elif isinstance(value, str) and value.startswith("{%"):
        yield from _check_expression(value, place)


def _check_expression(value: str, place: str) -> Iterator[Diagnostic]:
    if not jsonata.is_expression(value):
        yield Diagnostic(EXPRESSION, "An expression that begins with '{%' must end with '%}'", place)
        return
    error = jsonata.syntax_error(value[2:-2].strip())
    if error is not None:
        yield Diagnostic(EXPRESSION, error, place)

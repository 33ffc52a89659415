"""All that is wrong with a definition, in the order of its states; what is inside a state before where it leads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from local_cloud.asl.validation.diagnostic import DUPLICATE, NOT_JSON, Diagnostic, schema
from local_cloud.asl.validation.expressions import check_expressions
from local_cloud.asl.validation.fields import FIELDS, JSONATA, JSONPATH, check_fields
from local_cloud.asl.validation.graph import check_graph
from local_cloud.asl.validation.parts import check_parts

LONGEST_NAME = 80
_TOP = frozenset({"StartAt", "States", "Comment", "Version", "TimeoutSeconds", "QueryLanguage"})
_INNER = frozenset({"StartAt", "States", "Comment", "ProcessorConfig"})
Machine = Mapping[str, Any]


def diagnose(text: str) -> list[Diagnostic]:
    """Everything that is wrong with a definition; an empty list when nothing is."""
    try:
        document: Any = json.loads(text)
    except ValueError as error:
        return [Diagnostic(NOT_JSON, str(error))]
    if not isinstance(document, dict):
        return [Diagnostic(NOT_JSON, "A definition is a JSON object")]
    machine = cast(Machine, document)
    language = machine.get("QueryLanguage", JSONPATH)
    if language not in (JSONATA, JSONPATH):
        return [schema("The value of 'QueryLanguage' must be 'JSONPath' or 'JSONata'", "/QueryLanguage")]
    found = list(_check_machine(machine, language, "", _TOP))
    return found or list(_check_duplicates(machine))


def _check_machine(machine: Machine, language: str, place: str, known: frozenset[str]) -> Iterator[Diagnostic]:
    problems = list(_check_shape(machine, place, known))
    yield from problems
    if problems:
        return
    for name, state in machine["States"].items():
        yield from _check_state(name, state, language, f"{place}/States/{name}")
    yield from check_graph(machine, place)


def _check_shape(machine: Machine, place: str, known: frozenset[str]) -> Iterator[Diagnostic]:
    for name in machine.keys() - known:
        yield schema(f"Field '{name}' is not supported", place)
    if not isinstance(machine.get("StartAt"), str):
        yield schema("Field 'StartAt' is required", place)
    states = machine.get("States")
    if not isinstance(states, dict) or not states:
        yield schema("Field 'States' must be an object with at least one state", place)
        return
    for name, state in cast(dict[str, Any], states).items():
        if not isinstance(state, dict) or cast(Machine, state).get("Type") not in FIELDS:
            yield schema(f"Field 'Type' must be one of {', '.join(FIELDS)}", f"{place}/States/{name}")


def _check_state(name: str, state: Machine, machine_language: str, place: str) -> Iterator[Diagnostic]:
    language = state.get("QueryLanguage", machine_language)
    if len(name) > LONGEST_NAME:
        yield schema(f"The name of a state has at most {LONGEST_NAME} characters", place)
    if machine_language == JSONATA and language != JSONATA:
        yield schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", place)
        return
    yield from check_fields(state, language, place)
    yield from check_parts(state, language, place)
    if language == JSONATA:
        yield from check_expressions(state, place)
    # The states inside have the machine's language, not the one of the state around them.
    for inner, where in _inner_machines(state):
        yield from _check_machine(inner, machine_language, f"{place}/{where}", _INNER)


def _inner_machines(state: Machine) -> Iterator[tuple[Machine, str]]:
    branches: list[Any] = state.get("Branches") or []
    for index, branch in enumerate(branches):
        if isinstance(branch, dict):
            yield cast(Machine, branch), f"Branches[{index}]"
    for field in ("ItemProcessor", "Iterator"):
        if isinstance(state.get(field), dict):
            yield state[field], field


def _check_duplicates(machine: Machine) -> Iterator[Diagnostic]:
    """A name belongs to one state of the whole machine, branches included."""
    seen: set[str] = set()
    for name, place in _names(machine, ""):
        if name in seen:
            yield Diagnostic(DUPLICATE, f"Duplicate State name: {name}", place)
        seen.add(name)


def _names(machine: Machine, place: str) -> Iterator[tuple[str, str]]:
    for name, state in machine["States"].items():
        here = f"{place}/States/{name}"
        yield name, here
        for inner, where in _inner_machines(state):
            yield from _names(inner, f"{here}/{where}")

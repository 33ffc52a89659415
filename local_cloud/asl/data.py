"""How data enters and leaves a state, in JSONata and in JSONPath: one interface over both query languages.

Decides what Arguments or Parameters make of the input, what Output or ResultSelector, ResultPath and OutputPath make of
the result, what is assigned to variables, and that no document between states exceeds 262,144 bytes.
Sources, all in https://docs.aws.amazon.com/step-functions/latest/dg/: transforming-data.html,
concepts-input-output-filtering.html, workflow-variables.html and service-quotas.html
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from local_cloud.asl import jsonata, jsonpath
from local_cloud.asl.failure import DATA_LIMIT_EXCEEDED, PARAMETER_PATH, RUNTIME, StateFailure
from local_cloud.asl.history import document
from local_cloud.asl.visit import Outcome, Visit

MAXIMUM_BYTES = 262_144
_ABSENT = object()


def arguments(visit: Visit) -> Any:
    """What a Task is called with, and what the branches of a Parallel state start with."""
    if visit.is_jsonata:
        if "Arguments" not in visit.state:
            return visit.input
        value = evaluated(visit, visit.state["Arguments"], bindings(visit), "Arguments")
    else:
        value = effective_input(visit)
        if "Parameters" in visit.state:
            value = jsonpath.fill(visit.state["Parameters"], sources(visit, value))
    return limited(value, f"The state/task '{visit.name}' was given arguments")


def effective_input(visit: Visit) -> Any:
    """The input of a JSONPath state after its InputPath."""
    return _path(visit, "InputPath", sources(visit, visit.input))


def leave(visit: Visit, result: Any = _ABSENT, *, next_state: str | None = None) -> Outcome:
    """The output and the assignments of a state that succeeded; without a result its input is its output."""
    limited(result, f"The state/task '{visit.name}' returned a result")
    target = next_state if next_state is not None else visit.state.get("Next")
    if visit.is_jsonata:
        return _leave_jsonata(visit, visit.state, visit.input, target, result=result)
    return _leave_jsonpath(visit, result, target)


def caught(visit: Visit, catcher: Mapping[str, Any], error_output: Mapping[str, Any]) -> Outcome:
    """The output and the assignments of a catcher."""
    if visit.is_jsonata:
        return _leave_jsonata(visit, catcher, error_output, catcher["Next"], errorOutput=error_output)
    output = jsonpath.put(catcher.get("ResultPath", "$"), visit.input, dict(error_output))
    assigned = _fill_assign(catcher, sources(visit, dict(error_output)))
    return Outcome(_output_limited(visit, output), catcher["Next"], assigned)


def chosen(visit: Visit, rule: Mapping[str, Any], target: str) -> Outcome:
    """The output and the assignments of a Choice state's rule, or of the state itself for its default."""
    if visit.is_jsonata:
        return _leave_jsonata(visit, rule, visit.input, target)
    effective = effective_input(visit)
    output = _path(visit, "OutputPath", sources(visit, effective))
    return Outcome(output, target, _fill_assign(rule, sources(visit, effective)))


def number(visit: Visit, field: str) -> float | None:
    """A number that a state gives itself, by an expression or at the path of `<field>Path`; None: it gives none."""
    value = visit.state.get(field, _ABSENT)
    if value is not _ABSENT:
        value = typed(visit, value, field, "number") if visit.is_jsonata else value
    elif f"{field}Path" in visit.state:
        value = jsonpath.select(visit.state[f"{field}Path"], sources(visit, effective_input(visit)))
    else:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise StateFailure(RUNTIME, f"The value of {field} of the state '{visit.name}' must be a number, not {value!r}")
    return float(value)


def text(visit: Visit, field: str) -> str | None:
    """The same for a string."""
    value = visit.state.get(field, _ABSENT)
    if value is not _ABSENT:
        return str(typed(visit, value, field, "string")) if visit.is_jsonata else str(value)
    if f"{field}Path" in visit.state:
        found = jsonpath.select(visit.state[f"{field}Path"], sources(visit, effective_input(visit)))
        if not isinstance(found, str):
            raise StateFailure(RUNTIME, f"The value at {field}Path of the state '{visit.name}' must be a string")
        return found
    return None


def evaluated(visit: Visit, template: Any, names: Mapping[str, Any], field: str) -> Any:
    with _explained(visit):
        return jsonata.evaluate(template, names, field)


def typed(visit: Visit, template: Any, field: str, expected: str) -> Any:
    with _explained(visit):
        return jsonata.typed(template, bindings(visit), field, expected)


@contextmanager
def _explained(visit: Visit) -> Generator[None]:
    """A failed expression is an event of its own, and its cause says in which visit of which state it failed."""
    try:
        yield
    except StateFailure as failure:
        cause = (
            f"An error occurred while executing the state '{visit.name}' (entered at the event id #{visit.event}). "
            f"{failure.cause}"
        )
        details = {"error": failure.error, "cause": cause, "location": failure.field or "", "state": visit.name}
        visit.branch.record("EvaluationFailed", details)
        raise StateFailure(failure.error, cause, field=failure.field) from failure


def bindings(visit: Visit, **known: Any) -> dict[str, Any]:
    """The `$names` of an expression: the variables, and `$states`."""
    states = {"input": visit.input, "context": visit.context()}
    states |= {name: value for name, value in known.items() if value is not _ABSENT}
    return {**visit.branch.variables, "states": states}


def sources(visit: Visit, value: Any) -> jsonpath.Sources:
    return jsonpath.Sources(value, visit.context(), visit.branch.variables)


def limited(value: Any, what: str) -> Any:
    if value is not _ABSENT and len(document(value).encode()) > MAXIMUM_BYTES:
        raise StateFailure(
            DATA_LIMIT_EXCEEDED, f"{what} with a size exceeding the maximum number of bytes service limit."
        )
    return value


def _leave_jsonata(visit: Visit, place: Mapping[str, Any], default: Any, target: str | None, **known: Any) -> Outcome:
    names = bindings(visit, **known)
    output = known.get("result", default)
    output = default if output is _ABSENT else output
    if "Output" in place:
        output = evaluated(visit, place["Output"], names, "Output")
    # Pass, Choice, Wait and Succeed have no result of their own: for `Assign` theirs is what they give out.
    if visit.state["Type"] == "Pass":
        names = bindings(visit, result=output)
    assigned = {
        name: limited(evaluated(visit, value, names, f"Assign/{name}"), f"The variable '{name}' was assigned a value")
        for name, value in cast(Mapping[str, Any], place.get("Assign", {})).items()
    }
    return Outcome(_output_limited(visit, output), target, assigned)


def _leave_jsonpath(visit: Visit, result: Any, target: str | None) -> Outcome:
    state = visit.state
    value = effective_input(visit) if result is _ABSENT else result
    assigned = _fill_assign(state, sources(visit, value))
    if "ResultSelector" in state and result is not _ABSENT:
        value = jsonpath.fill(state["ResultSelector"], sources(visit, value))
    if result is not _ABSENT:
        value = jsonpath.put(state.get("ResultPath", "$"), visit.input, value)
    output = _path(visit, "OutputPath", sources(visit, value))
    return Outcome(_output_limited(visit, output), target, assigned)


def _fill_assign(place: Mapping[str, Any], origin: jsonpath.Sources) -> dict[str, Any]:
    filled: dict[str, Any] = jsonpath.fill(place.get("Assign", {}), origin)
    return filled


def _path(visit: Visit, field: str, origin: jsonpath.Sources) -> Any:
    path = visit.state.get(field, "$")
    if path is None:
        return {}
    try:
        return jsonpath.find(path, origin)
    except jsonpath.MissingPath as missing:
        raise StateFailure(
            RUNTIME if field != "Parameters" else PARAMETER_PATH,
            f"Invalid path '{path}' : No results for path: {path}",
        ) from missing


def _output_limited(visit: Visit, output: Any) -> Any:
    return limited(output, f"The state/task '{visit.name}' returned a result")

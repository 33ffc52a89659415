"""Where the states of one machine (or branch, or item processor) lead: to states that are there, and to an end.

Decides, as AWS does, that a machine without an end is reported instead of its unreachable states, and that every
dangling transition is called a missing 'Next' target whatever its field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local_cloud.asl.validation.diagnostic import NO_END, NO_TARGET, Diagnostic

State = Mapping[str, Any]


def check_graph(machine: Mapping[str, Any], place: str) -> Iterator[Diagnostic]:
    states: Mapping[str, State] = machine["States"]
    reached = {machine["StartAt"]}
    if machine["StartAt"] not in states:
        yield _missing(machine["StartAt"], f"{place}/StartAt")
    for name, state in states.items():
        for target, field in transitions(state):
            reached.add(target)
            if target not in states:
                yield _missing(target, f"{place}/States/{name}/{field}")
    if not any(state.get("End") is True or state.get("Type") in ("Succeed", "Fail") for state in states.values()):
        yield Diagnostic(NO_END, "Workflow has no terminal state")
        return
    for name in states:
        if name not in reached:
            yield Diagnostic(NO_TARGET, f'State "{name}" is not reachable.', f"{place}/States/{name}")


def transitions(state: State) -> Iterator[tuple[str, str]]:
    """Every state that this one may lead to, and the field that says so."""
    if "Next" in state:
        yield str(state["Next"]), "Next"
    if "Default" in state:
        yield str(state["Default"]), "Default"
    for field in ("Choices", "Catch"):
        rules: list[State] = state.get(field) or []
        for index, rule in enumerate(rules):
            if "Next" in rule:
                yield str(rule["Next"]), f"{field}[{index}]/Next"


def _missing(target: str, place: str) -> Diagnostic:
    return Diagnostic(NO_TARGET, f"Missing 'Next' target: {target}", place)

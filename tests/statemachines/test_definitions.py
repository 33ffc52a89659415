"""What holds for every state of both workflows, read from the definitions alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local_cloud.asl.validation.machine import diagnose
from tests.statemachines.walker import FOLDER, source
from towpath.errors import Retryable, Terminal, retryable_names

MACHINES = ("promote_release", "promote_to_environment")
HANDLERS = FOLDER.parent / "handlers"
CLOSING = {"${ClosePromotion}", "${CloseRelease}"}
LAMBDA_ERRORS = {
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.SdkClientException",
    "Lambda.AWSLambdaException",
}
# A function that ran out of time or memory said nothing; every step can be repeated, but not for ever.
KILLED = {"Lambda.Unknown", "Sandbox.Timedout"}


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> dict[str, Any]:
    return source(request.param)


def edges(states: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """From, to and how: `next`, `default`, `choice` or `catch`."""
    for name, state in states.items():
        if "Next" in state:
            yield name, state["Next"], "next"
        if "Default" in state:
            yield name, state["Default"], "default"
        for rule in state.get("Choices", []):
            yield name, rule["Next"], "choice"
        for catcher in state.get("Catch", []):
            yield name, catcher["Next"], "catch"


def tasks(machine: dict[str, Any]) -> dict[str, Any]:
    return {name: state for name, state in machine["States"].items() if state["Type"] == "Task"}


def function_of(state: dict[str, Any]) -> str:
    arguments = state["Arguments"]
    return arguments.get("FunctionName") or arguments["StateMachineArn"]


def test_jsonata_and_a_time_limit(machine: dict[str, Any]) -> None:
    assert machine["QueryLanguage"] == "JSONata"
    assert machine["TimeoutSeconds"] > 30 * 24 * 3600, "longer than the longest approval that the settings allow"
    jsonpath = {"InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "SecondsPath", "Variable"}
    assert not jsonpath & set(re.findall(r'"(\w+)":', json.dumps(machine)))


def test_what_the_embedded_aws_refuses_is_not_in_there(machine: dict[str, Any]) -> None:
    values = {"PollSeconds": "15", "ApprovalSeconds": "259200"}
    arn = "arn:aws:lambda:eu-west-1:111111111111:function:towpath-step:1"
    filled = re.sub(r"\$\{(\w+)\}", lambda found: values.get(found[1], arn), json.dumps(machine))
    assert diagnose(filled) == []


def test_state_names_are_sentences_and_comments_say_why(machine: dict[str, Any]) -> None:
    for name, state in machine["States"].items():
        assert re.fullmatch(r"[A-Z][a-z]*( [a-z]+)+\??", name), name
        assert len(name) <= 80, name
        assert state["Type"] != "Choice" or name.endswith("?"), name
        assert state["Comment"].endswith("."), name
        assert len(state["Comment"]) > 20, name


def test_every_edge_leads_somewhere_and_every_state_is_reached(machine: dict[str, Any]) -> None:
    states = machine["States"]
    found = list(edges(states))
    assert {to for _, to, _ in found} <= set(states)
    reached, frontier = set[str](), {machine["StartAt"]}
    while frontier:
        reached |= frontier
        frontier = {to for origin, to, _ in found if origin in frontier} - reached
    assert reached == set(states)


def test_placeholders_are_quoted_and_known(machine: dict[str, Any]) -> None:
    modules = {path.stem for path in HANDLERS.glob("*.py")} - {"__init__"}
    functions = {"".join(word.title() for word in module.split("_")) for module in modules}
    numbers = {"PollSeconds", "ApprovalSeconds"}
    for text in strings(machine):
        for placeholder in re.findall(r"\$\{(\w+)\}", text):
            if placeholder in numbers:
                assert text.startswith("{%"), text
            else:
                assert text == f"${{{placeholder}}}", text
                assert placeholder in functions | {"PromoteToEnvironment"}, placeholder


def test_every_handler_has_its_place() -> None:
    used = {text for name in MACHINES for text in strings(source(name))}
    modules = {path.stem for path in HANDLERS.glob("*.py")} - {"__init__", "decide_approval", "reconcile_execution"}
    for module in modules:
        assert "${" + "".join(word.title() for word in module.split("_")) + "}" in used, module


def test_every_task_has_a_time_limit_retries_and_catches_everything(machine: dict[str, Any]) -> None:
    for name, state in tasks(machine).items():
        assert "TimeoutSeconds" in state, name
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
        for rule in state["Retry"]:
            assert rule["JitterStrategy"] == "FULL", name
            assert rule["BackoffRate"] > 1, name
            assert rule["MaxDelaySeconds"] >= rule["IntervalSeconds"], name


def test_only_what_may_succeed_later_is_retried_and_by_name(machine: dict[str, Any]) -> None:
    for name, state in tasks(machine).items():
        names = {error for rule in state["Retry"] for error in rule["ErrorEquals"]}
        if "lambda" in state["Resource"]:
            assert names == own_retryable() | LAMBDA_ERRORS | KILLED, name
            (killed,) = (rule for rule in state["Retry"] if KILLED & set(rule["ErrorEquals"]))
            assert set(killed["ErrorEquals"]) == KILLED, name
            assert killed["MaxAttempts"] <= 2, name
        else:
            assert all(error.startswith("StepFunctions.") for error in names), name


def own_retryable() -> frozenset[str]:
    assert not issubclass(Retryable, Terminal)
    return retryable_names()


def test_each_fail_comes_after_event_record_and_released_lease(machine: dict[str, Any]) -> None:
    """Only a closing task leads to a Fail; what follows its own failure is left to reconciliation."""
    states = machine["States"]
    fails = {name for name, state in states.items() if state["Type"] == "Fail"}
    assert fails
    for origin, to, how in edges(states):
        if to in fails:
            assert states[origin]["Type"] == "Task", origin
            assert function_of(states[origin]) in CLOSING, origin
            assert how == ("catch" if "not" in to else "next"), (origin, to, how)


def test_no_caught_error_ends_well(machine: dict[str, Any]) -> None:
    """After a Catch, no path leads to a Succeed: a clean-up that succeeds must not hide the failure."""
    states = machine["States"]
    following: dict[str, set[str]] = {}
    for origin, to, _ in edges(states):
        following.setdefault(origin, set()).add(to)
    succeeds = {name for name, state in states.items() if state["Type"] == "Succeed"}
    for _, start, how in list(edges(states)):
        if how == "catch":
            reached, frontier = set[str](), {start}
            while frontier:
                reached |= frontier
                frontier = {to for name in frontier for to in following.get(name, set())} - reached
            assert not reached & succeeds, (start, reached & succeeds)


def test_every_circle_waits_or_counts(machine: dict[str, Any]) -> None:
    states = machine["States"]
    pausing = {name for name, state in states.items() if state["Type"] == "Wait"}
    counting = {
        name
        for name, state in states.items()
        if any({"rounds", "next"} & set(rule.get("Assign", {})) for rule in state.get("Choices", []))
    }
    free = {name: set[str]() for name in states}
    for origin, to, _ in edges(states):
        if origin not in pausing | counting:
            free[origin].add(to)
    for start in states:
        reached, frontier = set[str](), set(free[start])
        while frontier:
            reached |= frontier
            frontier = {to for name in frontier for to in free[name]} - reached
        assert start not in reached, f"{start} can come back to itself without a pause"


def test_nothing_but_references_travels(machine: dict[str, Any]) -> None:
    for name, state in tasks(machine).items():
        if state["Resource"].endswith("lambda:invoke"):
            assert "Output" in state, f"{name} would carry Lambda's whole answer"


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():  # pyright: ignore[reportUnknownVariableType]  JSON
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:  # pyright: ignore[reportUnknownVariableType]  JSON
            yield from strings(part)

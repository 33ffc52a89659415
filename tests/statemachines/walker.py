"""Walks a state machine without AWS: the states language as far as ours use it, with JSONata evaluated for real.

What AWS refuses at run time is refused here too: an expression without a result, a variable that nobody assigned, a
wait that is no whole number. Functions are played by a callable that gets the placeholder and the payload.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import jsonata

FOLDER = Path(__file__).parents[2] / "statemachines"
NUMBERS = {"PollSeconds": "15", "ApprovalSeconds": "259200"}
LIMIT = 262_144
EXECUTION = "arn:aws:states:eu-west-1:111111111111:execution:machine:name"

Player = Callable[[str, Mapping[str, Any]], Any]


class StepError(Exception):
    """What a function raises, by the name that Step Functions sees."""

    def __init__(self, name: str, cause: str = '{"errorMessage": "no luck", "errorType": "x"}') -> None:
        super().__init__(name)
        self.name = name
        self.cause = cause


@dataclass
class Run:
    """What happened: the states in order, the calls, and the end."""

    states: list[str] = field(default_factory=list[str])
    calls: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    waits: list[float] = field(default_factory=list[float])
    time: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # goes on by what the waits take, and by nothing else
    status: str = ""
    output: Any = None
    error: str = ""
    cause: str = ""

    def called(self) -> list[str]:
        return [name for name, _ in self.calls]


def scripted(straight: Mapping[str, Any], script: Mapping[str, Any]) -> Player:
    """Answers by function: a dict for always, a list for one after the other (the last one stays), errors to raise."""

    def play(function: str, _payload: Mapping[str, Any]) -> Any:
        answer = script.get(function, straight[function])
        if isinstance(answer, list):
            answers = cast(list[Any], answer)
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, StepError):
            raise answer
        return {"says": f"{function} says.", **answer}

    return play


def source(name: str) -> dict[str, Any]:
    """The definition as it is in the repository: it must be JSON before anything is put in."""
    return json.loads((FOLDER / f"{name}.asl.json").read_text("utf-8"))


class Walker:
    """One state machine with `player` for its functions. `seconds` is how long each execution has been running."""

    def __init__(self, name: str, player: Player) -> None:
        text = (FOLDER / f"{name}.asl.json").read_text("utf-8")
        for placeholder, value in NUMBERS.items():
            text = text.replace("${" + placeholder + "}", value)
        self.machine: dict[str, Any] = json.loads(text)
        self._player = player

    def run(self, given: Mapping[str, Any], limit: int = 400, execution: str = EXECUTION) -> Run:
        run, variables = Run(), cast(dict[str, Any], {})
        started = {"Id": execution, "Name": "name", "StartTime": _text(run.time), "Input": dict(given)}
        name, data = self.machine["StartAt"], cast(Any, dict(given))
        while not run.status:
            assert len(run.states) < limit, f"no end in sight: {run.states[-8:]}"
            run.states.append(name)
            entered = {"Name": name, "EnteredTime": _text(run.time)}
            states: dict[str, Any] = {"input": data, "context": {"Execution": started, "State": entered}}
            state = self.machine["States"][name]
            name, data = getattr(self, f"_{state['Type'].lower()}")(run, state, states, variables)
            assert len(json.dumps([data, variables])) < LIMIT / 8, f"{run.states[-1]} carries documents, not references"
        return run

    def _pass(self, run: Run, state: Any, states: Any, variables: Any) -> tuple[str, Any]:
        return self._leave(state, states, variables, states["input"]), state_output(state, states, variables)

    def _wait(self, run: Run, state: Any, states: Any, variables: Any) -> tuple[str, Any]:
        seconds = evaluate(state["Seconds"], states, variables)
        assert seconds == int(seconds)
        assert seconds >= 1
        run.waits.append(seconds)
        run.time += timedelta(seconds=seconds)
        return self._leave(state, states, variables), states["input"]

    def _succeed(self, run: Run, state: Any, states: Any, variables: Any) -> tuple[str, Any]:
        run.status, run.output = "SUCCEEDED", states["input"]
        return "", states["input"]

    def _fail(self, run: Run, state: Any, states: Any, variables: Any) -> tuple[str, Any]:
        run.status = "FAILED"
        run.error, run.cause = (evaluate(state[part], states, variables) for part in ("Error", "Cause"))
        return "", None

    def _choice(self, run: Run, state: Any, states: Any, variables: Any) -> tuple[str, Any]:
        for rule in state["Choices"]:
            if evaluate(rule["Condition"], states, variables) is True:
                return self._leave(rule, states, variables), states["input"]
        return self._leave({**state, "Next": state["Default"]}, states, variables), states["input"]

    def _task(self, run: Run, state: Any, states: Any, variables: Any) -> tuple[str, Any]:
        states["context"]["Task"] = {"Token": f"token-{len(run.states)}"}
        tries: dict[int, int] = {}
        while True:
            arguments = evaluate(state["Arguments"], states, variables)
            function = next(arguments[key] for key in ("FunctionName", "StateMachineArn") if key in arguments)
            payload = arguments.get("Payload", arguments.get("Input"))
            run.calls.append((function[2:-1], payload))
            try:
                result = self._player(function[2:-1], payload)
            except StepError as error:
                retrier = next((n for n, rule in enumerate(state["Retry"]) if error.name in rule["ErrorEquals"]), None)
                if retrier is not None and tries.get(retrier, 0) < state["Retry"][retrier]["MaxAttempts"]:
                    tries[retrier] = tries.get(retrier, 0) + 1
                    continue
                return self._caught(state, states, variables, error)
            states["result"] = _result(state["Resource"], result)
            output = state_output(state, states, variables, states["result"])
            return self._leave(state, states, variables), output

    def _caught(self, state: Any, states: Any, variables: Any, error: StepError) -> tuple[str, Any]:
        states["errorOutput"] = {"Error": error.name, "Cause": error.cause} if error.cause else {"Error": error.name}
        for catcher in state["Catch"]:
            if error.name in catcher["ErrorEquals"] or "States.ALL" in catcher["ErrorEquals"]:
                output = state_output(catcher, states, variables, states["errorOutput"])
                return self._leave(catcher, states, variables), output
        raise AssertionError(f"nothing catches {error.name}")

    def _leave(self, place: Any, states: Any, variables: Any, _data: Any = None) -> str:
        # All of a state's assignments see the variables as they were before it.
        variables.update(evaluate(place.get("Assign", {}), states, dict(variables)))
        return str(place["Next"])


def _result(resource: str, answer: Any) -> Any:
    if resource.endswith(("waitForTaskToken", "sync:2")):
        return {"Output": answer} if resource.endswith("sync:2") else answer
    return {"Payload": answer, "StatusCode": 200}


def state_output(place: Any, states: Any, variables: Any, default: Any = None) -> Any:
    if "Output" in place:
        return evaluate(place["Output"], states, variables)
    return states["input"] if default is None else default


def evaluate(value: Any, states: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
    """A field with its expressions replaced by what they give. Raises AssertionError where AWS raises at run time."""
    if isinstance(value, dict):
        parts = cast(dict[str, Any], value)
        return {key: evaluate(part, states, variables) for key, part in parts.items()}
    if isinstance(value, list):
        return [evaluate(part, states, variables) for part in cast(list[Any], value)]
    if not (isinstance(value, str) and value.startswith("{%") and value.endswith("%}")):
        return value
    expression = value[2:-2].strip()
    for name in re.findall(r"\$(\w+)(?![\w(])", expression):
        assert name == "states" or name in variables, f"${name} is not assigned yet: {expression}"
    found = _jsonata(expression, states, variables)
    if found is None:
        assert _jsonata(f"$exists(({expression}))", states, variables), f"no result: {expression}"
    return found


def _jsonata(expression: str, states: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
    engine = cast(Any, jsonata)
    null = engine.utils.Utils.NULL_VALUE
    bindings = {name: null if value is None else value for name, value in variables.items()}
    compiled = engine.Jsonata.jsonata(expression)
    entered = datetime.fromisoformat(states["context"]["State"]["EnteredTime"])
    compiled.register_lambda("millis", lambda: int(entered.timestamp() * 1000))
    return compiled.evaluate(None, {**bindings, "states": dict(states)})


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

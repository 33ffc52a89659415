"""Where an execution stands: the execution itself, a branch of it with its variables, and one visit of one state.

Decides what the context object holds (`$states.context`, `$$`) and what an inner scope sees of the outer one: a branch
of a Parallel or Map state starts with a copy of the outer variables, and its own never leave it.
Sources, in https://docs.aws.amazon.com/step-functions/latest/dg/: input-output-contextobject.html,
workflow-variables.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from local_cloud.asl.history import History

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One service integration: what is called, with what, as whom, and on behalf of which execution."""

    resource: str
    arguments: Any
    role: str
    execution: str
    region: str


class Services(Protocol):
    """What the interpreter needs from the world."""

    async def call(self, call: Call) -> Any:
        """Perform the integration and return its result as the state sees it; raises `StateFailure`."""
        ...

    async def start_child(self, call: Call) -> str:
        """Start the execution that `states:startExecution.sync` names; its ARN."""
        ...

    async def child_result(self, call: Call, child: str) -> Any:
        """Wait for a child and return what DescribeExecution says, in the integration's spelling."""
        ...

    async def stop_child(self, call: Call, child: str) -> None:
        """Abort a child whose parent no longer waits for it."""
        ...

    def open_token(self, execution: str) -> tuple[str, Waiting]:
        """A task token, and what waits for it."""
        ...

    def close_token(self, token: str) -> None: ...

    async def offer(self, activity: str, token: str, task_input: str) -> None:
        """Put a task before the workers of an activity."""
        ...

    async def wait(self, seconds: float) -> None:
        """Let time pass in a Wait state or before a retry."""
        ...

    async def read_items(self, call: Call, reader: Mapping[str, Any]) -> list[Any]:
        """The items of a Distributed Map's ItemReader."""
        ...


@dataclass(slots=True)
class Waiting:
    """The far end of a task token: its outcome, and when somebody last said that the work goes on."""

    outcome: asyncio.Future[Any]
    heartbeat: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Execution:
    """What stays the same for as long as an execution runs."""

    arn: str
    name: str
    state_machine: str
    state_machine_name: str
    role: str
    started: str
    region: str
    input: Any
    history: History
    services: Services


@dataclass(slots=True)
class Branch:
    """One line of control: the execution's own, or that of a Parallel branch or Map iteration."""

    execution: Execution
    query_language: str
    variables: dict[str, Any]
    last_event: int
    map_item: Mapping[str, Any] | None = None

    def inner(self, map_item: Mapping[str, Any] | None = None) -> Branch:
        item = map_item if map_item is not None else self.map_item
        return Branch(self.execution, self.query_language, dict(self.variables), self.last_event, item)

    def record(self, kind: str, details: dict[str, Any] | None = None, *, key: str | None = None) -> int:
        self.last_event = self.execution.history.add(kind, self.last_event, details, key=key)
        return self.last_event


@dataclass(slots=True)
class Visit:
    """One stay in one state; each attempt of a retried state is another."""

    branch: Branch
    name: str
    state: State
    input: Any
    entered: str
    event: int
    retries: int = 0
    token: str | None = None

    @property
    def is_jsonata(self) -> bool:
        return self.state.get("QueryLanguage", self.branch.query_language) == "JSONata"

    def context(self) -> dict[str, Any]:
        execution = self.branch.execution
        context: dict[str, Any] = {
            "Execution": {
                "Id": execution.arn,
                "Input": execution.input,
                "Name": execution.name,
                "RoleArn": execution.role,
                "StartTime": execution.started,
                "RedriveCount": 0,
            },
            "StateMachine": {"Id": execution.state_machine, "Name": execution.state_machine_name},
            "State": {"Name": self.name, "EnteredTime": self.entered, "RetryCount": self.retries},
        }
        if self.token is not None:
            context["Task"] = {"Token": self.token}
        if self.branch.map_item is not None:
            context["Map"] = {"Item": dict(self.branch.map_item)}
        return context


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a state was left: its output, the variables that it assigned, and where to (None: the end)."""

    output: Any
    next: str | None
    assigned: dict[str, Any] = field(default_factory=dict[str, Any])

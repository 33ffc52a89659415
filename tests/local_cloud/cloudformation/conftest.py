"""Stacks that tests deploy and that are gone when a test is."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

IN_PROGRESS = "_IN_PROGRESS"
Client = Callable[..., Any]


@dataclass
class Stacks:
    """Deploys templates through CloudFormation's own calls and waits for the end of each operation."""

    client: Client
    names: list[str] = field(default_factory=list[str])

    @property
    def service(self) -> Any:
        return self.client("cloudformation")

    def fresh_name(self) -> str:
        name = f"s-{uuid.uuid4().hex[:10]}"
        self.names.append(name)
        return name

    def create(self, template: object, name: str = "", **given: Any) -> str:
        """The name of a stack whose creation has ended, well or not."""
        name = name or self.fresh_name()
        body = template if isinstance(template, str) else json.dumps(template)
        self.service.create_stack(StackName=name, TemplateBody=body, **given)
        self.ended(name)
        return name

    def update(self, name: str, template: object, **given: Any) -> str:
        """The status of the stack after the update."""
        body = template if isinstance(template, str) else json.dumps(template)
        self.service.update_stack(StackName=name, TemplateBody=body, **given)
        return self.ended(name)

    def change_set(self, name: str, template: object, kind: str = "UPDATE", **given: Any) -> dict[str, Any]:
        """The description, with property values, of a new change set."""
        body = template if isinstance(template, str) else json.dumps(template)
        made = self.service.create_change_set(
            StackName=name, ChangeSetName=f"c-{uuid.uuid4().hex[:8]}", TemplateBody=body, ChangeSetType=kind, **given
        )
        while True:
            described = self.service.describe_change_set(ChangeSetName=made["Id"], IncludePropertyValues=True)
            if not described["Status"].endswith((IN_PROGRESS, "_PENDING")):
                return described
            time.sleep(0.05)

    def execute(self, change_set: dict[str, Any]) -> str:
        self.service.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
        return self.ended(change_set["StackName"])

    def describe(self, name: str) -> dict[str, Any]:
        return self.service.describe_stacks(StackName=name)["Stacks"][0]

    def status(self, name: str) -> str:
        return self.describe(name)["StackStatus"]

    def outputs(self, name: str) -> dict[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self.describe(name).get("Outputs", [])}

    def ended(self, name: str, within: float = 30) -> str:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            status = self.status(name)
            if not status.endswith(IN_PROGRESS):
                return status
            time.sleep(0.05)
        raise AssertionError(f"{name} is still in progress")

    def delete(self, name: str) -> None:
        stack_id = self.describe(name)["StackId"]
        self.service.delete_stack(StackName=name)
        assert self.ended(stack_id) == "DELETE_COMPLETE"

    def failures(self, name: str) -> list[str]:
        """What the stack's events say went wrong."""
        events = self.service.describe_stack_events(StackName=name)["StackEvents"]
        return [
            event.get("ResourceStatusReason", "") for event in events if event["ResourceStatus"].endswith("_FAILED")
        ]

    def physical_id(self, name: str, logical_id: str) -> str:
        found = self.service.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)
        return found["StackResourceDetail"]["PhysicalResourceId"]


@pytest.fixture
def stacks(client: Client) -> Iterator[Stacks]:
    made = Stacks(client)
    yield made
    for name in made.names:
        made.service.delete_stack(StackName=name)

"""A deployer in memory: stacks that become what a deployment says, change sets on top of them, failures on demand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.fakes.voices import InMemoryDocuments
from towpath.errors import RefusedByAws
from towpath.review.change_set import Action, ResourceChange
from towpath.review.deployment import OWN_PARAMETERS
from towpath.review.ports import (
    ChangeSetCondition,
    ChangeSetState,
    Deployment,
    StackCondition,
    StackResource,
    StackState,
)

_CONDITIONS = {
    "REVIEW_IN_PROGRESS": StackCondition.REVIEWED_ONLY,
    "CREATE_COMPLETE": StackCondition.COMPLETE,
    "UPDATE_COMPLETE": StackCondition.COMPLETE,
    "UPDATE_ROLLBACK_COMPLETE": StackCondition.ROLLED_BACK,
    "ROLLBACK_COMPLETE": StackCondition.NEVER_CREATED,
    "UPDATE_ROLLBACK_FAILED": StackCondition.FAILED,
    "DELETE_FAILED": StackCondition.FAILED,
}


@dataclass
class FakeStack:
    """A stack as CloudFormation keeps it. `hidden` are its NoEcho parameters."""

    status: str
    template: str = "{}"
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    tags: dict[str, str] = field(default_factory=dict[str, str])
    hidden: set[str] = field(default_factory=set[str])


@dataclass(frozen=True)
class FakeChangeSet:
    deployment: Deployment
    condition: ChangeSetCondition
    reason: str = ""


class InMemoryDeployer:
    """Operations begin at once and end with `settle()`; `refusal` is what an execution is refused with."""

    def __init__(self, documents: InMemoryDocuments) -> None:
        self._documents = documents
        self.stacks: dict[str, FakeStack] = {}
        self.change_sets: dict[str, FakeChangeSet] = {}
        self.physical: dict[str, dict[str, str]] = {}
        self.why = ""
        self.done: list[str] = []
        self.tokens: set[str] = set()
        self.refusal = ""

    def stack(self, name: str) -> StackState:
        found = self.stacks.get(name)
        if found is None:
            return StackState(name, StackCondition.ABSENT)
        usual = StackCondition.IN_PROGRESS if found.status.endswith("_IN_PROGRESS") else StackCondition.FAILED
        shown = {key: "****" if key in found.hidden else value for key, value in found.parameters.items()}
        condition = _CONDITIONS.get(found.status, usual)
        return StackState(name, condition, found.status, "", shown, dict(found.outputs), dict(found.tags))

    def resources(self, stack: str) -> Mapping[str, StackResource]:
        return {
            name: StackResource("AWS::Any::Thing", physical) for name, physical in self.physical.get(stack, {}).items()
        }

    def live_template(self, stack: str) -> str:
        return self.stacks[stack].template

    def original_template(self, stack: str) -> str:
        return self.stacks[stack].template

    def create_change_set(self, name: str, deployment: Deployment, *, create: bool) -> str:
        arn = f"arn:change-set:{deployment.stack}/{name}"
        if arn in self.change_sets:
            return arn
        assert create is not self.stack(deployment.stack).exists
        stack = self.stacks.setdefault(deployment.stack, FakeStack("REVIEW_IN_PROGRESS"))
        same = stack.template == self._template(deployment) and stack.parameters == deployment.parameters
        condition = ChangeSetCondition.EMPTY if same else ChangeSetCondition.READY
        self.change_sets[arn] = FakeChangeSet(deployment, condition)
        return arn

    def change_set(self, arn: str) -> ChangeSetState:
        found = self.change_sets.get(arn)
        if found is None:
            return ChangeSetState(ChangeSetCondition.GONE, "The change set does not exist any more.")
        changes = self._changes(found.deployment) if found.condition is ChangeSetCondition.READY else ()
        return ChangeSetState(found.condition, found.reason, changes)

    def set_change_set(self, arn: str, condition: ChangeSetCondition, reason: str = "") -> None:
        """What CloudFormation, or somebody else, made of a change set."""
        self.change_sets[arn] = replace(self.change_sets[arn], condition=condition, reason=reason)

    def proposed_template(self, arn: str) -> str:
        return self._template(self.change_sets[arn].deployment)

    def execute(self, arn: str, token: str) -> None:
        if self.refusal:
            raise RefusedByAws(self.refusal, "ValidationError")
        if self._is_new(token):
            found = self.change_sets[arn]
            if found.condition is not ChangeSetCondition.READY:
                raise RefusedByAws("the change set cannot be executed", "InvalidChangeSetStatus")
            self.set_change_set(arn, ChangeSetCondition.EXECUTED)
            self._become(found.deployment)

    def discard(self, stack: str, change_set: str) -> None:
        arn = change_set if change_set.startswith("arn:") else f"arn:change-set:{stack}/{change_set}"
        found = self.change_sets.get(arn)
        if found is not None and found.condition is not ChangeSetCondition.EXECUTED:
            del self.change_sets[arn]

    def update(self, deployment: Deployment, token: str) -> bool:
        stack = self.stacks[deployment.stack]
        same = stack.template == self._template(deployment)
        if same and all(value in (None, stack.parameters.get(name)) for name, value in deployment.parameters.items()):
            return False
        if self._is_new(token):
            self._become(deployment)
        return True

    def resume_rollback(self, stack: str, token: str) -> None:
        self.done.append(f"resume {stack}")
        self.stacks[stack].status = "UPDATE_ROLLBACK_IN_PROGRESS"

    def delete(self, stack: str, token: str) -> None:
        self.done.append(f"delete {stack}")
        if stack in self.stacks:
            self.stacks[stack].status = "DELETE_IN_PROGRESS"

    def failure(self, stack: str) -> str:
        return self.why

    def settle(self, status: str = "") -> None:
        """Whatever is in progress ends, well unless told otherwise."""
        for name, stack in list(self.stacks.items()):
            if stack.status == "DELETE_IN_PROGRESS" and not status:
                del self.stacks[name]
            elif stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
                stack.status = status or stack.status.replace("_IN_PROGRESS", "_COMPLETE")

    def _become(self, deployment: Deployment) -> None:
        stack = self.stacks[deployment.stack]
        verb = "CREATE" if stack.status == "REVIEW_IN_PROGRESS" else "UPDATE"
        self.done.append(f"{verb.lower()} {deployment.stack}")
        values = {
            name: stack.parameters[name] if value is None else value for name, value in deployment.parameters.items()
        }
        stack.status, stack.template, stack.parameters = f"{verb}_IN_PROGRESS", self._template(deployment), values

    def _is_new(self, token: str) -> bool:
        new = token not in self.tokens
        self.tokens.add(token)
        return new

    def _template(self, deployment: Deployment) -> str:
        return self._documents.get(deployment.template).decode()

    def _changes(self, deployment: Deployment) -> tuple[ResourceChange, ...]:
        """Every resource of the new template is new or changed, but for what Towpath's own parameters do to it."""
        old: dict[str, Any] = json.loads(self.stacks[deployment.stack].template).get("Resources", {})
        new: dict[str, Any] = json.loads(self._template(deployment)).get("Resources", {})
        told = {name: value for name, value in deployment.parameters.items() if not name.startswith(OWN_PARAMETERS)}
        return tuple(
            ResourceChange(
                action=Action.MODIFY if name in old else Action.ADD,
                logical_id=name,
                resource_type=str(resource["Type"]),
                physical_id="",
                replacement="False",
                policy_action="",
                before=old.get(name),
                after={**resource.get("Properties", {}), "told": told},
                causes=(),
            )
            for name, resource in sorted(new.items())
        )

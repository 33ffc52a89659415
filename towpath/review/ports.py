"""What the review needs of whoever deploys: stacks, change sets and templates, named by role."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, Self

from towpath.review.change_set import ResourceChange


class StackCondition(StrEnum):
    """What a stack's status means for a promotion."""

    ABSENT = "absent"
    REVIEWED_ONLY = "reviewed_only"  # a stack that has a change set and nothing else
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    ROLLED_BACK = "rolled_back"
    NEVER_CREATED = "never_created"  # its creation failed; it can only be deleted
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StackState:
    """A stack as it is now. Values of NoEcho parameters are asterisks; CloudFormation never gives them back.

    `resolved` has what the SSM parameters were worth that parameters of the template name, by the template's names.
    """

    name: str
    condition: StackCondition
    status: str = ""
    reason: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    resolved: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def exists(self) -> bool:
        return self.condition not in (StackCondition.ABSENT, StackCondition.REVIEWED_ONLY, StackCondition.NEVER_CREATED)


@dataclass(frozen=True, slots=True)
class StackResource:
    """A resource of a live stack. `physical_id` is what `Ref` gives: a name, an id or an ARN, by type."""

    type: str
    physical_id: str


class ChangeSetCondition(StrEnum):
    PENDING = "pending"
    READY = "ready"
    EMPTY = "empty"
    FAILED = "failed"
    EXECUTED = "executed"  # or being executed
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class ChangeSetState:
    """A change set as it is now; `changes` only once it is ready. `resolved` is as in `StackState`."""

    condition: ChangeSetCondition
    reason: str = ""
    changes: tuple[ResourceChange, ...] = ()
    resolved: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a stack is to become: the template by its key in the asset bucket, and everything that goes with it.

    A parameter whose value is None keeps the value that the stack has.
    """

    stack: str
    template: str
    parameters: Mapping[str, str | None]
    capabilities: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    def to_json(self) -> dict[str, Any]:
        return {
            "stack": self.stack,
            "template": self.template,
            "parameters": dict(self.parameters),
            "capabilities": list(self.capabilities),
            "tags": dict(self.tags),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The deployment that `to_json` wrote."""
        return cls(
            stack=str(document["stack"]),
            template=str(document["template"]),
            parameters=dict(document["parameters"]),
            capabilities=tuple(document["capabilities"]),
            tags=dict(document["tags"]),
        )


@dataclass(frozen=True, slots=True)
class Opinion:
    """Whether a new policy may allow more than the old one; None when no opinion was given. `says` is in words."""

    allows_new: bool | None
    says: str


class SecondOpinion(Protocol):
    """Another judge of policies than our own."""

    def no_new_access(self, old: Mapping[str, Any], new: Mapping[str, Any], *, names_principals: bool) -> Opinion:
        """Compare two policy documents; `names_principals` tells resource and trust policies from identity policies.

        It raises nothing: a judge that cannot be asked gives no opinion.
        """
        ...


class Deployer(Protocol):
    """Deploys into one environment."""

    def stack(self, name: str) -> StackState:
        """The stack's state; an absent stack is a state, not an error."""
        ...

    def resources(self, stack: str) -> Mapping[str, StackResource]:
        """The resources of a live stack by logical id; none for a stack that does not exist."""
        ...

    def live_template(self, stack: str) -> str:
        """The processed template of a live stack."""
        ...

    def original_template(self, stack: str) -> str:
        """The template of a live stack as it was submitted."""
        ...

    def create_change_set(self, name: str, deployment: Deployment, *, create: bool) -> str:
        """Start a change set and return its ARN; the same name again returns the one that is there."""
        ...

    def change_set(self, arn: str) -> ChangeSetState: ...

    def proposed_template(self, arn: str) -> str:
        """The processed template that a change set would bring."""
        ...

    def execute(self, arn: str, token: str) -> None:
        """Start executing a change set; the same token again does nothing more."""
        ...

    def discard(self, stack: str, change_set: str) -> None:
        """Delete a change set, given by name or ARN, that will not be executed; one that is gone is fine."""
        ...

    def update(self, deployment: Deployment, token: str) -> bool:
        """Start updating a stack directly (a rollback); False when there is nothing to update."""
        ...

    def resume_rollback(self, stack: str, token: str) -> None:
        """Continue an update rollback that failed."""
        ...

    def delete(self, stack: str, token: str) -> None:
        """Start deleting a stack; an absent one is fine."""
        ...

    def failure(self, stack: str) -> str:
        """Why the last operation on a stack failed: the first failed resource's reason, empty when none failed."""
        ...

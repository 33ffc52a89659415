"""What a template's properties say, resolved for one of three purposes.

To *compare* two templates, references stay symbols: a property changed when it says something else, not when the thing
that it refers to changed. As they *stand*, references are what the stack has. As they *will be*, what depends on
something that is yet to be made or may be made anew is `{{changeSet:KNOWN_AFTER_APPLY}}`. Secret parameters are masked.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html (BeforeContext,
AfterContext).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from local_cloud.service_role import ministack

KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}"
MASK = "****"
Template: TypeAlias = Mapping[str, Any]
Parameters: TypeAlias = Mapping[str, Mapping[str, Any]]
Record: TypeAlias = Mapping[str, Any]


class Attributes(dict[str, Any]):
    """The attributes of a resource, each answered by a function; the emulator asks with `in` and `[]`."""

    def __init__(self, answer: Callable[[str], Any]) -> None:
        super().__init__()
        self._answer = answer

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> Any:
        return self._answer(name)


def symbol(logical_id: str) -> Record:
    """A resource of which nothing is known but its name."""
    return {
        "PhysicalResourceId": f"{{{{ref:{logical_id}}}}}",
        "Attributes": Attributes(lambda name: f"{{{{get:{logical_id}.{name}}}}}"),
    }


def unknown() -> Record:
    """A resource that is yet to be made, or may be made anew."""
    return {"PhysicalResourceId": KNOWN_AFTER_APPLY, "Attributes": Attributes(lambda _: KNOWN_AFTER_APPLY)}


def updated(record: Record) -> Record:
    """A resource that is changed in place: it stays what it is called, and what else it says is open."""
    attributes: Mapping[str, Any] = record.get("Attributes") or {}
    arn = attributes.get("Arn", KNOWN_AFTER_APPLY)
    return {
        "PhysicalResourceId": record.get("PhysicalResourceId", KNOWN_AFTER_APPLY),
        "Attributes": Attributes(lambda name: arn if name == "Arn" else KNOWN_AFTER_APPLY),
    }


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves properties of one template against the resources that its references mean."""

    template: Template
    parameters: Parameters
    resources: Mapping[str, Record]
    stack_name: str
    stack_id: str

    def conditions(self) -> Mapping[str, bool]:
        return ministack("services.cloudformation.engine")._evaluate_conditions(self.template, self.parameters)

    def present(self) -> dict[str, Mapping[str, Any]]:
        """The resources whose condition holds."""
        conditions = self.conditions()
        resources: Mapping[str, Mapping[str, Any]] = self.template.get("Resources") or {}
        return {name: one for name, one in resources.items() if conditions.get(one.get("Condition", ""), True)}

    def properties(self, definition: Mapping[str, Any], otherwise: Callable[[Any], Any]) -> dict[str, Any]:
        """Each property resolved; one that cannot be is what `otherwise` makes of it."""
        engine = ministack("services.cloudformation.engine")
        conditions = self.conditions()
        resolved: dict[str, Any] = {}
        given: Mapping[str, Any] = definition.get("Properties") or {}
        for name, value in given.items():
            try:
                resolved[name] = engine._resolve_refs(
                    copy.deepcopy(value),
                    self.resources,
                    self.parameters,
                    conditions,
                    self.template.get("Mappings") or {},
                    self.stack_name,
                    self.stack_id,
                )
            except (ValueError, KeyError, TypeError, IndexError):
                resolved[name] = otherwise(value)
        return {name: value for name, value in resolved.items() if value is not engine._NO_VALUE}


def masked(parameters: Parameters) -> dict[str, Mapping[str, Any]]:
    return {name: {**one, "Value": MASK} if one.get("NoEcho") else one for name, one in parameters.items()}

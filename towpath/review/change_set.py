"""A CloudFormation change set as data: which resources change, how, and whether they would be replaced.

Parsed from DescribeChangeSet with IncludePropertyValues, whose contexts hold the whole resource before and after.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self, cast

KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}"


class Action(StrEnum):
    """What CloudFormation would do to a resource. Dynamic means that it cannot tell yet (a nested stack)."""

    ADD = "Add"
    MODIFY = "Modify"
    REMOVE = "Remove"
    IMPORT = "Import"
    DYNAMIC = "Dynamic"
    SYNC_WITH_ACTUAL = "SyncWithActual"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a resource changes: one attribute of it, how sure CloudFormation is, and whether that alone replaces it."""

    attribute: str
    name: str
    recreation: str
    evaluation: str
    caused_by: str

    @classmethod
    def parse(cls, detail: Mapping[str, Any]) -> Self:
        """One member of `ResourceChange.Details`."""
        target = cast(Mapping[str, Any], detail.get("Target", {}))
        return cls(
            attribute=str(target.get("Attribute", "")),
            name=str(target.get("Name") or target.get("Path") or ""),
            recreation=str(target.get("RequiresRecreation", "Never")),
            evaluation=str(detail.get("Evaluation", "Static")),
            caused_by=str(detail.get("CausingEntity", "")),
        )


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource in a change set. `before` and `after` are the resource's properties, None where there are none."""

    action: Action
    logical_id: str
    resource_type: str
    physical_id: str
    replacement: str
    policy_action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    causes: tuple[Cause, ...]

    @classmethod
    def parse(cls, change: Mapping[str, Any]) -> Self:
        """One member of `DescribeChangeSet.Changes`.

        Raises KeyError or ValueError when the answer is not of the documented shape.
        """
        resource = cast(Mapping[str, Any], change["ResourceChange"])
        return cls(
            action=Action(resource["Action"]),
            logical_id=str(resource["LogicalResourceId"]),
            resource_type=str(resource["ResourceType"]),
            physical_id=str(resource.get("PhysicalResourceId", "")),
            replacement=str(resource.get("Replacement", "")),
            policy_action=str(resource.get("PolicyAction", "")),
            before=_properties(resource.get("BeforeContext")),
            after=_properties(resource.get("AfterContext")),
            causes=tuple(Cause.parse(detail) for detail in resource.get("Details", ())),
        )

    def normalised(self) -> dict[str, Any]:
        """What of this change a plan digest covers: everything that says what would happen, in a stable order."""
        return {
            "action": self.action.value,
            "resource": self.logical_id,
            "type": self.resource_type,
            "replacement": self.replacement,
            "policy_action": self.policy_action,
            "before": self.before,
            "after": self.after,
            "causes": sorted([c.attribute, c.name, c.recreation, c.evaluation, c.caused_by] for c in self.causes),
        }


def parse_changes(changes: Iterable[Mapping[str, Any]]) -> tuple[ResourceChange, ...]:
    """All resource changes of a change set, by logical id. Hook changes (another `Type`) are not resources."""
    resources = [ResourceChange.parse(change) for change in changes if change.get("Type") == "Resource"]
    return tuple(sorted(resources, key=lambda change: change.logical_id))


def _properties(context: object) -> Mapping[str, Any] | None:
    if not isinstance(context, str) or not context:
        return None
    document: dict[str, Any] = json.loads(context)
    return cast(Mapping[str, Any], document.get("Properties", {}))

"""The infrastructure diff: what a change set adds, changes, replaces (certainly or possibly) and removes, and how.

CloudFormation overstates replacement when a value is known only after the change is applied, so a replacement is
certain here only if a property that is known on both sides, and differs, always recreates the resource.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceTargetDefinition.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from towpath.review.change_set import KNOWN_AFTER_APPLY, Action, ResourceChange
from towpath.review.masking import Mask


class Kind(StrEnum):
    """What happens to a resource, from the mildest to the harshest."""

    ADDED = "added"
    CHANGED = "changed"
    POSSIBLY_REPLACED = "possibly replaced"
    REPLACED = "replaced"
    REMOVED = "removed"
    UNDECIDED = "undecided"


ABSENT = "(absent)"


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One leaf of a resource's properties. `old` and `new` are JSON values or ABSENT, secrets masked."""

    path: str
    old: Any
    new: Any
    recreates: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"path": self.path, "old": self.old, "new": self.new, "recreates": self.recreates}


@dataclass(frozen=True, slots=True)
class ResourceDifference:
    """All that happens to one resource."""

    kind: Kind
    logical_id: str
    resource_type: str
    physical_id: str
    retained: bool
    properties: tuple[PropertyChange, ...]
    caused_by: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "resource": self.logical_id,
            "type": self.resource_type,
            "physical_id": self.physical_id,
            "retained": self.retained,
            "properties": [change.to_json() for change in self.properties],
            "caused_by": list(self.caused_by),
        }


def compare_infrastructure(changes: Iterable[ResourceChange], mask: Mask) -> tuple[ResourceDifference, ...]:
    """The infrastructure diff of a change set, harshest first, then by logical id."""
    order = list(Kind)
    differences = [_difference(change, mask) for change in changes]
    return tuple(sorted(differences, key=lambda item: (-order.index(item.kind), item.logical_id)))


def _difference(change: ResourceChange, mask: Mask) -> ResourceDifference:
    recreating = {cause.name.split("/")[-1] for cause in change.causes if cause.recreation == "Always"}
    properties = tuple(_property_changes(change, mask, recreating))
    causes = sorted({cause.caused_by for cause in change.causes if cause.caused_by})
    return ResourceDifference(
        kind=_kind(change, properties),
        logical_id=change.logical_id,
        resource_type=change.resource_type,
        physical_id=change.physical_id,
        retained="Retain" in change.policy_action,
        properties=properties,
        caused_by=tuple(causes),
    )


def _kind(change: ResourceChange, properties: tuple[PropertyChange, ...]) -> Kind:
    if change.action in (Action.ADD, Action.IMPORT):
        return Kind.ADDED
    if change.action is Action.REMOVE:
        return Kind.REMOVED
    if change.action is Action.DYNAMIC:
        return Kind.UNDECIDED
    if change.replacement == "True":
        certain = not properties or any(item.recreates and _both_known(item) for item in properties)
        return Kind.REPLACED if certain else Kind.POSSIBLY_REPLACED
    return Kind.POSSIBLY_REPLACED if change.replacement == "Conditional" else Kind.CHANGED


def _both_known(change: PropertyChange) -> bool:
    return KNOWN_AFTER_APPLY not in json.dumps([change.old, change.new])


def _property_changes(change: ResourceChange, mask: Mask, recreating: set[str]) -> Iterator[PropertyChange]:
    # Leaves are compared unmasked: two secrets that differ must show as a change even where both are masked.
    for path, old, new in _leaves((), change.before or {}, change.after or {}):
        yield PropertyChange(
            path="/".join(path),
            old=ABSENT if old is _NOTHING else mask.value(old, path),
            new=ABSENT if new is _NOTHING else mask.value(new, path),
            recreates=bool(path) and path[0] in recreating,
        )


_NOTHING = object()


def _leaves(path: tuple[str, ...], old: Any, new: Any) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        before, after = cast(Mapping[str, Any], old), cast(Mapping[str, Any], new)
        for key in sorted({*before, *after}):
            yield from _leaves((*path, key), before.get(key, _NOTHING), after.get(key, _NOTHING))
    elif isinstance(old, list) and isinstance(new, list) and len(cast(list[Any], old)) == len(cast(list[Any], new)):
        for index, (left, right) in enumerate(zip(cast(list[Any], old), cast(list[Any], new), strict=True)):
            yield from _leaves((*path, str(index)), left, right)
    elif old != new:
        yield path, old, new

"""What each change of a change set says about before and after: the contexts, and the values of changed properties.

A context is the resource's definition as JSON, with its properties resolved; it is what `IncludePropertyValues` shows.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html and
API_ResourceTargetDefinition.html (Path, BeforeValue, AfterValue, AttributeChangeType).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from local_cloud.cloudformation.values import (
    KNOWN_AFTER_APPLY,
    Parameters,
    Record,
    Resolver,
    Template,
    masked,
    unknown,
    updated,
)

_ATTRIBUTES = ("Metadata", "CreationPolicy", "UpdatePolicy", "DeletionPolicy", "UpdateReplacePolicy")


def describe(changes: Sequence[dict[str, Any]], before: Resolver, after: Resolver) -> None:
    """Add contexts and values to the changes, each a `{"ResourceChange": ...}` of the emulator."""
    old, new = before.present(), after.present()
    for change in changes:
        resource: dict[str, Any] = change["ResourceChange"]
        name = resource["LogicalResourceId"]
        was = _context(before, old[name]) if resource["Action"] != "Add" and name in old else None
        will = _context(after, new[name]) if resource["Action"] != "Remove" and name in new else None
        if was is not None:
            resource["BeforeContext"] = _document(was)
        if will is not None:
            resource["AfterContext"] = _document(will)
        for detail in resource.get("Details", []):
            detail["Target"] |= _values(detail["Target"], was or {}, will or {})


def standing(template: Template, parameters: Parameters, stack: Mapping[str, Any]) -> Resolver:
    """Resolves as the stack is."""
    return Resolver(template, masked(parameters), stack["_resources"], stack["StackName"], stack["StackId"])


def planned(
    template: Template, parameters: Parameters, stack: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]
) -> Resolver:
    """Resolves as the stack will be once `changes` are made, as far as that is known."""
    resources: dict[str, Record] = dict(stack["_resources"])
    for change in changes:
        resource: Mapping[str, Any] = change["ResourceChange"]
        name = resource["LogicalResourceId"]
        stays = resource["Action"] == "Modify" and resource.get("Replacement") == "False" and name in resources
        resources[name] = updated(resources[name]) if stays else unknown()
    for name in cast(Mapping[str, Any], template.get("Resources") or {}):
        resources.setdefault(name, unknown())
    return Resolver(template, masked(parameters), resources, stack["StackName"], stack["StackId"])


def _context(resolver: Resolver, definition: Mapping[str, Any]) -> dict[str, Any]:
    properties = resolver.properties(definition, otherwise=lambda _: KNOWN_AFTER_APPLY)
    rest = {name: definition[name] for name in _ATTRIBUTES if name in definition}
    return {"Properties": properties, **rest}


def _document(context: Mapping[str, Any]) -> str:
    return json.dumps(context, separators=(",", ":"), default=str)


def _values(target: Mapping[str, Any], was: Mapping[str, Any], will: Mapping[str, Any]) -> dict[str, str]:
    keys = [target["Attribute"], *([target["Name"]] if target.get("Name") else [])]
    before, after = _at(was, keys), _at(will, keys)
    path = "/" + "/".join(keys)
    while (deeper := _only_difference(before, after)) is not None:
        key, before, after = deeper
        path = f"{path}/{key}"
    values: dict[str, str] = {"Path": path}
    if before is not None:
        values["BeforeValue"] = _text(before)
    if after is not None:
        values["AfterValue"] = _text(after)
    if before is None or after is None:
        values["AttributeChangeType"] = "Add" if before is None else "Remove"
    else:
        values["AttributeChangeType"] = "Modify"
    return values


def _at(context: Mapping[str, Any], keys: Sequence[str]) -> Any:
    value: Any = context
    for key in keys:
        value = cast(Mapping[str, Any], value).get(key) if isinstance(value, Mapping) else None
    return value


def _only_difference(before: Any, after: Any) -> tuple[str, Any, Any] | None:
    """The one member in which two containers differ; `None` when there are more, or they are no containers."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        old, new = cast(Mapping[str, Any], before), cast(Mapping[str, Any], after)
    elif (
        isinstance(before, list)
        and isinstance(after, list)
        and len(cast(list[Any], before)) == len(cast(list[Any], after))
    ):
        old = {str(index): item for index, item in enumerate(cast(list[Any], before))}
        new = {str(index): item for index, item in enumerate(cast(list[Any], after))}
    else:
        return None
    different = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return (different[0], old.get(different[0]), new.get(different[0])) if len(different) == 1 else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), default=str)

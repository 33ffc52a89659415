"""Which resources of a template bear permissions, and what of them changes: the part that the privilege gate judges.

Two uses: a change that touches none of them cannot expand privileges through the template, and the fingerprint of a
change lets an approval carry over to the next environment when the expansion there is the same. Pseudo parameters and
references stay as the template writes them (the template is the same in every environment); parameters are put in,
so that a change that differs by environment has another fingerprint.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from towpath.review.nested import STACK, NestedTemplates, nested_stacks

# Whole types that exist to grant, to attach a grant, or to open a network path.
_TYPES = re.compile(
    r"^AWS::(IAM::.+|SSO::.+|RAM::.+|EC2::SecurityGroup.*|EC2::(Subnet)?NetworkAcl.*"
    r"|Cognito::IdentityPool.*|Lambda::(Permission|LayerVersionPermission|Url)"
    r"|KMS::(Key|Grant|ReplicaKey)|Organizations::.+|VerifiedPermissions::.+|LakeFormation::.+|.+(Policy|PolicyAttachment|Permissions?|Authorizer|Grant))$"
)
# Properties of any type that grant, or that choose what a resource may do or who may reach it.
_PROPERTIES = re.compile(
    r"^(.*Policy(Document|Documents|Text|Json)?|.*Policies|.*AccessPolicies|ManagedPolicyArns|PermissionsBoundary"
    r"|(.*(Role|RoleArn|RoleARN|Roles))|InstanceProfile.*|IamInstanceProfile|SecurityGroups?|SecurityGroupIds|VpcSecurityGroupIds"
    r"|AuthType|AuthorizationType|AuthorizerId|.*Authorizer|Authorization.*|DefaultAuthorizer|ApiKeyRequired"
    r"|AccessControl|(Endpoint)?PublicAccess.*|(Is)?PubliclyAccessible|OwnershipControls|Principal|Principals|Scheme"
    r"|Credentials(Arn)?|InvokeMode|Cors.*)$"
)
_NO_GRANT = frozenset(
    {"RedrivePolicy", "RedriveAllowPolicy", "DeletionPolicy", "UpdatePolicy", "TracingPolicy", "LifecyclePolicy"}
)


@dataclass(frozen=True, slots=True)
class PermissionChange:
    """One permission-bearing part of a resource that differs: `path` is `LogicalId` or `LogicalId/Property/...`."""

    path: str
    resource_type: str
    old: Any
    new: Any


def permission_changes(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    *,
    old_parameters: Mapping[str, Any],
    new_parameters: Mapping[str, Any],
) -> tuple[PermissionChange, ...]:
    """What differs between two processed templates (long form) in permission-bearing parts, by path.

    A part without an old side is added, without a new side removed (None). Mappings and conditions that the templates
    define count through the resources only when they change: then every permission-bearing part is reported.
    """
    before = _bearing(old or {}, old_parameters)
    after = _bearing(new, new_parameters)
    return tuple(
        PermissionChange(path, (after.get(path) or before[path])[0], _value(before, path), _value(after, path))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    )


def nested_permission_changes(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    nested: NestedTemplates,
    *,
    old_parameters: Mapping[str, Any],
    new_parameters: Mapping[str, Any],
    place: str = "",
) -> tuple[PermissionChange, ...]:
    """What differs in the nested stacks of two templates, at any depth, with the parameters that they pass down.

    A template that was not read counts as changed: then the change names its address.
    """
    before, after = dict(nested_stacks(old or {})), dict(nested_stacks(new))
    found: list[PermissionChange] = []
    for name in sorted({*before, *after}):
        inner = place + name
        if inner in nested.unread:
            urls = [side[name].get("TemplateURL") if name in side else None for side in (before, after)]
            found.append(PermissionChange(f"{inner}/TemplateURL", STACK, *urls))
            continue
        templates = nested.live.get(inner), nested.proposed.get(inner, {})
        values = (
            _passed(before.get(name, {}), templates[0] or {}, old_parameters),
            _passed(after.get(name, {}), templates[1], new_parameters),
        )
        own = permission_changes(*templates, old_parameters=values[0], new_parameters=values[1])
        found += [replace(change, path=f"{inner}/{change.path}") for change in own]
        found += nested_permission_changes(
            *templates, nested, old_parameters=values[0], new_parameters=values[1], place=f"{inner}/"
        )
    return tuple(found)


def _passed(properties: Mapping[str, Any], inner: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a nested stack's parameters: what its parent passes, as far as it is known there, and defaults."""
    declared: Mapping[str, Any] = inner.get("Parameters") or {}
    defaults = {
        name: entry["Default"] for name, entry in declared.items() if "Default" in entry and not entry.get("NoEcho")
    }
    return {**defaults, **cast(dict[str, Any], _known(properties.get("Parameters") or {}, parameters))}


def fingerprint(changes: tuple[PermissionChange, ...]) -> str:
    """A digest (hex SHA-256) that is equal for equal changes, in whatever environment they are made."""
    document = [[change.path, change.resource_type, change.old, change.new] for change in changes]
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


_Bearing = dict[str, tuple[str, Any]]


def _bearing(template: Mapping[str, Any], parameters: Mapping[str, Any]) -> _Bearing:
    mappings = template.get("Mappings", {})
    conditions = _known(template.get("Conditions", {}), parameters)
    found: _Bearing = {}
    resources = cast(Mapping[str, Mapping[str, Any]], template.get("Resources", {}))
    for logical_id, resource in resources.items():
        kind = str(resource.get("Type", ""))
        condition = {"condition": [resource["Condition"], conditions]} if "Condition" in resource else {}
        properties = _known(resource.get("Properties", {}), parameters)
        parts = [(logical_id, properties)] if _TYPES.match(kind) else _bearing_properties(logical_id, properties)
        for path, value in parts:
            found[path] = (kind, {"value": value, **condition, **_used(value, mappings, conditions)})
    return found


def _used(value: Any, mappings: Any, conditions: Any) -> dict[str, Any]:
    """The template-wide sections that a value depends on: another mapping or condition is another grant."""
    text = json.dumps(value)
    return {
        **({"mappings": mappings} if '"Fn::FindInMap"' in text else {}),
        **({"conditions": conditions} if '"Fn::If"' in text else {}),
    }


def _bearing_properties(path: str, value: Any) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    if isinstance(value, Mapping):
        for key, item in cast(Mapping[str, Any], value).items():
            place = f"{path}/{key}"
            if _PROPERTIES.match(key) and key not in _NO_GRANT:
                found.append((place, item))
            else:
                found += _bearing_properties(place, item)
    elif isinstance(value, list):
        for index, item in enumerate(cast(list[Any], value)):
            found += _bearing_properties(f"{path}/{index}", item)
    return found


def _known(value: Any, parameters: Mapping[str, Any]) -> Any:
    """`value` with `Ref` to a parameter replaced by its value; everything else stays as written."""
    if isinstance(value, Mapping):
        entries = cast(Mapping[str, Any], value)
        if len(entries) == 1 and entries.get("Ref") in parameters:
            return {"parameter": parameters[entries["Ref"]]}
        replaced = {key: _known(item, parameters) for key, item in entries.items()}
        return _with_substitutions(replaced, parameters)
    if isinstance(value, list):
        return [_known(item, parameters) for item in cast(list[Any], value)]
    return value


def _with_substitutions(entries: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    if "Fn::Sub" not in entries:
        return entries
    text = json.dumps(entries["Fn::Sub"])
    used = {name: value for name, value in parameters.items() if f"${{{name}}}" in text}
    return {**entries, "parameters": used} if used else entries


def _value(side: _Bearing, path: str) -> Any:
    return side[path][1] if path in side else None

"""Which workloads act with which role: functions, tasks, rules, instance profiles, identity pools."""

import re
from collections.abc import Iterator
from typing import Any, Final, cast

from towpath.privilege.gathering.grant import Grants, Guards, RoleUse, options
from towpath.privilege.gathering.naming import is_text
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import named, subject_of
from towpath.template.position import Path
from towpath.template.value import Either

_SLOT: Final = re.compile(r"(?i)(role|roles|rolearns?|rolename|credentials|instanceprofile|instanceprofile(arn|name))$")
_POLICIES: Final = re.compile(r"(?i)(policy|policies|policydocument|statement|principal)$")
_ROLE_ARN: Final = re.compile(r"arn:.*:iam::.*:role/(?!aws-service-role/).+", re.DOTALL)
"""A service-linked role is the service's own: it may do the same wherever it is named, and nobody else can take it."""
_PROFILE_ARN: Final = re.compile(r"arn:.*:iam::.*:instance-profile/.+", re.DOTALL)
_BY_CLAIM: Final = ("AWS::Cognito::IdentityPoolRoleAttachment", "RoleMappings")
"""These are read with the identity pools, claim by claim."""
_NO_WORKLOADS: Final = re.compile(
    r"AWS::(IAM::(?!InstanceProfile).*|SSO::.*|Lambda::(Permission|LayerVersionPermission)|.*Policy)"
)


def gather(side: Side, grants: Grants) -> None:
    """Adds every use of a role by a resource."""
    roles = {str(name) for role in side.of("AWS::IAM::Role") for name in (side.name(role), side.arn(role))}
    profiles = {
        str(name) for item in side.of("AWS::IAM::InstanceProfile") for name in (side.name(item), side.arn(item))
    }
    for resource in side.resources():
        if _NO_WORKLOADS.fullmatch(resource.type):
            continue
        workload = subject_of(side, resource)
        grants.subjects.add(workload)
        properties = {name: value for name, value in resource.properties.items() if (resource.type, name) != _BY_CLAIM}
        for slot, value, guards, path in _slots(properties, side.guards(resource), resource.path):
            text = str(value)
            if text in roles or _ROLE_ARN.fullmatch(text):
                grants.uses.append(RoleUse(workload, slot, named("role", value), path, guards))
            elif text in profiles or _PROFILE_ARN.fullmatch(text):
                grants.uses.append(RoleUse(workload, slot, named("instance profile", value), path, guards))


def _slots(properties: Any, guards: Guards, at: Path) -> Iterator[tuple[str, Any, Guards, Path]]:
    yield from _below(properties, guards, (*at, "Properties"), "", in_slot=False)


def _below(
    value: Any, guards: Guards, path: Path, slot: str, *, in_slot: bool
) -> Iterator[tuple[str, Any, Guards, Path]]:
    if isinstance(value, (list, Either)):
        for item, when, place in options(value, guards, path):
            yield from _below(item, when, place, slot, in_slot=in_slot)
    elif isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            if not _POLICIES.search(key):
                below = in_slot or _SLOT.search(key) is not None
                yield from _below(item, guards, (*path, key), f"{slot}/{key}" if slot else key, in_slot=below)
    elif in_slot and is_text(value):
        yield slot, value, guards, path

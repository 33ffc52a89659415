"""Which workloads belong to which security groups: instances, functions, services, databases, load balancers."""

import re
from collections.abc import Iterator
from typing import Any, Final, cast

from towpath.privilege.gathering.grant import Grants, GroupUse, Guards, options
from towpath.privilege.gathering.naming import is_text
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import named, subject_of
from towpath.template.position import Path
from towpath.template.value import Either

_GROUP: Final = "AWS::EC2::SecurityGroup"
_NEVER_IN_A_NETWORK: Final = (_GROUP, "AWS::IAM::")
_SLOT: Final = re.compile(r"(?<!DB)(?<!Cache)(?<!Cluster)SecurityGroups?(Ids?|IdList|List)?$|^GroupSet$|^Groups$")
_ELSEWHERE: Final = re.compile(r"^(GroupSet|Groups)$")


def gather(side: Side, grants: Grants) -> None:
    """Adds every membership in a security group, and every workload that might have one."""
    groups = {str(side.name(item)) for item in side.of(_GROUP)}
    for resource in side.resources():
        if resource.type.startswith(_NEVER_IN_A_NETWORK):
            continue
        workload = subject_of(side, resource)
        for slot, group, guards, path in _slots(resource.properties, side.guards(resource), resource.path):
            is_group = str(group) in groups or str(group).startswith("sg-") or not _ELSEWHERE.match(slot)
            if is_group:
                grants.group_uses.append(GroupUse(workload, named("security group", group), path, guards))


def _slots(value: Any, guards: Guards, at: Path, slot: str = "") -> Iterator[tuple[str, Any, Guards, Path]]:
    if isinstance(value, (list, Either)):
        for item, when, place in options(value, guards, at):
            yield from _slots(item, when, place, slot)
    elif is_text(value):
        if slot:
            yield slot, value, guards, at
    elif hasattr(value, "items"):
        for key, item in cast("dict[str, Any]", value).items():
            place = (*at, "Properties", key) if len(at) == 2 else (*at, key)
            yield from _slots(item, guards, place, key if _SLOT.search(key) else "")

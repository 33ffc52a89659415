"""Applications: a name, a compute platform, and the deployment groups below it."""

from __future__ import annotations

import time
import uuid
from typing import Any, cast

from local_cloud.codedeploy import state, tagging
from local_cloud.codedeploy.errors import CodeDeployError
from local_cloud.codedeploy.identifiers import application_name, arn
from local_cloud.codedeploy.state import Record


def create(request: Record) -> Record:
    name = application_name(request)
    if name in state.applications:
        raise CodeDeployError("ApplicationAlreadyExistsException", f"Application already exists: {name}")
    if request.get("computePlatform", "Server") != "Lambda":
        raise CodeDeployError(
            "InvalidComputePlatformException", "The embedded CodeDeploy knows the compute platform Lambda only."
        )
    record = {
        "applicationId": str(uuid.uuid4()),
        "applicationName": name,
        "createTime": time.time(),
        "linkedToGitHub": False,
        "computePlatform": "Lambda",
    }
    state.applications[name] = record
    tagging.add(arn(f"application:{name}"), request.get("tags"))
    return {"applicationId": record["applicationId"]}


def get(request: Record) -> Record:
    return {"application": dict(find(application_name(request)))}


def batch_get(request: Record) -> Record:
    names = cast(list[Any], request.get("applicationNames") or [])
    return {"applicationsInfo": [dict(find(application_name({"applicationName": name}))) for name in names]}


def update(request: Record) -> Record:
    old, new = application_name(request), str(request.get("newApplicationName") or "")
    record = find(old)
    if not new or new == old:
        return {}
    if new in state.applications:
        raise CodeDeployError("ApplicationAlreadyExistsException", f"Application already exists: {new}")
    state.applications[application_name({"applicationName": new})] = record | {"applicationName": new}
    for group in _groups_of(old):
        state.groups.pop(f"{old}/{group['deploymentGroupName']}")
        state.groups[f"{new}/{group['deploymentGroupName']}"] = group | {"applicationName": new}
    state.applications.pop(old)
    return {}


def delete(request: Record) -> Record:
    """Deletes the groups below it too; deleting one that is not there succeeds, as on AWS."""
    name = application_name(request)
    for group in _groups_of(name):
        state.groups.pop(f"{name}/{group['deploymentGroupName']}")
    state.applications.pop(name, None)
    tagging.forget(arn(f"application:{name}"))
    return {}


def names() -> list[str]:
    return sorted(state.applications.keys())


def find(name: str) -> Record:
    record = state.applications.get(name)
    if record is None:
        raise CodeDeployError("ApplicationDoesNotExistException", f"No application found for name: {name}")
    return cast(Record, record)


def _groups_of(application: str) -> list[Record]:
    return [group for group in state.groups.values() if group["applicationName"] == application]

"""The one target of a Lambda deployment: the function's alias, its lifecycle events, and how much traffic has moved."""

from __future__ import annotations

import copy
import time
from typing import Any, Literal, TypeAlias, cast

from local_cloud.codedeploy.appspec import AppSpec
from local_cloud.codedeploy.errors import CodeDeployError
from local_cloud.codedeploy.identifiers import account, region
from local_cloud.codedeploy.state import Record

EventStatus: TypeAlias = Literal["Pending", "InProgress", "Succeeded", "Failed", "Skipped"]
LIFECYCLE = ("Start", "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic", "End")
_MOST_TARGETS = 25


def create(deployment_id: str, spec: AppSpec) -> Record:
    """A `LambdaTarget` that has not begun."""
    name = spec.function.rsplit(":", 1)[-1]
    return {
        "deploymentId": deployment_id,
        "targetId": f"{name}:{spec.alias}",
        "targetArn": f"arn:aws:lambda:{region()}:{account()}:function:{name}:{spec.alias}",
        "status": "Pending",
        "lastUpdatedAt": time.time(),
        "lifecycleEvents": [{"lifecycleEventName": event, "status": "Pending"} for event in LIFECYCLE],
        "lambdaFunctionInfo": {
            "functionName": name,
            "functionAlias": spec.alias,
            "currentVersion": spec.current_version,
            "targetVersion": spec.target_version,
            "targetVersionWeight": 0.0,
        },
    }


def event(target: Record, name: str) -> Record:
    return next(event for event in target["lifecycleEvents"] if event["lifecycleEventName"] == name)


def mark(target: Record, name: str, status: EventStatus, message: str = "") -> None:
    found = event(target, name)
    now = time.time()
    found["status"] = status
    if status == "InProgress":
        found.setdefault("startTime", now)
    elif status != "Pending":
        found["endTime"] = now
    if message:
        found["diagnostics"] = {"errorCode": "ScriptFailed", "message": message}
    target["lastUpdatedAt"] = now


def give_up(target: Record, message: str) -> None:
    """The event in progress has failed, and those after it never happen."""
    for found in target["lifecycleEvents"]:
        if found["status"] == "InProgress":
            mark(target, found["lifecycleEventName"], "Failed", message)
        elif found["status"] == "Pending":
            mark(target, found["lifecycleEventName"], "Skipped")
    target["status"] = "Failed"


def listed(deployment: Record, request: Record) -> list[str]:
    target = _of(deployment)
    wanted = cast(dict[str, list[str]], request.get("targetFilters") or {}).get("TargetStatus")
    return [target["targetId"]] if not wanted or target["status"] in wanted else []


def get(deployment: Record, request: Record) -> Record:
    target_id = request.get("targetId")
    if not target_id:
        raise CodeDeployError("DeploymentTargetIdRequiredException", "The target id is missing")
    return {"deploymentTarget": _found(deployment, str(target_id))}


def batch_get(deployment: Record, request: Record) -> Record:
    ids = [str(target_id) for target_id in cast(list[Any], request.get("targetIds") or [])]
    if not ids:
        raise CodeDeployError("DeploymentTargetIdRequiredException", "The target ids are missing")
    if len(ids) > _MOST_TARGETS:
        raise CodeDeployError("DeploymentTargetListSizeExceededException", f"At most {_MOST_TARGETS} targets at once")
    return {"deploymentTargets": [_found(deployment, target_id) for target_id in ids]}


def _found(deployment: Record, target_id: str) -> Record:
    target = _of(deployment)
    if target_id not in (target["targetId"], target["lambdaFunctionInfo"]["functionName"]):
        raise CodeDeployError("DeploymentTargetDoesNotExistException", f"No target found for id: {target_id}")
    return {"deploymentTargetType": "LambdaTarget", "lambdaTarget": copy.deepcopy(target)}


def _of(deployment: Record) -> Record:
    target = deployment.get("target")
    if target is None:
        deployment_id = deployment["info"]["deploymentId"]
        raise CodeDeployError("DeploymentNotStartedException", f"The deployment {deployment_id} has not started")
    return cast(Record, target)

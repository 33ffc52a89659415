"""Deployments as callers see them: created one at a time per group, described, listed, and stopped.

Source: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeployment.html.
"""

from __future__ import annotations

import copy
import time
from typing import Any, cast

from local_cloud.codedeploy import applications, appspec, configurations, engine, groups, safeguards, state
from local_cloud.codedeploy.errors import CodeDeployError
from local_cloud.codedeploy.identifiers import application_name, checked_deployment_id, group_name
from local_cloud.codedeploy.identifiers import deployment_id as new_deployment_id
from local_cloud.codedeploy.state import Record

_LONGEST_DESCRIPTION = 256
_MOST_AT_ONCE = 25
_MOST_IN_PROGRESS = 1000
_STATUSES = frozenset({"Created", "Queued", "InProgress", "Baking", "Succeeded", "Failed", "Stopped", "Ready"})


def create(request: Record, creator: str = "user") -> Record:
    application, name = application_name(request), group_name(request)
    group = groups.find(application, name)
    revision = appspec.check_revision(request.get("revision"))
    description = str(request.get("description") or "")
    if len(description) > _LONGEST_DESCRIPTION:
        raise CodeDeployError("DescriptionTooLongException", f"At most {_LONGEST_DESCRIPTION} characters are allowed")
    configuration = configurations.find(request.get("deploymentConfigName") or group["deploymentConfigName"])
    alarms = group["alarmConfiguration"]
    override = request.get("overrideAlarmConfiguration")
    if override is not None:
        alarms = safeguards.alarms(override)
    rollback = group["autoRollbackConfiguration"]
    if request.get("autoRollbackConfiguration") is not None:
        rollback = safeguards.automatic_rollback(request["autoRollbackConfiguration"])
    info: Record = {
        "applicationName": application,
        "deploymentGroupName": name,
        "deploymentConfigName": configuration["deploymentConfigName"],
        "deploymentId": new_deployment_id(),
        "revision": revision,
        "status": "Created",
        "createTime": time.time(),
        "creator": creator,
        "ignoreApplicationStopFailures": False,
        "autoRollbackConfiguration": rollback,
        "updateOutdatedInstancesOnly": False,
        "deploymentStyle": dict(groups.STYLE),
        "instanceTerminationWaitTimeStarted": False,
        "fileExistsBehavior": "DISALLOW",
        "deploymentStatusMessages": [],
        "computePlatform": "Lambda",
    }
    if description:
        info["description"] = description
    if override is not None:
        info["overrideAlarmConfiguration"] = alarms
    with state.changed:
        _check_limits(application, name)
        previous = _latest(application, name, "Succeeded")
        if previous is not None:
            info["previousRevision"] = previous["info"]["revision"]
        state.deployments[info["deploymentId"]] = {
            "info": info,
            "target": None,
            "hooks": {},
            "stop": None,
            "rollback": False,
            "alarms": alarms,
            "role": group["serviceRoleArn"],
            "groupId": group["deploymentGroupId"],
        }
    engine.begin(info["deploymentId"])
    return {"deploymentId": info["deploymentId"]}


def get(request: Record) -> Record:
    with state.changed:
        return {"deploymentInfo": _described(find(request))}


def batch_get(request: Record) -> Record:
    ids = [checked_deployment_id(given) for given in cast(list[Any], request.get("deploymentIds") or [])]
    if not ids:
        raise CodeDeployError("DeploymentIdRequiredException", "The deployment ids are missing")
    if len(ids) > _MOST_AT_ONCE:
        raise CodeDeployError("BatchLimitExceededException", f"At most {_MOST_AT_ONCE} deployments at once")
    with state.changed:
        found = [state.deployments[given] for given in ids if given in state.deployments]
        return {"deploymentsInfo": [_described(deployment) for deployment in found]}


def ids(request: Record) -> list[str]:
    """Newest first."""
    application, group = request.get("applicationName"), request.get("deploymentGroupName")
    if group and not application:
        raise CodeDeployError("ApplicationNameRequiredException", "applicationName is missing")
    if application:
        applications.find(application_name(request))
    if group:
        groups.find(application_name(request), group_name(request))
    statuses = set(cast(list[str], request.get("includeOnlyStatuses") or []))
    if statuses - _STATUSES:
        raise CodeDeployError("InvalidDeploymentStatusException", f"Unknown statuses: {sorted(statuses - _STATUSES)}")
    between = cast(Record, request.get("createTimeRange") or {})
    with state.changed:
        infos = [deployment["info"] for deployment in state.deployments.values()]
    chosen = [
        info
        for info in infos
        if application in (None, "", info["applicationName"])
        and group in (None, "", info["deploymentGroupName"])
        and (not statuses or info["status"] in statuses)
        and float(between.get("start") or 0) <= info["createTime"] <= float(between.get("end") or "inf")
    ]
    return [info["deploymentId"] for info in sorted(chosen, key=lambda info: info["createTime"], reverse=True)]


def stop(request: Record) -> Record:
    """Ask the deployment to end; it does so before its next step, with or without a rollback."""
    with state.changed:
        deployment = find(request)
        deployment_id = deployment["info"]["deploymentId"]
        if "completeTime" in deployment["info"]:
            raise CodeDeployError(
                "DeploymentAlreadyCompletedException", f"The deployment {deployment_id} has already completed."
            )
        deployment["stop"] = {"rollback": request.get("autoRollbackEnabled")}
        state.changed.notify_all()
    return {"status": "Pending", "statusMessage": f"Stopping deployment {deployment_id}."}


def continue_(request: Record) -> Record:
    """Only deployments that wait for their traffic to be rerouted can be continued, and no Lambda deployment does."""
    with state.changed:
        deployment = find(request)
        if "completeTime" in deployment["info"]:
            raise CodeDeployError("DeploymentAlreadyCompletedException", "The deployment has already completed.")
    raise CodeDeployError(
        "UnsupportedActionForDeploymentTypeException", "A Lambda deployment does not wait to be continued."
    )


def find(request: Record) -> Record:
    deployment_id = checked_deployment_id(request.get("deploymentId"))
    deployment = state.deployments.get(deployment_id)
    if deployment is None:
        raise CodeDeployError("DeploymentDoesNotExistException", f"The deployment {deployment_id} could not be found")
    return cast(Record, deployment)


def last(application: str, group: str) -> Record:
    """`lastSuccessfulDeployment` and `lastAttemptedDeployment` of a group, and the revision that it stands on."""
    described: Record = {}
    with state.changed:
        succeeded, attempted = _latest(application, group, "Succeeded"), _latest(application, group)
    for member, deployment in (("lastSuccessfulDeployment", succeeded), ("lastAttemptedDeployment", attempted)):
        if deployment is not None:
            info = deployment["info"]
            described[member] = {
                "deploymentId": info["deploymentId"],
                "status": info["status"],
                "createTime": info["createTime"],
                **({"endTime": info["completeTime"]} if "completeTime" in info else {}),
            }
    if succeeded is not None:
        described["targetRevision"] = succeeded["info"]["revision"]
    return described


def _latest(application: str, group: str, status: str | None = None) -> Record | None:
    own = [
        deployment
        for deployment in state.deployments.values()
        if deployment["info"]["applicationName"] == application
        and deployment["info"]["deploymentGroupName"] == group
        and status in (None, deployment["info"]["status"])
    ]
    return max(own, key=lambda deployment: deployment["info"]["createTime"], default=None)


def _check_limits(application: str, group: str) -> None:
    infos = [deployment["info"] for deployment in state.deployments.values()]
    running = [info for info in infos if "completeTime" not in info]
    for info in running:
        if (info["applicationName"], info["deploymentGroupName"]) == (application, group):
            raise CodeDeployError(
                "DeploymentLimitExceededException",
                f"The Deployment Group '{group}' already has an active Deployment '{info['deploymentId']}'",
            )
    if len(running) >= _MOST_IN_PROGRESS:
        raise CodeDeployError("DeploymentLimitExceededException", f"At most {_MOST_IN_PROGRESS} deployments at once")


def _described(deployment: Record) -> Record:
    info = copy.deepcopy(deployment["info"])
    status = deployment["target"]["status"] if deployment["target"] is not None else "Pending"
    counts = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")
    info["deploymentOverview"] = {name: int(name == status) for name in counts}
    return info

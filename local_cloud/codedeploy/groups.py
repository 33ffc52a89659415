"""Deployment groups: what a deployment inherits (configuration, role, alarms, rollback), and what is valid for Lambda.

Source: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeploymentGroup.html.
"""

from __future__ import annotations

import copy
import uuid
from typing import Any, cast

from local_cloud.codedeploy import applications, configurations, safeguards, service_role, state, tagging
from local_cloud.codedeploy.errors import CodeDeployError
from local_cloud.codedeploy.identifiers import application_name, arn, group_name
from local_cloud.codedeploy.state import Record

STYLE = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
_DEFAULT_CONFIGURATION = "CodeDeployDefault.LambdaAllAtOnce"
_NOT_FOR_LAMBDA = (
    "ec2TagFilters",
    "onPremisesInstanceTagFilters",
    "autoScalingGroups",
    "loadBalancerInfo",
    "ecsServices",
)


def create(request: Record) -> Record:
    application, name = application_name(request), group_name(request)
    applications.find(application)
    key = f"{application}/{name}"
    if key in state.groups:
        raise CodeDeployError("DeploymentGroupAlreadyExistsException", f"Deployment group already exists: {name}")
    record = _settings(request) | {
        "applicationName": application,
        "deploymentGroupId": str(uuid.uuid4()),
        "deploymentGroupName": name,
        "deploymentStyle": _style(request.get("deploymentStyle")),
        "serviceRoleArn": service_role.checked(request.get("serviceRoleArn")),
        "computePlatform": "Lambda",
    }
    record.setdefault("deploymentConfigName", _DEFAULT_CONFIGURATION)
    record.setdefault("alarmConfiguration", safeguards.alarms(None))
    record.setdefault("autoRollbackConfiguration", safeguards.automatic_rollback(None))
    record.setdefault("triggerConfigurations", [])
    state.groups[key] = record
    tagging.add(arn(f"deploymentgroup:{key}"), request.get("tags"))
    return {"deploymentGroupId": record["deploymentGroupId"]}


def update(request: Record) -> Record:
    """What the request does not mention stays as it is; `hooksNotCleanedUp` is about Auto Scaling, hence empty."""
    application = application_name(request)
    old = group_name(request, "currentDeploymentGroupName")
    record = find(application, old)
    changes = _settings(request)
    if "serviceRoleArn" in request:
        changes["serviceRoleArn"] = service_role.checked(request["serviceRoleArn"])
    if "deploymentStyle" in request:
        changes["deploymentStyle"] = _style(request["deploymentStyle"])
    new = group_name(request, "newDeploymentGroupName") if request.get("newDeploymentGroupName") else old
    if new != old and f"{application}/{new}" in state.groups:
        raise CodeDeployError("DeploymentGroupAlreadyExistsException", f"Deployment group already exists: {new}")
    state.groups.pop(f"{application}/{old}")
    state.groups[f"{application}/{new}"] = record | changes | {"deploymentGroupName": new}
    return {"hooksNotCleanedUp": []}


def get(request: Record) -> Record:
    return {"deploymentGroupInfo": copy.deepcopy(find(application_name(request), group_name(request)))}


def batch_get(request: Record) -> Record:
    application = application_name(request)
    names = [str(name) for name in cast(list[Any], request.get("deploymentGroupNames") or [])]
    return {"deploymentGroupsInfo": [copy.deepcopy(find(application, name)) for name in names], "errorMessage": ""}


def delete(request: Record) -> Record:
    application, name = application_name(request), group_name(request)
    state.groups.pop(f"{application}/{name}", None)
    tagging.forget(arn(f"deploymentgroup:{application}/{name}"))
    return {"hooksNotCleanedUp": []}


def names(request: Record) -> list[str]:
    application = application_name(request)
    applications.find(application)
    found = [group for group in state.groups.values() if group["applicationName"] == application]
    return sorted(str(group["deploymentGroupName"]) for group in found)


def find(application: str, name: str) -> Record:
    applications.find(application)
    record = state.groups.get(f"{application}/{name}")
    if record is None:
        raise CodeDeployError("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
    return cast(Record, record)


def _settings(request: Record) -> Record:
    for member in _NOT_FOR_LAMBDA:
        if request.get(member):
            raise CodeDeployError(
                "InvalidInputException", f"{member} cannot be specified for a Lambda deployment group"
            )
    settings: Record = {}
    if request.get("deploymentConfigName"):
        settings["deploymentConfigName"] = configurations.find(request["deploymentConfigName"])["deploymentConfigName"]
    if "alarmConfiguration" in request:
        settings["alarmConfiguration"] = safeguards.alarms(request["alarmConfiguration"])
    if "autoRollbackConfiguration" in request:
        settings["autoRollbackConfiguration"] = safeguards.automatic_rollback(request["autoRollbackConfiguration"])
    if "triggerConfigurations" in request:
        settings["triggerConfigurations"] = request["triggerConfigurations"]
    return settings


def _style(given: Any) -> Record:
    if given != STYLE:
        raise CodeDeployError(
            "InvalidDeploymentStyleException",
            "For Lambda deployment group, deploymentType can be set to BLUE_GREEN only, with WITH_TRAFFIC_CONTROL.",
        )
    return dict(STYLE)

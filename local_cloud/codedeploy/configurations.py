"""Deployment configurations: which ones exist, which custom ones are valid, and how one shifts traffic over time.

Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html (Lambda platform).
"""

from __future__ import annotations

import copy
import re
import time
import uuid
from typing import Any, Literal, cast

from local_cloud.codedeploy import state
from local_cloud.codedeploy.errors import CodeDeployError
from local_cloud.codedeploy.state import Record

RESERVED = "CodeDeployDefault."
LONGEST_SHIFT_MINUTES = 2880
_NAME = re.compile(r"[A-Za-z0-9_.+=,@-]{1,100}")
_CANARY_MINUTES = (5, 10, 15, 30)
_LINEAR_MINUTES = (1, 2, 3, 10)
_MEMBERS: dict[str, tuple[str, str, str]] = {
    "TimeBasedCanary": ("timeBasedCanary", "canaryPercentage", "canaryInterval"),
    "TimeBasedLinear": ("timeBasedLinear", "linearPercentage", "linearInterval"),
}


def create(request: Record) -> Record:
    name = _name(request)
    if name.startswith(RESERVED):
        raise CodeDeployError(
            "InvalidDeploymentConfigNameException", f"Deployment configuration names cannot start with {RESERVED}"
        )
    if name in state.configurations:
        raise CodeDeployError(
            "DeploymentConfigAlreadyExistsException", f"Deployment Configuration already exists for name: {name}"
        )
    if request.get("computePlatform", "Server") != "Lambda":
        raise CodeDeployError(
            "InvalidComputePlatformException", "The embedded CodeDeploy knows the compute platform Lambda only."
        )
    if "minimumHealthyHosts" in request:
        raise CodeDeployError(
            "InvalidMinimumHealthyHostValueException", "minimumHealthyHosts cannot be specified for Lambda"
        )
    record = _record(name, _routing(request.get("trafficRoutingConfig")))
    state.configurations[name] = record
    return {"deploymentConfigId": record["deploymentConfigId"]}


def get(request: Record) -> Record:
    return {"deploymentConfigInfo": find(_name(request))}


def delete(request: Record) -> Record:
    name = _name(request)
    if name.startswith(RESERVED):
        raise CodeDeployError(
            "InvalidOperationException", f"The predefined deployment configuration {name} cannot be deleted"
        )
    if any(group["deploymentConfigName"] == name for group in state.groups.values()):
        raise CodeDeployError("DeploymentConfigInUseException", f"The deployment configuration {name} is still in use")
    state.configurations.pop(name, None)
    return {}


def names() -> list[str]:
    return sorted([*_PREDEFINED, *state.configurations.keys()])


def find(name: str) -> Record:
    """The configuration's `DeploymentConfigInfo`; raises `DeploymentConfigDoesNotExistException`."""
    found = _PREDEFINED.get(name) or state.configurations.get(name)
    if found is None:
        raise CodeDeployError(
            "DeploymentConfigDoesNotExistException", f"No deployment configuration found for name: {name}"
        )
    return copy.deepcopy(found)


def percentage_at(routing: Record, minutes: float) -> int:
    """Share of traffic, in percent, that the new version has `minutes` after the shift began; 100 means: all of it."""
    members = _MEMBERS.get(routing["type"])
    if members is None:
        return 100
    member, percentage, interval = members
    step = int(routing[member][percentage])
    intervals = int(minutes // int(routing[member][interval]))
    if routing["type"] == "TimeBasedCanary":
        return step if intervals == 0 else 100
    return min(100, step * (intervals + 1))


def _name(request: Record) -> str:
    name = str(request.get("deploymentConfigName") or "")
    if not name:
        raise CodeDeployError("DeploymentConfigNameRequiredException", "Deployment configuration name is missing")
    if not _NAME.fullmatch(name):
        raise CodeDeployError(
            "InvalidDeploymentConfigNameException", f"Deployment configuration name is invalid: {name}"
        )
    return name


def _routing(given: Any) -> Record:
    if not isinstance(given, dict):
        raise _invalid("a Lambda deployment configuration needs a trafficRoutingConfig")
    routing = cast(Record, given)
    kind = routing.get("type")
    if kind == "AllAtOnce":
        return {"type": "AllAtOnce"}
    if kind not in _MEMBERS:
        raise _invalid(f"unknown type {kind}")
    member, percentage, interval = _MEMBERS[kind]
    if {"timeBasedCanary", "timeBasedLinear"} & routing.keys() != {member}:
        raise _invalid(f"{kind} needs {member}, and nothing else")
    values = cast(Record, routing[member])
    share, minutes = _whole(values, percentage), _whole(values, interval)
    if not 1 <= share <= 99:
        raise _invalid(f"{percentage} must be between 1 and 99")
    if minutes < 1 or _duration(kind, share, minutes) > LONGEST_SHIFT_MINUTES:
        raise _invalid(f"{interval} must be at least 1, and the whole shift at most {LONGEST_SHIFT_MINUTES} minutes")
    return {"type": kind, member: {percentage: share, interval: minutes}}


def _duration(kind: str, share: int, minutes: int) -> int:
    return minutes if kind == "TimeBasedCanary" else minutes * (-(-100 // share) - 1)


def _whole(values: Record, name: str) -> int:
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _invalid(f"{name} must be a whole number")
    return value


def _invalid(why: str) -> CodeDeployError:
    return CodeDeployError(
        "InvalidTrafficRoutingConfigurationException", f"The traffic routing configuration is invalid: {why}"
    )


def _record(name: str, routing: Record) -> Record:
    return {
        "deploymentConfigId": str(uuid.uuid4()),
        "deploymentConfigName": name,
        "createTime": time.time(),
        "computePlatform": "Lambda",
        "trafficRoutingConfig": routing,
    }


def _timed(kind: Literal["TimeBasedCanary", "TimeBasedLinear"], minutes: int) -> Record:
    member, percentage, interval = _MEMBERS[kind]
    return {"type": kind, member: {percentage: 10, interval: minutes}}


def _predefined() -> dict[str, Record]:
    routings: dict[str, Record] = {"LambdaAllAtOnce": {"type": "AllAtOnce"}}
    for minutes in _CANARY_MINUTES:
        routings[f"LambdaCanary10Percent{minutes}Minutes"] = _timed("TimeBasedCanary", minutes)
    for minutes in _LINEAR_MINUTES:
        plural = "" if minutes == 1 else "s"
        routings[f"LambdaLinear10PercentEvery{minutes}Minute{plural}"] = _timed("TimeBasedLinear", minutes)
    return {RESERVED + name: _record(RESERVED + name, routing) for name, routing in routings.items()}


_PREDEFINED = _predefined()

"""What follows when a deployment ends early: its record says why, and, where configured, a second deployment goes back.

A rollback is a new deployment (creator `codeDeployRollback`) that shifts everything back at once; `rollbackInfo` links
the two both ways. A stop without rollback leaves the alias split.
Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from local_cloud.codedeploy import appspec, notifications, safeguards, state, targets
from local_cloud.codedeploy.errors import DeploymentEnded
from local_cloud.codedeploy.identifiers import deployment_id as new_deployment_id
from local_cloud.codedeploy.safeguards import RollbackEvent
from local_cloud.codedeploy.state import Record


def after(deployment: Record, end: DeploymentEnded, begin: Callable[[str], None]) -> None:
    """Close the deployment's record as `end` says and start the rollback that its configuration asks for."""
    with state.changed:
        if deployment["info"]["deploymentId"] not in state.deployments:
            return
        back = _plan(deployment, end)
        _close(deployment, end)
        if back is not None:
            _link(deployment, back)
            state.deployments[back["info"]["deploymentId"]] = back
        state.changed.notify_all()
    notifications.announce(deployment, "FAILURE" if end.status == "Failed" else "STOP")
    if back is not None:
        begin(back["info"]["deploymentId"])


def _close(deployment: Record, end: DeploymentEnded) -> None:
    if deployment.get("target") is not None:
        targets.give_up(deployment["target"], end.message)
    deployment["info"].update(
        status=end.status, completeTime=time.time(), errorInformation={"code": end.code, "message": end.message}
    )


def _plan(deployment: Record, end: DeploymentEnded) -> Record | None:
    """The rollback deployment, when one is wanted and there is something to go back from."""
    if deployment["rollback"] or deployment.get("target") is None or not _wanted(deployment, end):
        return None
    if targets.event(deployment["target"], "Start")["status"] != "Succeeded":
        return None
    function = deployment["target"]["lambdaFunctionInfo"]
    spec = appspec.AppSpec(
        function["functionName"], function["functionAlias"], function["currentVersion"], function["targetVersion"], {}
    )
    info = cast(Record, deployment["info"])
    kept = {name: info[name] for name in _INHERITED if name in info}
    back_id = new_deployment_id()
    return deployment | {
        "rollback": True,
        "stop": None,
        "hooks": {},
        "target": None,
        "info": kept
        | {
            "deploymentId": back_id,
            "previousRevision": info["revision"],
            "revision": spec.reversed().revision(),
            "status": "Created",
            "createTime": time.time(),
            "creator": "codeDeployRollback",
            "description": f"CodeDeploy rollback of {info['deploymentId']}",
        },
    }


_INHERITED = (
    "applicationName",
    "deploymentGroupName",
    "deploymentConfigName",
    "autoRollbackConfiguration",
    "deploymentStyle",
    "computePlatform",
    "ignoreApplicationStopFailures",
    "updateOutdatedInstancesOnly",
    "instanceTerminationWaitTimeStarted",
    "fileExistsBehavior",
    "deploymentStatusMessages",
)


def _wanted(deployment: Record, end: DeploymentEnded) -> bool:
    stop = deployment["stop"]
    if end.code == "MANUAL_STOP" and stop is not None and stop["rollback"] is not None:
        return bool(stop["rollback"])
    event: RollbackEvent = "DEPLOYMENT_FAILURE"
    if end.status == "Stopped":
        event = "DEPLOYMENT_STOP_ON_REQUEST" if end.code == "MANUAL_STOP" else "DEPLOYMENT_STOP_ON_ALARM"
    return safeguards.rolls_back_on(deployment["info"]["autoRollbackConfiguration"], event)


def _link(deployment: Record, back: Record) -> None:
    triggering, rolling = deployment["info"], back["info"]
    message = f"Deployment {triggering['deploymentId']} is rolled back by deployment {rolling['deploymentId']}."
    triggering["rollbackInfo"] = {"rollbackDeploymentId": rolling["deploymentId"], "rollbackMessage": message}
    rolling["rollbackInfo"] = {
        "rollbackTriggeringDeploymentId": triggering["deploymentId"],
        "rollbackMessage": message,
    }

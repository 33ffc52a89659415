"""Validation hooks: invoked with the two ids, and answered through PutLifecycleEventHookExecutionStatus, once.

What the function returns says nothing; an answer is `Succeeded` or `Failed`, and none within an hour is a failure.
Source: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_PutLifecycleEventHookExecutionStatus.html and
https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html.
"""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from local_cloud.codedeploy import state
from local_cloud.codedeploy.errors import CodeDeployError, DeploymentEnded
from local_cloud.codedeploy.identifiers import checked_deployment_id
from local_cloud.codedeploy.state import Record

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ANSWER_SECONDS = 3600
_FAILED = "The deployment failed because one or more of the lifecycle event validation functions failed."


def invoke(deployment: Record, event: str, function: str, client: LambdaClient) -> None:
    """Invoke the hook of `event` and remember the id that its answer must carry."""
    execution_id = base64.b64encode(secrets.token_bytes(48)).decode()
    with state.changed:
        deployment["hooks"][event] = {"id": execution_id, "status": "InProgress"}
    payload = {
        "DeploymentId": deployment["info"]["deploymentId"],
        "LifecycleEventHookExecutionId": execution_id,
    }
    try:
        client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(payload))
    except ClientError as error:
        raise DeploymentEnded("Failed", "HOOK_EXECUTION_FAILURE", f"{_FAILED} {event}: {error}") from error


def answered(deployment: Record, event: str) -> bool:
    """Whether the hook has said yes; raises `DeploymentEnded` when it said no."""
    status = deployment["hooks"][event]["status"]
    if status == "Failed":
        raise DeploymentEnded("Failed", "HOOK_EXECUTION_FAILURE", f"{_FAILED} {event} answered Failed.")
    return status == "Succeeded"


def unanswered(event: str) -> DeploymentEnded:
    return DeploymentEnded(
        "Failed",
        "HOOK_EXECUTION_FAILURE",
        f"{_FAILED} {event} timed out while waiting for a status callback, which is expected within one hour.",
    )


def put_status(request: Record) -> Record:
    deployment_id = checked_deployment_id(request.get("deploymentId"))
    status, execution_id = request.get("status"), request.get("lifecycleEventHookExecutionId")
    if status not in ("Succeeded", "Failed"):
        raise CodeDeployError(
            "InvalidLifecycleEventHookExecutionStatusException", "The status must be Succeeded or Failed"
        )
    with state.changed:
        deployment = state.deployments.get(deployment_id)
        if deployment is None:
            raise CodeDeployError(
                "DeploymentDoesNotExistException", f"The deployment {deployment_id} could not be found"
            )
        hook = next((hook for hook in deployment["hooks"].values() if hook["id"] == execution_id), None)
        if hook is None:
            raise CodeDeployError(
                "InvalidLifecycleEventHookExecutionIdException", "No hook execution of this deployment has this id"
            )
        if hook["status"] != "InProgress" or "completeTime" in deployment["info"]:
            raise CodeDeployError(
                "LifecycleEventAlreadyCompletedException",
                "An attempt to return the status of an already completed lifecycle event occurred.",
            )
        hook["status"] = status
        state.changed.notify_all()
    return {"lifecycleEventHookExecutionId": execution_id}

"""Who may call an operation: the resource that its policy must name, and what an operation needs besides itself.

CreateDeployment also reads its configuration and registers its revision, and a caller that sets a group's role passes
it. Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html and
https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-permissions-reference.html.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias, cast

from local_cloud.codedeploy import state
from local_cloud.codedeploy.identifiers import arn, region
from local_cloud.codedeploy.state import Record
from local_cloud.service_role import is_enforced, ministack

Answer: TypeAlias = tuple[int, dict[str, str], bytes]


def resource(body: bytes) -> str:
    """The ARN that the caller's policy must allow for this request, `*` where the action takes none."""
    try:
        request: Any = json.loads(body or b"{}")
    except ValueError:
        return "*"
    return _resource(cast(Record, request)) if isinstance(request, dict) else "*"


def refusal(operation: str, request: Record, headers: dict[str, str], query: dict[str, list[str]]) -> Answer | None:
    """The answer to a caller who may call the operation but lacks one of the permissions that it also takes."""
    if not is_enforced():
        return None
    key = ministack("core.router").extract_access_key_id(headers, query)
    for action, on in _besides(operation, request):
        service = action.partition(":")[0]
        keys = {"iam:PassedToService": "codedeploy.amazonaws.com"} if action == "iam:PassRole" else {}
        denied = ministack("core.iam_evaluator").enforce(
            key, action, service, region(), resource_arn=on, service_context=keys
        )
        if denied:
            return ministack("core.iam_actions").access_denied_response(
                "codedeploy", action, denied.principal_arn, "", headers=headers, resource_arn=on
            )
    return None


def _resource(request: Record) -> str:
    if deployment_id := request.get("deploymentId"):
        deployment = cast(Record | None, state.deployments.get(str(deployment_id)))
        if deployment is None:
            return "*"
        info = deployment["info"]
        return arn(f"deploymentgroup:{info['applicationName']}/{info['deploymentGroupName']}")
    application = request.get("applicationName")
    group = request.get("deploymentGroupName") or request.get("currentDeploymentGroupName")
    if application and group:
        return arn(f"deploymentgroup:{application}/{group}")
    if application:
        return arn(f"application:{application}")
    if configuration := request.get("deploymentConfigName"):
        return arn(f"deploymentconfig:{configuration}")
    return str(request.get("ResourceArn") or "*")


def _besides(operation: str, request: Record) -> list[tuple[str, str]]:
    if operation == "CreateDeployment":
        application, group = request.get("applicationName"), request.get("deploymentGroupName")
        found = cast(Record, state.groups.get(f"{application}/{group}", {}))
        configuration = request.get("deploymentConfigName") or found.get("deploymentConfigName")
        return [
            ("codedeploy:GetDeploymentConfig", arn(f"deploymentconfig:{configuration}")),
            ("codedeploy:RegisterApplicationRevision", arn(f"application:{application}")),
        ]
    if operation in ("CreateDeploymentGroup", "UpdateDeploymentGroup") and request.get("serviceRoleArn"):
        return [("iam:PassRole", str(request["serviceRoleArn"]))]
    return []

"""Which roles a request hands to a service: the caller needs `iam:PassRole` on each.

The service is what `iam:PassedToService` holds
(https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html). CodeDeploy's own addition checks its.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from local_cloud.iam.request import Request

_FIELDS: dict[str, tuple[str, str]] = {
    "lambda:CreateFunction": ("Role", "lambda.amazonaws.com"),
    "lambda:UpdateFunctionConfiguration": ("Role", "lambda.amazonaws.com"),
    "states:CreateStateMachine": ("roleArn", "states.amazonaws.com"),
    "states:UpdateStateMachine": ("roleArn", "states.amazonaws.com"),
    "cloudformation:CreateStack": ("RoleARN", "cloudformation.amazonaws.com"),
    "cloudformation:UpdateStack": ("RoleARN", "cloudformation.amazonaws.com"),
    "cloudformation:DeleteStack": ("RoleARN", "cloudformation.amazonaws.com"),
    "cloudformation:CreateChangeSet": ("RoleARN", "cloudformation.amazonaws.com"),
    "events:PutRule": ("RoleArn", "events.amazonaws.com"),
    "pipes:CreatePipe": ("RoleArn", "pipes.amazonaws.com"),
    "pipes:UpdatePipe": ("RoleArn", "pipes.amazonaws.com"),
}


def passes_roles(action: str) -> bool:
    return action in _FIELDS or action in _NESTED


def passed_roles(request: Request) -> list[tuple[str, str]]:
    """(role ARN, service it is passed to), in the order of the request."""
    if request.action in _FIELDS:
        field, service = _FIELDS[request.action]
        return [(request.text(field), service)] if request.text(field) else []
    find = _NESTED.get(request.action)
    return find(request) if find else []


def _of_targets(request: Request) -> list[tuple[str, str]]:
    targets = cast(list[dict[str, Any]], request.parameters.get("Targets") or [])
    return [(str(target["RoleArn"]), "events.amazonaws.com") for target in targets if target.get("RoleArn")]


def _of_schedule(request: Request) -> list[tuple[str, str]]:
    target = cast(dict[str, Any], request.parameters.get("Target") or {})
    return [(str(target["RoleArn"]), "scheduler.amazonaws.com")] if target.get("RoleArn") else []


_NESTED: dict[str, Callable[[Request], list[tuple[str, str]]]] = {
    "events:PutTargets": _of_targets,
    "scheduler:CreateSchedule": _of_schedule,
    "scheduler:UpdateSchedule": _of_schedule,
}

"""Condition keys that a request carries, beyond those that ministack knows.

Keys are given only when the request has a value for them, so that `Null` and `…IfExists` mean what they mean on AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from local_cloud.iam.request import Request
from local_cloud.iam.resources import state_machine

Keys = dict[str, str | list[str]]


def has_keys(action: str) -> bool:
    return action in _KEYS or action.startswith("states:")


def conditions(request: Request) -> Keys:
    keys = {key: value(request) for key, value in _KEYS.get(request.action, {}).items()}
    keys |= _qualifier(request) if request.action.startswith("states:") else {}
    return {key: value for key, value in keys.items() if value}


def _text(name: str) -> Callable[[Request], str]:
    return lambda request: request.text(name)


def _function_arn(request: Request) -> str:
    name = request.text("FunctionName")
    return name if name.startswith("arn:") or not name else request.arn("lambda", f"function:{name}")


def _qualifier(request: Request) -> Keys:
    for name in ("stateMachineArn", "stateMachineAliasArn", "stateMachineVersionArn"):
        qualifier = state_machine(request.text(name))[1]
        if qualifier:
            return {"states:StateMachineQualifier": qualifier}
    return {}


_CHANGE_SET: dict[str, Callable[[Request], str | list[str]]] = {
    "cloudformation:ChangeSetName": _text("ChangeSetName"),
    "cloudformation:RoleArn": _text("RoleARN"),
    "cloudformation:TemplateUrl": _text("TemplateURL"),
}
_STACK: dict[str, Callable[[Request], str | list[str]]] = {
    "cloudformation:RoleArn": _text("RoleARN"),
    "cloudformation:TemplateUrl": _text("TemplateURL"),
}
_MAPPING: dict[str, Callable[[Request], str | list[str]]] = {"lambda:FunctionArn": _function_arn}
_POLICY: dict[str, Callable[[Request], str | list[str]]] = {"iam:PolicyARN": _text("PolicyArn")}
_ROLE: dict[str, Callable[[Request], str | list[str]]] = {"iam:PermissionsBoundary": _text("PermissionsBoundary")}

_KEYS: dict[str, Mapping[str, Callable[[Request], str | list[str]]]] = {
    "cloudwatch:PutMetricData": {"cloudwatch:namespace": _text("Namespace")},
    "cloudformation:CreateChangeSet": _CHANGE_SET,
    "cloudformation:DescribeChangeSet": {"cloudformation:ChangeSetName": _text("ChangeSetName")},
    "cloudformation:ExecuteChangeSet": {"cloudformation:ChangeSetName": _text("ChangeSetName")},
    "cloudformation:DeleteChangeSet": {"cloudformation:ChangeSetName": _text("ChangeSetName")},
    "cloudformation:CreateStack": _STACK,
    "cloudformation:UpdateStack": _STACK,
    "cloudformation:DeleteStack": {"cloudformation:RoleArn": _text("RoleARN")},
    "lambda:CreateEventSourceMapping": _MAPPING,
    "lambda:UpdateEventSourceMapping": _MAPPING,
    "lambda:AddPermission": {"lambda:Principal": _text("Principal")},
    "iam:AttachRolePolicy": _POLICY,
    "iam:DetachRolePolicy": _POLICY,
    "iam:AttachUserPolicy": _POLICY,
    "iam:DetachUserPolicy": _POLICY,
    "iam:CreateRole": _ROLE,
    "iam:PutRolePermissionsBoundary": _ROLE,
}

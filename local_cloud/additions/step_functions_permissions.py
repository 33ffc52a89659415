"""Permissions of Step Functions are given on the state machine, whatever version or alias is called.

On AWS a policy names the unqualified ARN; which version or alias a call may use is the condition key
`states:StateMachineQualifier`, the part behind the name.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html

Stock ministack judges a call on the qualified ARN, so that policies which AWS accepts deny, and knows no qualifier.

Seam: `core.iam_actions.extract_resource_arn` and `request_tag_context`, which finds a request's own condition keys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local_cloud.service_role import ministack

_ARNS = ("stateMachineArn", "stateMachineVersionArn", "stateMachineAliasArn")


def install() -> None:
    actions = ministack("core.iam_actions")
    stock_arn, stock_context = actions.extract_resource_arn, actions.request_tag_context

    def resource_arn(service: str, *request: Any) -> str:
        found: str = stock_arn(service, *request)
        return split(found)[0] if service == "states" else found

    def context(service: str, action: str, body: bytes, parameters: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = stock_context(service, action, body, parameters)
        qualifier = _qualifier(body) if service == "states" else None
        return found | ({"states:StateMachineQualifier": qualifier} if qualifier else {})

    actions.extract_resource_arn = resource_arn
    actions.request_tag_context = context


def split(arn: str) -> tuple[str, str | None]:
    """The ARN of the state machine, and the version or alias behind it if there is one."""
    parts = arn.split(":")
    if len(parts) == 8 and parts[5] == "stateMachine":
        return ":".join(parts[:7]), parts[7]
    return arn, None


def _qualifier(body: bytes) -> str | None:
    try:
        request: dict[str, Any] = json.loads(body or b"{}")
    except ValueError:
        return None
    named = [str(request[name]) for name in _ARNS if name in request]
    return split(named[0])[1] if named else None

"""The IAM action and resource of a Lambda request.

AWS: every operation is an action of its own (`lambda:GetAlias`, `lambda:UpdateAlias`, `lambda:GetPolicy` ...), and a
call that names a version or an alias is judged on the qualified ARN
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html,
https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html). Stock ministack guesses the action from
one path segment, so that `GetAlias` needs `lambda:ListAliases` and so does `UpdateAlias`, and it drops the qualifier.

Seams: `core.iam_actions._BOTOCORE_SERVICE_MAP`, `_lambda_action` and `extract_resource_arn`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud.service_role import ministack

# Operations whose action has another name; the service authorization reference lists them.
_ACTIONS = {
    "Invoke": "InvokeFunction",
    "InvokeAsync": "InvokeAsync",
    "InvokeWithResponseStream": "InvokeFunction",
    "GetLayerVersionByArn": "GetLayerVersion",
}


def install() -> None:
    actions = ministack("core.iam_actions")
    actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]
    stock_action, stock_resource = actions._lambda_action, actions.extract_resource_arn

    def lambda_action(method: str, path: str) -> str | None:
        operation: str | None = actions._match_rest_action("lambda", method, path)
        return _ACTIONS.get(operation, operation) if operation else stock_action(method, path)

    def extract_resource_arn(
        service: str, method: str, path: str, headers: Any, body: bytes, query: Any, *rest: Any
    ) -> str:
        resource: str = stock_resource(service, method, path, headers, body, query, *rest)
        return _qualified(resource, query) if service == "lambda" else resource

    actions._lambda_action = lambda_action
    actions.extract_resource_arn = extract_resource_arn


def _qualified(resource: str, query: Mapping[str, list[str]]) -> str:
    given = (query.get("Qualifier") or [""])[0]
    is_bare_function = resource.count(":") == 6 and ":function:" in resource
    return f"{resource}:{given}" if given and is_bare_function else resource

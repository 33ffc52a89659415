"""A function URL with AuthType AWS_IAM knows its caller.

AWS: the caller needs `lambda:InvokeFunctionUrl` and, since October 2025, `lambda:InvokeFunction` too (where
`lambda:InvokedViaFunctionUrl` is true), by identity policy or resource policy; who lacks one or does not sign gets 403
`{"Message":"Forbidden"}`. The event tells the function who called, in `requestContext.authorizer.iam`
(https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html, .../urls-invocation.html).

Stock ministack: checks `lambda:InvokeFunctionUrl` only, answers as the Lambda API does, and leaves the authorizer out.

Seam: `app._handle_lambda_url_request` (the refusals), `lambda_svc.handle_function_url_request` (reached once the first
permission is given), `lambda_svc._build_function_url_event`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

_FORBIDDEN = b'{"Message":"Forbidden"}'
_reached: ContextVar[bool] = ContextVar("reached_the_function_url", default=False)


def caller(identity: Mapping[str, Any]) -> dict[str, Any]:
    """`requestContext.authorizer.iam` of a resolved identity; an assumed role's account is in its ARN."""
    return {
        "accessKey": identity["accessKey"],
        "accountId": identity["userArn"].split(":")[4],
        "callerId": identity["userId"],
        "cognitoIdentity": None,
        "principalOrgId": identity.get("principalOrgId"),
        "userArn": identity["userArn"],
        "userId": identity["userId"],
    }


def install() -> None:
    app: Any = importlib.import_module("ministack.app")
    lambda_svc: Any = importlib.import_module("ministack.services.lambda_svc")
    _refuse_as_urls_do(app)
    _need_both_permissions(app, lambda_svc)
    _name_the_caller(lambda_svc)


def _refuse_as_urls_do(app: Any) -> None:
    stock = app._handle_lambda_url_request

    async def handle(*args: Any, **named: Any) -> Any:
        _reached.set(False)
        response = await stock(*args, **named)
        if response is None or _reached.get() or response[0] != 403 or b"AccessDenied" not in response[2]:
            return response
        return _forbidden(response[1])

    app._handle_lambda_url_request = handle


def _need_both_permissions(app: Any, lambda_svc: Any) -> None:
    stock = lambda_svc.handle_function_url_request

    async def handle(url_id: str, method: str, path: str, headers: Any, body: bytes, query: Any, **named: Any) -> Any:
        _reached.set(True)
        resource, context, resolved = app._function_url_auth_target(url_id)
        is_preflight = method == "OPTIONS" and resolved is not None and resolved[4].get("Cors")
        if resolved is not None and resolved[4].get("AuthType") == "AWS_IAM" and not is_preflight:
            denied = app._enforce_data_plane(
                "lambda",
                "lambda:InvokeFunction",
                headers,
                query,
                "",
                resource_arn=resource,
                service_context={**context, "lambda:InvokedViaFunctionUrl": "true"},
            )
            if denied:
                return _forbidden(denied[1])
        return await stock(url_id, method, path, headers, body, query, **named)

    lambda_svc.handle_function_url_request = handle


def _name_the_caller(lambda_svc: Any) -> None:
    stock = lambda_svc._build_function_url_event
    resolve: Any = importlib.import_module("ministack.core.iam_evaluator").resolve_caller_identity
    access_key: Any = importlib.import_module("ministack.core.router").extract_access_key_id

    def build(*args: Any, anonymous: bool = False, **named: Any) -> dict[str, Any]:
        event: dict[str, Any] = stock(*args, anonymous=anonymous, **named)
        _url, _account, _region, _method, _path, headers, _body, query = args
        identity = None if anonymous else resolve(access_key(headers, query))
        if identity is not None:
            event["requestContext"]["authorizer"] = {"iam": caller(identity)}
        return event

    lambda_svc._build_function_url_event = build


def _forbidden(headers: Mapping[str, Any]) -> Any:
    kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    kept |= {"Content-Type": "application/json", "x-amzn-ErrorType": "AccessDeniedException"}
    return 403, kept, _FORBIDDEN

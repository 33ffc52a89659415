"""Asynchronous invocations follow the settings of what was invoked.

AWS: PutFunctionEventInvokeConfig sets retries, age and destinations per function, version or alias, and an asynchronous
invocation follows those of its qualifier; what it gives up on goes to the destination or dead-letter queue if the
function's role may send there (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html,
.../invocation-async-retain-records.html).

Stock ministack: looks the settings up under a name that it never stores them under, so there are always two retries and
no destination; sends to dead-letter queues without asking the role.

Seam: `lambda_svc.invoke_async_with_retry`, `lambda_svc._route_async_failure`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from local_cloud.function_role import may

_SEND = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}
_invoked: ContextVar[Mapping[str, Any] | None] = ContextVar("invoked_asynchronously", default=None)


def install() -> None:
    lambda_svc: Any = importlib.import_module("ministack.services.lambda_svc")
    stock_invoke, stock_route = lambda_svc.invoke_async_with_retry, lambda_svc._route_async_failure

    def invoke(func: Mapping[str, Any], event: Any) -> None:
        config = func["config"]
        _invoked.set(config)
        settings = _settings(lambda_svc, config)
        stock_invoke({**func, "event_invoke_config": settings} if settings else func, event)

    def route(target: str, name: str, event: Any, result: Any) -> None:
        config = _invoked.get()
        action = _SEND.get(target.split(":")[2] if target.count(":") > 2 else "")
        if config is None or action is None or may(config, action, target):
            stock_route(target, name, event, result)
        else:
            lambda_svc.logger.warning("The role of %s may not call %s: its failed event is lost", name, action)

    lambda_svc.invoke_async_with_retry = invoke
    lambda_svc._route_async_failure = route


def _settings(lambda_svc: Any, config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    qualifier = config["FunctionArn"].split(":")[7:]
    base = lambda_svc._functions.get(config["FunctionName"])
    return lambda_svc._event_invoke_config(base, qualifier[0] if qualifier else None) if base else None

"""What Lambda itself may do in the name of a function: only what the function's role allows.

Lambda writes the log, reads the queue and sends failed events with the execution role, not with rights of its own
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html).
"""

from __future__ import annotations

import contextvars
import importlib
from collections.abc import Mapping
from typing import Any


def may(config: Mapping[str, Any], action: str, resource: str) -> bool:
    """Whether the role of this function configuration allows `action` on `resource`; always, without IAM."""
    app: Any = importlib.import_module("ministack.app")
    # Whose request it is that runs the function must not matter, so the question is asked outside of its context.
    return not app.AUTH or contextvars.Context().run(_may, config, action, resource)


def _may(config: Mapping[str, Any], action: str, resource: str) -> bool:
    scope: Any = importlib.import_module("ministack.core.responses")
    evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    place = config["FunctionArn"].split(":")
    region, account = place[3], place[4]
    scope._request_account_id.set(account)
    scope._request_region.set(region)
    unqualified = ":".join(place[:7])
    key = runtime.execution_credentials({**config, "FunctionArn": unqualified})["AWS_ACCESS_KEY_ID"]
    return evaluator.enforce(key, action, action.split(":")[0], region, resource_arn=resource) is None

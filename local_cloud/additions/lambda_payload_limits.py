"""An invocation's payload has a largest size.

AWS: 6 MB (6,291,456 bytes) for a synchronous invocation, 1 MB for an asynchronous one; more is refused with
RequestTooLargeException (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). Responses are the
sandbox's business.

Stock ministack: takes anything.

Seam: `lambda_svc.handle_request`, after the caller was found to be allowed.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

SYNCHRONOUS = 6_291_456
ASYNCHRONOUS = 1_048_576


def install() -> None:
    lambda_svc: Any = importlib.import_module("ministack.services.lambda_svc")
    responses: Any = importlib.import_module("ministack.core.responses")
    stock = lambda_svc.handle_request

    async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Any:
        if method == "POST" and path.endswith("/invocations"):
            largest = ASYNCHRONOUS if headers.get("x-amz-invocation-type") == "Event" else SYNCHRONOUS
            if len(body) > largest:
                said = f"Request must be smaller than {largest} bytes for the InvokeFunction operation"
                return responses.error_response_json("RequestTooLargeException", said, 413)
        return await stock(method, path, headers, body, query)

    lambda_svc.handle_request = handle

"""The transport under `awslambdaric`: the Runtime API over plain HTTP, for any interpreter and machine.

`awslambdaric` brings a compiled module of this name for one interpreter on Linux only. This one offers the same four
functions (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) and ends the process quietly when its server
is gone, so that no sandbox outlives the embedded AWS. It runs inside the sandbox and imports nothing of ours.
"""

from __future__ import annotations

import http.client
import os

_ADDRESS = os.environ.get("AWS_LAMBDA_RUNTIME_API", "")
_DEADLINE = "Lambda-Runtime-Deadline-Ms"
_INVOCATION = "/2018-06-01/runtime/invocation"


def initialize_client(_user_agent: str) -> None:
    """The server does not care who asks."""


def next() -> tuple[bytes, dict[str, str | int]]:  # noqa: A001 -- the name that awslambdaric calls
    body, headers = _call("GET", f"{_INVOCATION}/next")
    return body, {**headers, _DEADLINE: int(headers[_DEADLINE])}


def post_invocation_result(invoke_id: str, body: bytes, content_type: str, _invocation_id: str | None = None) -> None:
    _call("POST", f"{_INVOCATION}/{invoke_id}/response", body, {"Content-Type": content_type})


def post_error(invoke_id: str, error: str, _xray_fault: str, _invocation_id: str | None = None) -> None:
    _call("POST", f"{_INVOCATION}/{invoke_id}/error", error.encode())


def _call(
    method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[bytes, dict[str, str]]:
    connection = http.client.HTTPConnection(_ADDRESS)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        if answer.status == http.client.GONE:
            os._exit(0)
        return answer.read(), dict(answer.getheaders())
    except (OSError, http.client.HTTPException):
        os._exit(0)
    finally:
        connection.close()

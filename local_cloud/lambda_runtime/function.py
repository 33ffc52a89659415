"""One version of a function as the sandboxes need it, and what one invocation of it came to.

Decides the environment variables that a function sees: those of AWS's documentation and its own, nothing of the server
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

MAX_RESPONSE_BYTES = 6_291_556

# Named in AWS's documentation as reserved: a function's own settings never win over these.
RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)


@dataclass(frozen=True)
class Function:
    """`memory` in MB, `timeout` in seconds; `own` are the variables that its author set."""

    name: str
    version: str
    runtime: str
    handler: str
    memory: int
    timeout: int
    region: str
    log_group: str
    credentials: Mapping[str, str]
    own: Mapping[str, str]
    endpoint: str
    interpreter: str
    runtime_folder: Path
    bundle: Path
    opt: Path

    @cached_property
    def key(self) -> str:
        """Two functions with the same key may share sandboxes."""
        told = {**self.environment("", "", Path()), "": [self.name, self.timeout, self.interpreter, str(self.opt)]}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def environment(self, runtime_api: str, log_stream: str, home: Path) -> dict[str, str]:
        own = {name: value for name, value in self.own.items() if name not in RESERVED}
        replaceable = {
            "AWS_ENDPOINT_URL": self.endpoint,
            # Without a home, SDKs would read the configuration of whoever runs the server.
            "HOME": str(home),
            "LANG": "en_US.UTF-8",
            "LD_LIBRARY_PATH": f"{self.bundle}:{self.bundle / 'lib'}:{self.opt / 'lib'}",
            "PATH": f"/usr/local/bin:/usr/bin:/bin:{self.opt / 'bin'}",
            "PYTHONPATH": str(self.runtime_folder),
            "TMPDIR": str(home),
            "TZ": ":UTC",
        }
        reserved = {
            "_HANDLER": self.handler,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_FUNCTION_VERSION": self.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "LAMBDA_TASK_ROOT": str(self.bundle),
            "LAMBDA_RUNTIME_DIR": str(self.runtime_folder),
        }
        return {**replaceable, **own, **reserved, **self.credentials}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`payload` is JSON as bytes; `failed` says that it is an error of the function; `log` has the platform's lines."""

    payload: bytes
    failed: bool
    log: tuple[str, ...]
    log_stream: str


def platform_error(error_type: str, message: str) -> bytes:
    document: dict[str, Any] = {"errorType": error_type, "errorMessage": message}
    return json.dumps(document).encode()

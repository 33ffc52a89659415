"""The two ways in which CodeDeploy says no: an API error that a caller sees, and the early end of a deployment."""

from __future__ import annotations

from typing import Literal


class CodeDeployError(Exception):
    """An error of the API: its code is the exception's name in the service model, and the HTTP status is 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class DeploymentEnded(Exception):  # noqa: N818 -- an outcome, not an error: a stopped deployment ends this way too
    """A deployment ends before its time, with a code of the model's `ErrorCode` and a message for people."""

    def __init__(self, status: Literal["Failed", "Stopped"], code: str, message: str) -> None:
        super().__init__(message)
        self.status: Literal["Failed", "Stopped"] = status
        self.code = code
        self.message = message

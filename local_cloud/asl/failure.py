"""How a state fails: an error name that Retry and Catch match by, and a cause for people.

Decides which names match which (States.ALL, States.TaskFailed and the errors nothing may catch), as in
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from collections.abc import Sequence

ALL = "States.ALL"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
RUNTIME = "States.Runtime"
DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
QUERY_EVALUATION = "States.QueryEvaluationError"
NO_CHOICE_MATCHED = "States.NoChoiceMatched"
PERMISSIONS = "States.Permissions"
PARAMETER_PATH = "States.ParameterPathFailure"
INTRINSIC = "States.IntrinsicFailure"
RESULT_PATH_MATCH = "States.ResultPathMatchFailure"
EXCEEDED_TOLERANCE = "States.ExceedToleratedFailureThreshold"


class StateFailure(Exception):  # noqa: N818 -- a failed state is an outcome of a workflow, not a fault of this program
    """`field` is the place in the state whose expression failed, where that is known."""

    def __init__(self, error: str, cause: str, *, field: str | None = None) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause
        self.field = field


def matches(error_equals: Sequence[str], error: str) -> bool:
    """Whether a retrier or catcher with these names takes this error."""
    if error == RUNTIME:
        return False
    if error in error_equals:
        return True
    if error == HEARTBEAT_TIMEOUT and TIMEOUT in error_equals:
        return True
    if error == DATA_LIMIT_EXCEEDED:
        return False
    return ALL in error_equals or (TASK_FAILED in error_equals and error not in (TIMEOUT, HEARTBEAT_TIMEOUT))

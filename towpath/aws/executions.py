"""What Step Functions knows about executions: whether one may still act, and the tokens that tasks wait with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from towpath.aws.errors import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# An execution that waits for its redrive will act again.
_ACTING = frozenset({"RUNNING", "PENDING_REDRIVE"})


class StepFunctionsExecutions:
    """`towpath.promotion.ports.Executions` on Step Functions."""

    def __init__(self, client: SFNClient) -> None:
        self._client = client

    def is_running(self, execution: str) -> bool:
        with aws_errors(f"looking at the execution {execution}"):
            try:
                found = self._client.describe_execution(executionArn=execution)
            except self._client.exceptions.ExecutionDoesNotExist:
                return False
        return found["status"] in _ACTING

    def answer(self, token: str, output: Mapping[str, Any]) -> bool:
        gone = (
            self._client.exceptions.TaskTimedOut,
            self._client.exceptions.TaskDoesNotExist,
            self._client.exceptions.InvalidToken,
        )
        with aws_errors("answering a task that waits"):
            try:
                self._client.send_task_success(taskToken=token, output=json.dumps(output))
            except gone:
                return False
        return True

"""Names of executions: one start, however often it is asked for; a name is never used twice."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

WAITING: dict[str, Any] = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 30, "End": True}}}
PASSING: dict[str, Any] = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}


def test_the_same_name_and_input_are_the_same_start_while_it_runs(workflows: Any) -> None:
    arn = workflows.create(WAITING)["stateMachineArn"]

    first = workflows.states.start_execution(stateMachineArn=arn, name="once", input='{"a":1}')
    again = workflows.states.start_execution(stateMachineArn=arn, name="once", input='{"a":1}')

    assert first["executionArn"] == again["executionArn"]
    assert first["startDate"] == again["startDate"]
    assert len(workflows.states.list_executions(stateMachineArn=arn)["executions"]) == 1


def test_the_same_name_with_another_input_is_refused(workflows: Any) -> None:
    arn = workflows.create(WAITING)["stateMachineArn"]
    workflows.start(arn, {"a": 1}, name="once")

    with pytest.raises(workflows.states.exceptions.ExecutionAlreadyExists):
        workflows.start(arn, {"a": 2}, name="once")


def test_the_same_name_is_refused_when_its_execution_has_ended(workflows: Any) -> None:
    arn = workflows.create(PASSING)["stateMachineArn"]
    workflows.ended(workflows.start(arn, {"a": 1}, name="once"))

    with pytest.raises(workflows.states.exceptions.ExecutionAlreadyExists):
        workflows.start(arn, {"a": 1}, name="once")


@pytest.mark.parametrize("name", ["with space", "a/b", "a:b", "a*", "x" * 81])
def test_a_name_that_cannot_be_one_is_refused(workflows: Any, name: str) -> None:
    arn = workflows.create(PASSING)["stateMachineArn"]

    with pytest.raises(ClientError, match=r"InvalidName|ValidationException"):
        workflows.start(arn, name=name)


def test_an_input_that_is_no_json_or_too_large_is_refused(workflows: Any) -> None:
    arn = workflows.create(PASSING)["stateMachineArn"]

    with pytest.raises(workflows.states.exceptions.InvalidExecutionInput):
        workflows.states.start_execution(stateMachineArn=arn, input="{")
    with pytest.raises(ClientError):
        workflows.states.start_execution(stateMachineArn=arn, input='"' + "x" * 262_143 + '"')


def test_a_running_execution_is_stopped_with_its_reason(workflows: Any) -> None:
    arn = workflows.create(WAITING)["stateMachineArn"]
    execution = workflows.start(arn)

    workflows.states.stop_execution(executionArn=execution, error="Enough", cause="no longer wanted")

    described = workflows.ended(execution)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Enough", "no longer wanted")
    assert workflows.history(execution)[-1]["type"] == "ExecutionAborted"

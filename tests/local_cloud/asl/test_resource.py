"""What the resources of Task states name."""

from __future__ import annotations

import pytest

from local_cloud.asl.failure import StateFailure
from local_cloud.asl.resource import parse


@pytest.mark.parametrize(
    ("arn", "service", "shown", "waits"),
    [
        ("arn:aws:states:::lambda:invoke", "lambda", "invoke", False),
        ("arn:aws:states:::lambda:invoke.waitForTaskToken", "lambda", "invoke.waitForTaskToken", True),
        ("arn:aws:states:::states:startExecution.sync:2", "states", "startExecution.sync:2", False),
        ("arn:aws:states:::aws-sdk:cloudformation:describeStacks", "aws-sdk:cloudformation", "describeStacks", False),
        ("arn:aws:lambda:eu-west-1:111111111111:function:f:1", "function", "", False),
        ("arn:aws:states:eu-west-1:111111111111:activity:a", "activity", "", True),
    ],
)
def test_resources(arn: str, service: str, shown: str, waits: bool) -> None:
    resource = parse(arn)
    assert (resource.service, resource.shown, resource.waits_for_token) == (service, shown, waits)


@pytest.mark.parametrize("arn", ["", "lambda", "arn:aws:states:::lambda", "arn:aws:states:::lambda:invoke.async"])
def test_what_is_none(arn: str) -> None:
    with pytest.raises(StateFailure):
        parse(arn)

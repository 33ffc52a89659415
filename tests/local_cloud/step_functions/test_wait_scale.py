"""A server may be told to wait less than a definition says; by default it waits as long as AWS does."""

import json
import time
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from local_cloud.cloud import LocalCloud, Options

SECONDS = 2
DEFINITION = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": SECONDS, "End": True}}}


@pytest.mark.parametrize(("scale", "shortest", "longest"), [(1.0, SECONDS, 30), (0.05, 0.05 * SECONDS, SECONDS)])
def test_a_second_of_waiting_takes_as_long_as_told(
    tmp_path: Path, scale: float, shortest: float, longest: float
) -> None:
    options = Options(wait_scale=scale, enforce_iam=False, detached=False)
    with LocalCloud.start(tmp_path, options=options) as cloud:
        client: Any = cast(Any, boto3).client(
            "stepfunctions", endpoint_url=cloud.endpoint, region_name=cloud.region,
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip
        machine = client.create_state_machine(
            name="rest", definition=json.dumps(DEFINITION), roleArn="arn:aws:iam::000000000000:role/any"
        )["stateMachineArn"]
        execution = client.start_execution(stateMachineArn=machine)["executionArn"]
        while (found := client.describe_execution(executionArn=execution))["status"] == "RUNNING":
            time.sleep(0.02)
        assert found["status"] == "SUCCEEDED"
        assert shortest <= (found["stopDate"] - found["startDate"]).total_seconds() < longest

"""A promotion that ends before it changed anything leaves nothing half done: no change set, and no empty stack."""

from __future__ import annotations

import pytest

from examples.demo.world import World, make_client
from tests.end_to_end.bad_uploads import QUEUE, files
from tests.unit.release.artifact_builder import artifact

pytestmark = pytest.mark.end_to_end
SERVICE, STACK = "annex", "annex-preview"
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    },
}


def publish(world: World, version: str, **resources: object) -> None:
    template = {**QUEUE, "Resources": {**QUEUE["Resources"], **resources}}
    content = artifact(
        files(version, SERVICE, template_content=template, capabilities=["CAPABILITY_IAM"], seconds=version[0])
    )
    make_client("s3", world.people["uploader"]).put_object(
        Bucket=world.outputs["ReleaseBucketName"],
        Key=f"releases/{SERVICE}/{version}.zip",
        Body=content,
        IfNoneMatch="*",
    )


def reject(world: World, version: str) -> None:
    asked = world.inbox.wait(SERVICE, version, "Approval Requested", "Release Stopped", environment="preview")
    world.must("reject", asked.detail["plan"], "--comment", "Not like this.", person="reviewer")
    blocked = world.inbox.wait(SERVICE, version, "Promotion Blocked")
    assert blocked.detail["outcome"] == "rejected"
    world.inbox.wait(SERVICE, version, "Release Stopped", ended_before=True)


@pytest.mark.timeout(240)
def test_a_rejected_plan_leaves_nothing_behind(world: World) -> None:
    publish(world, "1.0.0", Role=ROLE)
    reject(world, "1.0.0")
    assert world.stack_status(STACK) == "(absent)"
    # Nor does what was rejected stand in the way of what comes next.
    publish(world, "2.0.0")
    world.inbox.wait(SERVICE, "2.0.0", "Promotion Succeeded", environment="preview")
    assert world.stack_status(STACK) == "CREATE_COMPLETE"
    world.inbox.wait(SERVICE, "2.0.0", "Release Promoted")
    publish(world, "3.0.0", Role=ROLE)
    reject(world, "3.0.0")
    assert world.stack_status(STACK) == "CREATE_COMPLETE"
    left = world.client("cloudformation").list_change_sets(StackName=STACK)["Summaries"]
    assert [found["ChangeSetName"] for found in left if found.get("ExecutionStatus") == "AVAILABLE"] == []


@pytest.mark.timeout(240)
def test_a_promotion_that_is_aborted_while_it_waits_leaves_no_change_set(world: World) -> None:
    publish(world, "4.0.0", Role=ROLE)
    asked = world.inbox.wait(SERVICE, "4.0.0", "Approval Requested", environment="preview")
    workflows = world.client("stepfunctions")
    machines = {item["name"]: item["stateMachineArn"] for item in workflows.list_state_machines()["stateMachines"]}
    running = workflows.list_executions(
        stateMachineArn=machines["towpath-promote-to-environment"], statusFilter="RUNNING"
    )["executions"]
    (mine,) = [item["executionArn"] for item in running if item["name"] == asked.detail["promotion"]]
    workflows.stop_execution(executionArn=mine)
    failed = world.inbox.wait(SERVICE, "4.0.0", "Promotion Failed", environment="preview", ended_before=True)
    assert "change set is discarded" in failed.detail["says"]
    left = world.client("cloudformation").list_change_sets(StackName=STACK)["Summaries"]
    assert [found["ChangeSetName"] for found in left if found.get("ExecutionStatus") == "AVAILABLE"] == []
    said = world.towpath("approve", asked.detail["plan"], person="reviewer")
    assert said.status == 1
    # Nothing stands in the way of what comes next.
    publish(world, "5.0.0")
    world.inbox.wait(SERVICE, "5.0.0", "Promotion Succeeded", environment="preview")

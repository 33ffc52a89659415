"""S9, the core: Towpath releases itself through itself while another promotion is in flight, which ends as it began."""

import json
from typing import Any

from examples.demo import service
from examples.demo.checks import Checks
from examples.demo.scenarios.looks import answering_release, executions
from examples.demo.world import PIPELINE, ROOT, World


def run(world: World, checks: Checks) -> None:
    before, there = _machine_version(world), _published(world)
    service.publish(world, service.pack(world, "1.4.0"))
    waiting = world.inbox.wait("orders", "1.4.0", "Approval Requested", environment="preview")
    (flying,) = [_execution(world, name) for name in executions(world, "orders-1.4.0-preview")]
    _release_towpath(world)
    after = _machine_version(world)
    checks.equal(
        "the pipeline runs on a new version of its workflow", "DescribeStateMachineAlias", True, before != after
    )
    checks.equal("its stack is settled", "DescribeStacks", "UPDATE_COMPLETE", world.stack_status(PIPELINE))
    home = [_execution(world, name) for name in executions(world, "-home-")]
    checks.equal("the execution that replaced Towpath succeeded", "DescribeExecution", ["SUCCEEDED"],
                 [found["status"] for found in home])  # fmt: skip
    world.must("approve", waiting.detail["plan"], "--comment", "It may read more of its queue.", person="reviewer")
    world.inbox.wait("orders", "1.4.0", "Promotion Succeeded", environment="preview")
    # The next upload goes its way while the promotion in flight is still on its own.
    service.publish(world, service.pack(world, "1.5.0"))
    world.inbox.wait("orders", "1.5.0", "Promotion Succeeded", environment="preview")
    started = _execution(world, next(iter(executions(world, "orders-1.5.0-preview"))))
    checks.equal("the next upload runs on the new version", "DescribeExecution", True,
                 started["stateMachineVersionArn"] != flying["stateMachineVersionArn"])  # fmt: skip
    checks.equal("and calls the new functions only", "GetExecutionHistory", set[str](),
                 _functions(world, started) & there)  # fmt: skip
    world.inbox.wait("orders", "1.4.0", "Release Promoted", "Release Stopped")
    landed = world.client("stepfunctions").describe_execution(executionArn=flying["executionArn"])
    checks.equal("the promotion in flight landed", "DescribeExecution", "SUCCEEDED", landed["status"])
    checks.equal("it ended on the version that it began with", "DescribeExecution",
                 flying["stateMachineVersionArn"], landed["stateMachineVersionArn"])  # fmt: skip
    checks.equal("both ended on the functions that they began with", "GetExecutionHistory", set[str](),
                 (_functions(world, flying) | _functions(world, home[0])) - there)  # fmt: skip
    checks.equal("its release answers in production", "Invoke", "1.4.0", answering_release(world, "production"))


def _release_towpath(world: World) -> None:
    """Pack Towpath's own stack from its next assembly, and publish it like any other service."""
    world.must("self-release", "--assembly", str(world.next_assembly), "--declaration", str(ROOT / "release.toml"),
               "--version", "0.2.0", "-o", "towpath-0.2.0.zip")  # fmt: skip
    world.must("publish", "towpath-0.2.0.zip", "--bucket", world.outputs["ReleaseBucketName"], person="uploader")
    asked = world.inbox.wait("towpath", "0.2.0", "Approval Requested", "Release Promoted", "Release Stopped")
    if asked.kind == "Approval Requested":
        world.must("approve", asked.detail["plan"], "--comment", "The next Towpath.", person="reviewer")
    world.inbox.wait("towpath", "0.2.0", "Promotion Succeeded", seconds=120)


def _machine_version(world: World) -> str:
    """The version of promote_release that uploads are routed to."""
    found = world.client("stepfunctions").describe_state_machine_alias(
        stateMachineAliasArn=world.outputs["PromoteReleaseArn"]
    )
    (route,) = found["routingConfiguration"]
    return route["stateMachineVersionArn"]


def _execution(world: World, name: str) -> dict[str, Any]:
    machine = world.outputs["PromoteToEnvironmentArn"]
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    return world.client("stepfunctions").describe_execution(executionArn=arn)


def _published(world: World) -> set[str]:
    """The versions of Towpath's functions that are there now."""
    client = world.client("lambda")
    names = [
        found["FunctionName"]
        for page in client.get_paginator("list_functions").paginate()
        for found in page["Functions"]
        if found["FunctionName"].startswith("towpath-")
    ]
    return {
        version["FunctionArn"]
        for name in names
        for version in client.list_versions_by_function(FunctionName=name)["Versions"]
        if version["Version"] != "$LATEST"
    }


def _functions(world: World, execution: dict[str, Any]) -> set[str]:
    """The function versions that an execution called."""
    pages = (
        world.client("stepfunctions")
        .get_paginator("get_execution_history")
        .paginate(executionArn=execution["executionArn"])
    )
    scheduled = [event.get("taskScheduledEventDetails", {}) for page in pages for event in page["events"]]
    arguments = [json.loads(details.get("parameters", "{}")) for details in scheduled]
    return {str(found["FunctionName"]) for found in arguments if "FunctionName" in found}

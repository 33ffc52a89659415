"""S3: a release that widens privileges stops; only the right person's yes to the right plan lets it go on."""

import json
import time
from typing import Any

from examples.demo import service
from examples.demo.checks import Checks
from examples.demo.scenarios.looks import stack
from examples.demo.world import World

# What 1.6.0 allows its API and no release before it did.
ACTION, RESOURCE = "dynamodb:DeleteTable", "arn:aws:dynamodb:us-east-1:000000000000:table/anything"


def run(world: World, checks: Checks) -> None:
    service.publish(world, service.pack(world, "1.6.0"))
    asked = world.inbox.wait("orders", "1.6.0", "Approval Requested", environment="preview")
    plan = str(asked.detail["plan"])
    witness = _plan_says_what(world, checks, plan)
    checks.equal("the role may not do it yet", "SimulatePrincipalPolicy", "implicitDeny", _may(world))
    for name, person, digest in (
        ("the uploader", "uploader", plan),
        ("an approval of a plan that never was", "reviewer", "0" * 64),
    ):
        ran = world.towpath("approve", digest, person=person)
        checks.equal(f"{name} is refused", "towpath approve", 1, ran.status)
    # Saying yes again to what was approved long ago is harmless, and opens nothing else.
    world.must("approve", _earlier_plan(world), person="reviewer")
    world.inbox.read()
    checks.equal("none of them opens anything", "EventBridge → SQS", [],
                 world.inbox.of("orders", "1.6.0", "Approval Given"))  # fmt: skip
    _move_by_hand(world)
    world.must("approve", plan, "--comment", "Seen before it moved.", person="reviewer")
    voided = world.inbox.wait("orders", "1.6.0", "Approval Voided", environment="preview")
    checks.equal("an approval of an outdated plan is void", "EventBridge → SQS", plan, voided.detail["plan"])
    checks.equal("and opens nothing", "SimulatePrincipalPolicy", "implicitDeny", _may(world))
    again = _next_plan(world, plan)
    world.must("approve", again, "--comment", "It tidies its tables itself.", person="reviewer")
    world.inbox.wait("orders", "1.6.0", "Promotion Succeeded", environment="staging")
    checks.equal("the right approval lets it go on", "SimulatePrincipalPolicy", "allowed", _may(world))
    checks.equal("and allows the request that the plan named", "SimulatePrincipalPolicy", "allowed",
                 _may(world, *witness))  # fmt: skip
    given = [event.detail["plan"] for event in world.inbox.of("orders", "1.6.0", "Approval Given")]
    checks.equal("no other yes was counted in the meantime", "EventBridge → SQS", [plan, again], given)
    asked_in = {event.detail["environment"] for event in world.inbox.of("orders", "1.6.0", "Approval Requested")}
    checks.equal("the approval carries over", "EventBridge → SQS", {"preview"}, asked_in)


def _plan_says_what(world: World, checks: Checks, plan: str) -> tuple[str, str]:
    """The plan names the exact new access: action and resource of a request that is denied now and allowed after."""
    document = _document(world, plan)
    findings: list[dict[str, Any]] = document["privileges"]["findings"]
    witnesses = [finding["witness"] for finding in findings if finding["witness"]["action"].startswith("dynamodb:")]
    checks.equal("one finding of the plan is the new access to tables", "GetObject", 1, len(witnesses))
    checks.equal("its request was denied before", "SimulatePrincipalPolicy", "implicitDeny",
                 _may(world, witnesses[0]["action"], witnesses[0]["resource"]))  # fmt: skip
    reasons = [reason["message"] for gate in document["gates"] for reason in gate["reasons"]]
    checks.equal("the gate says so in a sentence", "GetObject", True,
                 any(witnesses[0]["action"] in reason for reason in reasons))  # fmt: skip
    return witnesses[0]["action"], witnesses[0]["resource"]


def _document(world: World, plan: str) -> dict[str, Any]:
    found = world.client("dynamodb").get_item(
        TableName=world.outputs["LedgerTableName"], Key={"PK": {"S": f"PLAN#{plan}"}, "SK": {"S": "PLAN"}}
    )
    key = found["Item"]["document"]["S"]
    return json.loads(world.client("s3").get_object(Bucket=world.outputs["AssetBucketName"], Key=key)["Body"].read())


def _may(world: World, action: str = ACTION, resource: str = RESOURCE) -> str:
    """What IAM says about the live role of the API in preview."""
    role = world.client("iam").get_role(RoleName=world.physical_id(stack("preview"), "ApiRole"))["Role"]["Arn"]
    answer = world.client("iam").simulate_principal_policy(
        PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource]
    )
    return answer["EvaluationResults"][0]["EvalDecision"]


def _earlier_plan(world: World) -> str:
    return str(world.inbox.of("orders", "1.0.0", "Approval Requested")[0].detail["plan"])


def _move_by_hand(world: World) -> None:
    """Somebody changes the live stack while the plan waits."""
    cloudformation = world.client("cloudformation")
    live = cloudformation.describe_stacks(StackName=stack("preview"))["Stacks"][0]["Parameters"]
    kept = [
        {"ParameterKey": name, "UsePreviousValue": True}
        for name in (item["ParameterKey"] for item in live)
        if name != "LogLevel"
    ]
    cloudformation.update_stack(
        StackName=stack("preview"), UsePreviousTemplate=True, Capabilities=["CAPABILITY_IAM"],
        Parameters=[*kept, {"ParameterKey": "LogLevel", "ParameterValue": "WARNING"}],
    )  # fmt: skip
    cloudformation.get_waiter("stack_update_complete").wait(StackName=stack("preview"), WaiterConfig={"Delay": 1})


def _next_plan(world: World, before: str) -> str:
    """The plan that is asked about after the first one was voided."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        plans = [str(event.detail["plan"]) for event in world.inbox.of("orders", "1.6.0", "Approval Requested")]
        fresh = [plan for plan in plans if plan != before]
        if fresh:
            return fresh[0]
        world.inbox.read()
    raise TimeoutError("nobody was asked about a new plan")

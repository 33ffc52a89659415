"""S1: the first deployment is the largest expansion of all: a reviewer approves it once, then it goes all the way."""

from examples.demo import service
from examples.demo.checks import Checks
from examples.demo.scenarios.looks import ENVIRONMENTS, alias, answering_release, executions, live_digest, stack
from examples.demo.world import World


def run(world: World, checks: Checks) -> None:
    packed = service.pack(world, "1.0.0")
    service.publish(world, packed)
    asked = world.inbox.wait("orders", "1.0.0", "Approval Requested", environment="preview")
    plan = asked.detail["plan"]
    refused = world.towpath("approve", plan, person="uploader")
    checks.equal("the uploader cannot approve", "Lambda function URL with IAM", (1, True),
                 (refused.status, "may not call the approval URL" in refused.output))  # fmt: skip
    checks.equal("nothing is deployed while a plan waits", "DescribeStacks", True,
                 world.stack_status(stack("preview")) in ("REVIEW_IN_PROGRESS", "(absent)"))  # fmt: skip
    world.must("approve", plan, "--comment", "The first release of the order desk.", person="reviewer")
    world.inbox.wait("orders", "1.0.0", "Release Promoted")
    for environment in ENVIRONMENTS:
        checks.equal(f"the stack stands in {environment}", "DescribeStacks", "CREATE_COMPLETE",
                     world.stack_status(stack(environment)))  # fmt: skip
        checks.equal(f"the alias is whole in {environment}", "GetAlias", {"version": "1", "weights": {}},
                     alias(world, environment))  # fmt: skip
        checks.equal(f"the release answers in {environment}", "Invoke", "1.0.0", answering_release(world, environment))
        checks.equal(f"its digest is live in {environment}", "GetItem", packed.digest, live_digest(world, environment))
    asked_in = [event.detail["environment"] for event in world.inbox.of("orders", "1.0.0", "Approval Requested")]
    checks.equal("one approval carries over", "EventBridge → SQS", ["preview"], asked_in)
    names = executions(world, "orders-1.0.0-")
    checks.equal("executions are named after what they do", "ListExecutions", list(ENVIRONMENTS),
                 [name.removeprefix("orders-1.0.0-").split("-")[0] for name in sorted(names, key=_order)])  # fmt: skip
    checks.equal("all executions succeeded", "ListExecutions", {"SUCCEEDED"}, set(names.values()))


def _order(name: str) -> int:
    return next(index for index, environment in enumerate(ENVIRONMENTS) if environment in name)

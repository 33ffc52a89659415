"""S8: callers meet errors while production is a canary; traffic and stack return, and the alias is whole."""

import json
import threading

from examples.demo import service
from examples.demo.checks import Checks
from examples.demo.scenarios.looks import alias, answering_release, live_digest, stack
from examples.demo.world import World


def run(world: World, checks: Checks) -> None:
    before, digest = alias(world, "production"), live_digest(world, "production")
    packed = service.pack(world, "1.3.0")
    service.publish(world, packed)
    world.inbox.wait("orders", "1.3.0", "Probes Finished", environment="production")
    with Callers(world) as callers:
        world.inbox.wait("orders", "1.3.0", "Release Stopped", "Release Promoted")
    checks.equal("callers saw both releases, and errors of one", "Invoke", (True, True),
                 (callers.answered > 0, callers.failed > 0))  # fmt: skip
    rolled_back = [event.detail["environment"] for event in world.inbox.of("orders", "1.3.0", "Promotion Rolled Back")]
    checks.equal("the rollback is announced for production", "EventBridge → SQS", ["production"], rolled_back)
    checks.equal("CodeDeploy stopped on the alarm", "GetDeployment", ("Stopped", "ALARM_ACTIVE"), _deployment(world))
    checks.equal("the alias is whole, on the version it had", "GetAlias", before, alias(world, "production"))
    checks.equal("1.1.0 answers in production", "Invoke", "1.1.0", answering_release(world, "production"))
    checks.equal("1.1.0 is live in production", "GetItem", digest, live_digest(world, "production"))
    checks.equal("the stack of production is settled", "DescribeStacks", "UPDATE_COMPLETE",
                 world.stack_status(stack("production")))  # fmt: skip
    answer = world.call(stack("production"), "ApiFunction", ORDER)
    checks.equal("orders that failed are taken again", "Invoke", 202, answer.get("statusCode"))


# The mistake of 1.3.0 shows at quantities that its probes do not order.
ORDER = {"httpMethod": "POST", "body": json.dumps({"lines": [{"item": "rope", "quantity": 3}]})}


class Callers:
    """Callers of the live alias in production, several at a time, until the block ends."""

    def __init__(self, world: World, threads: int = 3) -> None:
        self._world = world
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, daemon=True) for _ in range(threads)]
        self.answered = 0
        self.failed = 0

    def _call(self) -> None:
        while not self._stop.is_set():
            answer = self._world.call(stack("production"), "ApiFunction", ORDER)
            if "errorType" in answer:
                self.failed += 1
            else:
                self.answered += 1
            self._stop.wait(0.05)

    def __enter__(self) -> "Callers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def _deployment(world: World) -> tuple[str, str]:
    """How the last deployment that was no rollback ended: its status and its error code."""
    codedeploy = world.client("codedeploy")
    found = codedeploy.list_deployments(applicationName="towpath-production", deploymentGroupName="orders-ApiFunction")[
        "deployments"
    ]
    shifts = [codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"] for deployment in found[:3]]
    last = next(info for info in shifts if info["creator"] != "codeDeployRollback")
    return last["status"], last.get("errorInformation", {}).get("code", "")

"""S2: an ordinary second release needs no person; the same digest is live in all environments."""

import json
import uuid

from examples.demo import service
from examples.demo.checks import Checks
from examples.demo.scenarios.looks import ENVIRONMENTS, alias, answering_release, live_digest, stack
from examples.demo.world import World


def run(world: World, checks: Checks) -> None:
    packed = service.pack(world, "1.1.0")
    service.publish(world, packed)
    world.inbox.wait("orders", "1.1.0", "Release Promoted")
    checks.equal("nobody was asked", "EventBridge → SQS", [], world.inbox.of("orders", "1.1.0", "Approval Requested"))
    for environment in ENVIRONMENTS:
        checks.equal(f"the new version has all traffic in {environment}", "GetAlias", {"version": "2", "weights": {}},
                     alias(world, environment))  # fmt: skip
        checks.equal(f"the release answers in {environment}", "Invoke", "1.1.0", answering_release(world, environment))
        checks.equal(f"its digest is live in {environment}", "GetItem", packed.digest, live_digest(world, environment))
    checks.equal("production was a canary", "GetDeployment", "towpath-canary-25-percent-5-minutes",
                 _last_configuration(world))  # fmt: skip
    identity = f"order-{uuid.uuid4()}"
    order = {"order": identity, "lines": [{"item": "lantern", "quantity": 2}]}
    world.call(stack("production"), "ApiFunction", {"httpMethod": "POST", "body": json.dumps(order)})
    checks.eventually("an order travels through the queue into the table", "GetItem", "2900",
                      lambda: _price(world, identity), 20)  # fmt: skip
    again = world.towpath(
        "publish", str(packed.path), "--bucket", world.outputs["ReleaseBucketName"], person="uploader"
    )
    checks.equal("publishing the same bytes again succeeds", "PutObject", 0, again.status)


def _last_configuration(world: World) -> str:
    codedeploy = world.client("codedeploy")
    found = codedeploy.list_deployments(applicationName="towpath-production", deploymentGroupName="orders-ApiFunction")[
        "deployments"
    ]
    return codedeploy.get_deployment(deploymentId=found[0])["deploymentInfo"]["deploymentConfigName"]


def _price(world: World, identity: str) -> str:
    table = world.physical_id(stack("production"), "OrdersTable")
    answer = world.client("dynamodb").get_item(TableName=table, Key={"order": {"S": identity}}, ConsistentRead=True)
    return answer.get("Item", {}).get("price", {}).get("N", "(not filed yet)")

"""S7: a probe fails in staging. Staging goes back, production is never touched, the previous release still answers."""

from examples.demo import service
from examples.demo.checks import Checks
from examples.demo.scenarios.looks import alias, answering_release, executions, live_digest, stack
from examples.demo.world import World


def run(world: World, checks: Checks) -> None:
    before = {environment: alias(world, environment) for environment in ("staging", "production")}
    digest = live_digest(world, "production")
    production = _last_update(world, "production")
    packed = service.pack(world, "1.2.0")
    service.publish(world, packed)
    world.inbox.wait("orders", "1.2.0", "Release Stopped", "Release Promoted")
    (event,) = world.inbox.of("orders", "1.2.0", "Promotion Rolled Back")
    checks.equal("the rollback is announced for staging", "EventBridge → SQS", "staging", event.detail["environment"])
    failed = world.inbox.of("orders", "1.2.0", "Probes Finished", "staging")[0].detail["results"]
    checks.equal("the event names the probe", "EventBridge → SQS", ["takes-an-order"],
                 [result["name"] for result in failed if result["outcome"] != "passed"])  # fmt: skip
    for environment in ("staging", "production"):
        checks.equal(f"the alias is what it was in {environment}", "GetAlias", before[environment],
                     alias(world, environment))  # fmt: skip
        checks.equal(f"1.1.0 answers in {environment}", "Invoke", "1.1.0", answering_release(world, environment))
        checks.equal(f"1.1.0 is live in {environment}", "GetItem", digest, live_digest(world, environment))
    checks.equal("the stack of staging is back", "GetFunctionConfiguration", "EUR", _currency(world, "staging"))
    checks.equal("production was never touched", "DescribeStacks", production, _last_update(world, "production"))
    checks.equal("preview has the new release", "Invoke", "1.2.0", answering_release(world, "preview"))
    checks.equal("the execution says that it failed", "ListExecutions", {"FAILED"},
                 set(executions(world, "orders-1.2.0-staging").values()))  # fmt: skip


def _last_update(world: World, environment: str) -> str:
    found = world.client("cloudformation").describe_stacks(StackName=stack(environment))["Stacks"][0]
    return str(found.get("LastUpdatedTime", found["CreationTime"]))


def _currency(world: World, environment: str) -> str:
    function = world.physical_id(stack(environment), "ApiFunction")
    found = world.client("lambda").get_function_configuration(FunctionName=function)
    return found["Environment"]["Variables"]["CURRENCY"]

"""What several scenarios look at: which release answers, whether an alias is whole, what the ledger calls live."""

from typing import Any

from examples.demo.world import World

ENVIRONMENTS = ("preview", "staging", "production")


def stack(environment: str) -> str:
    return f"orders-{environment}"


def answering_release(world: World, environment: str) -> str:
    """The release that says it serves, asked through the live alias."""
    answer = world.call(stack(environment), "ApiFunction", {"httpMethod": "GET"})
    body: str = answer.get("body", "")
    return body.partition('"release": "')[2].partition('"')[0]


def alias(world: World, environment: str) -> dict[str, Any]:
    """Where the live alias points: `{"version": …, "weights": …}`."""
    version, weights = world.alias_version(stack(environment), "ApiFunction")
    return {"version": version, "weights": weights}


def live_digest(world: World, environment: str, service: str = "orders") -> str:
    """The digest that the ledger has as live."""
    answer = world.client("dynamodb").get_item(
        TableName=world.outputs["LedgerTableName"],
        Key={"PK": {"S": f"SERVICE#{service}"}, "SK": {"S": f"ENVIRONMENT#{environment}#LIVE"}},
        ConsistentRead=True,
    )
    return answer.get("Item", {}).get("digest", {}).get("S", "(nothing)")


def executions(world: World, contains: str, output: str = "PromoteToEnvironmentArn") -> dict[str, str]:
    """The executions of a state machine whose name contains a text: name to status."""
    machine = world.outputs[output].removesuffix(":live")
    pages = world.client("stepfunctions").get_paginator("list_executions").paginate(stateMachineArn=machine)
    return {
        found["name"]: found["status"] for page in pages for found in page["executions"] if contains in found["name"]
    }

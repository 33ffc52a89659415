"""Takes an order in the shape of an API Gateway proxy event, signs a receipt and queues the order for filing."""

import hashlib
import hmac
import json
import os
import uuid
from functools import cache
from typing import Any

import boto3
from prices import total
from release import RELEASE


@cache
def signing_key() -> bytes:
    """The key that signs receipts; read once for as long as the function stays warm."""
    client: Any = boto3.client("secretsmanager")
    return client.get_secret_value(SecretId=os.environ["SIGNING_KEY_ID"])["SecretString"].encode()


@cache
def queue() -> Any:
    return boto3.client("sqs")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`POST` an order; anything else asks how the service is."""
    if event.get("httpMethod", "GET") != "POST":
        return answer(200, {"release": RELEASE, "currency": os.environ["CURRENCY"]})
    order = json.loads(event["body"])
    try:
        price = total(order, os.environ["CURRENCY"])
    except ValueError as error:
        return answer(422, {"error": str(error)})
    identity = order.get("order") or str(uuid.uuid4())
    receipt = hmac.new(signing_key(), f"{identity}:{price}".encode(), hashlib.sha256).hexdigest()
    queue().send_message(
        QueueUrl=os.environ["QUEUE_URL"],
        MessageBody=json.dumps({"order": identity, "price": price, "receipt": receipt}),
    )
    return answer(202, {"order": identity, "price": price, "receipt": receipt, "release": RELEASE})


def answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}

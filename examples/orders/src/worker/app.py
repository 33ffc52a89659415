"""Files queued orders in the table, and reports those that could not be filed so that only they come back."""

import json
import os
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError


@cache
def table() -> Any:
    return boto3.client("dynamodb")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    failures = [record["messageId"] for record in event["Records"] if not filed(record["body"])]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failures]}


def filed(body: str) -> bool:
    """Whether the order is in the table now."""
    try:
        order = json.loads(body)
        item = {"order": {"S": order["order"]}, "price": {"N": str(order["price"])}, "receipt": {"S": order["receipt"]}}
        table().put_item(TableName=os.environ["TABLE"], Item=item)
    except (ClientError, KeyError, ValueError) as error:
        print(f"an order could not be filed: {error}")
        return False
    return True

"""A ledger table on moto, for tests that run against DynamoDB's own conditions."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import boto3
from moto import mock_aws

from towpath.aws.ledger import DynamoDBPromotionLedger


@contextmanager
def dynamodb_ledger() -> Generator[DynamoDBPromotionLedger]:
    """The DynamoDB ledger on a table of its own."""
    with mock_aws():
        client = cast(Any, boto3).client(
            "dynamodb", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        client.create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "PK", "AttributeType": "S"},
                {"AttributeName": "SK", "AttributeType": "S"},
            ],
        )
        yield DynamoDBPromotionLedger(client, "ledger")

"""One DynamoDB table with the string keys PK and SK: consistent reads, conditional writes, transactions.

A condition that fails is an answer, False; what DynamoDB refuses or cannot do now is an error that says what was being
done. A conflict between transactions is worth another attempt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from towpath.aws.errors import aws_errors, error_code
from towpath.aws.ledger_items import pack, unpack
from towpath.errors import LedgerBusy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


class LedgerTable:
    """Items as plain values in and out; keys are `{"PK": …, "SK": …}`."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self.name = name

    def get(self, key: Mapping[str, str]) -> dict[str, Any] | None:
        """The item under a key."""
        with aws_errors(f"reading {key['PK']} / {key['SK']} from the ledger"):
            found = self._client.get_item(TableName=self.name, Key=pack(key), ConsistentRead=True).get("Item")
        return unpack(found) if found else None

    def query(self, partition: str, prefix: str) -> Iterator[dict[str, Any]]:
        """The items of a partition whose sort keys begin with a prefix, in order."""
        condition = "PK = :partition AND begins_with(SK, :prefix)" if prefix else "PK = :partition"
        values = {":partition": partition, **({":prefix": prefix} if prefix else {})}
        pages = self._client.get_paginator("query").paginate(
            TableName=self.name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=pack(values),
            ConsistentRead=True,
        )
        with aws_errors(f"reading {partition} from the ledger"):
            for page in pages:
                yield from map(unpack, page["Items"])

    def between(self, partition: str, first: str, last: str) -> Iterator[dict[str, Any]]:
        """The items of a partition whose sort keys lie between two texts, in order."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self.name,
            KeyConditionExpression="PK = :partition AND SK BETWEEN :first AND :last",
            ExpressionAttributeValues=pack({":partition": partition, ":first": first, ":last": last}),
            ConsistentRead=True,
        )
        with aws_errors(f"reading {partition} from the ledger"):
            for page in pages:
                yield from map(unpack, page["Items"])

    def put(self, item: Mapping[str, Any], condition: str = "", values: Mapping[str, Any] | None = None) -> bool:
        """Write a whole item."""
        wanted: dict[str, Any] = {"TableName": self.name, "Item": pack(item)}
        if condition:
            wanted["ConditionExpression"] = condition
        if values:
            wanted["ExpressionAttributeValues"] = pack(values)
        with aws_errors(f"writing {item['PK']} / {item['SK']} to the ledger"):
            try:
                self._client.put_item(**wanted)
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def put_revision(self, item: Mapping[str, Any]) -> bool:
        """Put an item that carries its new revision, if the stored one is the revision before."""
        before = int(item["revision"]) - 1
        if before == 0:
            return self.put(item, "attribute_not_exists(PK)")
        return self.put(item, "revision = :before", {":before": before})

    def revised(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The same as an action of a transaction."""
        before = int(item["revision"]) - 1
        put: dict[str, Any] = {"TableName": self.name, "Item": pack(item)}
        if before == 0:
            return {**put, "ConditionExpression": "attribute_not_exists(PK)"}
        values = pack({":before": before})
        return {**put, "ConditionExpression": "revision = :before", "ExpressionAttributeValues": values}

    def update(
        self,
        key: Mapping[str, str],
        change: str,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str],
    ) -> bool:
        """Change parts of an item."""
        with aws_errors(f"changing {key['PK']} / {key['SK']} in the ledger"):
            try:
                self._client.update_item(
                    TableName=self.name,
                    Key=pack(key),
                    UpdateExpression=change,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=pack(values),
                    ExpressionAttributeNames=names,
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def transact(self, actions: Sequence[Mapping[str, Any]]) -> bool:
        """Do all or nothing. False when a condition failed; LedgerBusy when another transaction was in the way."""
        from botocore.exceptions import ClientError

        wanted = cast("list[TransactWriteItemTypeDef]", list(actions))
        with aws_errors("writing a transaction to the ledger"):
            try:
                self._client.transact_write_items(TransactItems=wanted)
            except ClientError as error:
                if error_code(error) != "TransactionCanceledException":
                    raise
                codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
                if "ConditionalCheckFailed" in codes:
                    return False
                raise LedgerBusy(f"a transaction was cancelled: {error}") from error
        return True

"""Looks for what should be stored: an item of a DynamoDB table, an object of a bucket."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from towpath.aws.errors import error_code
from towpath.aws.probing.clients import ProbeClients
from towpath.traffic.ports import Observation, ProbeAnswer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


def read_item(clients: ProbeClients, target: Mapping[str, Any], timeout: float) -> Observation:
    """The item under a key, read consistently; the key is plain JSON."""
    client: DynamoDBClient = clients.get("dynamodb", timeout)
    serializer, key = cast(Any, TypeSerializer()), cast(Mapping[str, Any], target["key"])
    answer = client.get_item(
        TableName=target["table"],
        Key={name: serializer.serialize(_decimal(value)) for name, value in key.items()},
        ConsistentRead=True,
    )
    if "Item" not in answer:
        return Observation(ProbeAnswer.ANSWERED, "absent")
    deserializer = cast(Any, TypeDeserializer())
    item = {name: _plain(deserializer.deserialize(value)) for name, value in answer["Item"].items()}
    return Observation(ProbeAnswer.ANSWERED, "present", item)


def find_object(clients: ProbeClients, target: Mapping[str, Any], timeout: float) -> Observation:
    """Whether an object is there, and its size and type."""
    client: S3Client = clients.get("s3", timeout)
    try:
        found = client.head_object(Bucket=target["bucket"], Key=target["key"])
    except ClientError as error:
        if error_code(error) in ("404", "NoSuchKey", "NotFound"):
            return Observation(ProbeAnswer.ANSWERED, "absent")
        raise
    body = {"size": found["ContentLength"], "content_type": found.get("ContentType", "")}
    return Observation(ProbeAnswer.ANSWERED, "present", body)


def _decimal(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value


def _plain(value: Any) -> Any:
    """A deserialised item as JSON: numbers come as Decimal, sets become sorted lists."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in cast(Mapping[Any, Any], value).items()}
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(item) for item in cast(set[Any], value)), key=str)
    if isinstance(value, list):
        return [_plain(item) for item in cast(list[Any], value)]
    return value

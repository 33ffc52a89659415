"""Plain values as DynamoDB attributes and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]


def pack(values: Mapping[str, Any]) -> Item:
    """Plain values as DynamoDB attributes."""
    from boto3.dynamodb.types import TypeSerializer

    serializer = TypeSerializer()
    return {name: cast("AttributeValueTypeDef", serializer.serialize(value)) for name, value in values.items()}


def unpack(item: Mapping[str, Any]) -> dict[str, Any]:
    """DynamoDB attributes as plain values; numbers come back as Decimal."""
    from boto3.dynamodb.types import TypeDeserializer

    deserializer = TypeDeserializer()
    return {name: deserializer.deserialize(value) for name, value in item.items()}

"""The table of resource types is what the resource provider schemas say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import pytest

from local_cloud.cloudformation.schemas import Entry, Recreation, check, known_types, recreation

_SCHEMAS = files("cfnlint") / "data" / "schemas"


def derived(resource_type: str) -> Entry:
    hashes: dict[str, str] = json.loads((_SCHEMAS / "providers" / "us-east-1.json").read_text())
    schema: dict[str, Any] = json.loads((_SCHEMAS / "resources" / f"{hashes[resource_type]}.json").read_text())
    create_only: Sequence[str] = schema.get("createOnlyProperties") or []
    conditional: Sequence[str] = schema.get("conditionalCreateOnlyProperties") or []
    always = {path.split("/")[2] for path in create_only if path.count("/") == 2}
    possibly = {path.split("/")[2] for path in (*create_only, *conditional)} - always
    return {
        "always": sorted(always),
        "conditionally": sorted(possibly),
        "properties": sorted(schema["properties"]) if schema.get("additionalProperties") is False else None,
        "required": sorted(schema.get("required") or []),
    }


def test_the_table_agrees_with_the_schemas() -> None:
    assert {name: derived(name) for name in known_types()} == known_types()


@pytest.mark.parametrize(
    ("resource_type", "name", "expected"),
    [
        ("AWS::DynamoDB::Table", "TableName", "Always"),
        ("AWS::DynamoDB::Table", "KeySchema", "Conditionally"),
        ("AWS::DynamoDB::Table", "BillingMode", "Never"),
        ("Custom::Thing", "ServiceToken", "Conditionally"),
    ],
)
def test_a_type_without_a_schema_is_left_to_the_emulator(resource_type: str, name: str, expected: str) -> None:
    def stock(_resource_type: str, _name: str) -> Recreation:
        return "Conditionally"

    assert recreation(stock)(resource_type, name) == expected


def test_properties_are_known_and_complete() -> None:
    check("A", "AWS::SNS::Subscription", {"TopicArn": "t", "Protocol": "sqs"})
    check("A", "Custom::Thing", {"anything": 1})
    with pytest.raises(ValueError, match=r"extraneous key \[Topic\].*\n.*required key \[TopicArn\] not found"):
        check("A", "AWS::SNS::Subscription", {"Topic": "t", "Protocol": "sqs"})

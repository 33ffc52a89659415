"""What the CloudFormation schemas say of the types that the emulator knows: properties, required ones, replacing ones.

Kept in `resource_types.json`, derived from the resource provider schemas by `tests/.../test_schemas.py`, which fails
when the two part. A type that is not there is left to the emulator.
Source: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypedDict, cast

Recreation: TypeAlias = Literal["Always", "Conditionally", "Never"]


class Entry(TypedDict):
    always: list[str]
    conditionally: list[str]
    properties: list[str] | None
    """`None` when a type takes any property."""
    required: list[str]


@cache
def known_types() -> dict[str, Entry]:
    text = (Path(__file__).parent / "resource_types.json").read_text()
    return cast(dict[str, Entry], json.loads(text)["types"])


def recreation(stock: Callable[[str, str], Recreation]) -> Callable[[str, str], Recreation]:
    """The emulator's `_property_recreation`, which still answers for types that the schemas do not have."""

    def of(resource_type: str, name: str) -> Recreation:
        entry = known_types().get(resource_type)
        if entry is None:
            return stock(resource_type, name)
        if name in entry["always"]:
            return "Always"
        return "Conditionally" if name in entry["conditionally"] else "Never"

    return of


def check(logical_id: str, resource_type: str, properties: Mapping[str, Any]) -> None:
    """Raises `ValueError`, as CloudFormation words it, for a property that is unknown or missing."""
    entry = known_types().get(resource_type)
    if entry is None or entry["properties"] is None:
        return
    problems = [
        f"#: extraneous key [{name}] is not permitted" for name in properties if name not in entry["properties"]
    ]
    problems += [f"#: required key [{name}] not found" for name in entry["required"] if name not in properties]
    if problems:
        raise ValueError(
            f"Properties validation failed for resource {logical_id} with message:\n" + "\n".join(problems)
        )

"""Whether a changed property replaces its resource: what a change set says as `RequiresRecreation`.

The answer per type and property is that of the CloudFormation resource provider schemas (`createOnlyProperties`,
`conditionalCreateOnlyProperties`), kept in `replacement.json`; a type that is not there may be replaced.
Source: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal, TypedDict, cast

Recreation = Literal["Always", "Conditionally", "Never"]


class Entry(TypedDict):
    always: list[str]
    conditionally: list[str]


@cache
def known_types() -> dict[str, Entry]:
    text = (Path(__file__).parent / "replacement.json").read_text()
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

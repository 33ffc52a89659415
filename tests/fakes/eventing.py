"""Events against their published schemas: what a consumer would check, and that nothing undocumented is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import jsonschema

from towpath.promotion.events import Event

SCHEMAS = Path(__file__).parents[2] / "docs" / "events"


def schema_of(kind: str) -> dict[str, Any]:
    return json.loads((SCHEMAS / f"{kind.lower().replace(' ', '-')}.schema.json").read_text("utf-8"))


def check_event(event: Event) -> None:
    """Raises when the detail does not keep to its schema, or says something that its schema does not know."""
    schema, detail = schema_of(event.kind.value), event.to_detail()
    checker = cast(Any, jsonschema).Draft7Validator(schema, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
    checker.validate(detail)
    assert set(detail) <= set(schema["properties"]), set(detail) - set(schema["properties"])

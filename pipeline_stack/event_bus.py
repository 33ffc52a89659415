"""The bus on which the pipeline says what it does, and the registry in which consumers find how its events look.

The files of `docs/events/` describe details; a schema of the registry describes the whole event, is called as
EventBridge itself would call it, and is written in draft 4: the registry knows no later one.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema.html
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from aws_cdk import aws_events as events
from aws_cdk import aws_eventschemas as eventschemas
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.permission import permit

_SUFFIX = ".schema.json"


class EventBus(Construct):
    """The event bus `towpath`."""

    def __init__(self, scope: Construct, construct_id: str, *, schemas: Path) -> None:
        super().__init__(scope, construct_id)
        self.bus = events.EventBus(
            self, "Bus", event_bus_name=names.EVENT_BUS, description="What Towpath does with releases, as it does it"
        )
        registry = eventschemas.CfnRegistry(
            self, "Registry", registry_name=names.EVENT_BUS, description="The events of Towpath"
        )
        for path in sorted(schemas.glob(f"*{_SUFFIX}")):
            self._register(registry, path)

    def permit_sending(self, role: iam.Role) -> None:
        permit(role, ["events:PutEvents"], [self.bus.event_bus_arn])

    def _register(self, registry: eventschemas.CfnRegistry, path: Path) -> None:
        kind = names.placeholder(path.name.removesuffix(_SUFFIX).replace("-", "_"))
        schema = eventschemas.CfnSchema(
            self,
            kind,
            registry_name=registry.attr_registry_name,
            schema_name=f"{names.EVENT_BUS}@{kind}",
            type="JSONSchemaDraft4",
            content=json.dumps(whole_event(json.loads(path.read_text("utf-8"))), indent=2),
        )
        schema.add_resource_dependency(registry)


def whole_event(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an event of EventBridge with this detail. Its detail-type is the title of the detail's schema.

    https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
    """
    text = {"type": "string"}
    properties = {
        "version": {"enum": ["0"]},
        "id": text,
        "detail-type": {"enum": [detail["title"]]},
        "source": {"enum": [names.EVENT_BUS]},
        "account": text,
        "time": {"type": "string", "format": "date-time"},
        "region": text,
        "resources": {"type": "array", "items": text},
        "detail": _draft_4({key: value for key, value in detail.items() if key != "$schema"}),
    }
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": detail["title"],
        "type": "object",
        "required": list(properties),
        "properties": properties,
    }


def _draft_4(schema: Any) -> Any:
    """The same schema without what draft 4 does not have: of the later keywords, `const` is the one that we use."""
    if isinstance(schema, list):
        return [_draft_4(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    found = {key: _draft_4(value) for key, value in cast("dict[str, Any]", schema).items()}
    return {"enum" if key == "const" else key: [value] if key == "const" else value for key, value in found.items()}

"""The bus on which the pipeline says what it does, and the registry in which consumers find how its events look.

The schemas are the files of `docs/events/`; a schema of the registry is called as EventBridge itself would call it.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema.html
"""

import json
from pathlib import Path

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
            content=json.dumps(json.loads(path.read_text("utf-8")), indent=2, sort_keys=True),
        )
        schema.add_dependency(registry)

"""`AWS::EventSchemas::Registry`, `AWS::EventSchemas::Schema` and `AWS::EventSchemas::Discoverer`.

The schema registry itself is not emulated: stacks that register schemas deploy, with the physical ids and attributes
that AWS gives, and what they would have been refused for is refused; the Schemas API cannot read anything back.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EventSchemas.html
"""

from __future__ import annotations

import json

from local_cloud.cloudformation.resource_type import Created, Properties, ResourceType, generated_name
from local_cloud.service_role import ministack

_DISCOVERERS = 16


def _arn(resource: str) -> str:
    responses = ministack("core.responses")
    return f"arn:aws:schemas:{responses.get_region()}:{responses.get_account_id()}:{resource}"


def _create_registry(logical_id: str, props: Properties, stack: str) -> Created:
    name = props.get("RegistryName") or generated_name(stack, logical_id, 64)
    arn = _arn(f"registry/{name}")
    return arn, {"RegistryArn": arn, "RegistryName": name}


def _create_schema(logical_id: str, props: Properties, stack: str) -> Created:
    _check(props)
    registry = str(props["RegistryName"]).rpartition("/")[2]
    name = props.get("SchemaName") or generated_name(stack, logical_id, 385)
    arn = _arn(f"schema/{registry}/{name}")
    return arn, {"SchemaArn": arn, "SchemaName": name, "SchemaVersion": "1"}


def _update_schema(arn: str, _old: Properties, new: Properties) -> Created:
    _check(new)
    return arn, {"SchemaArn": arn, "SchemaName": arn.rpartition("/")[2], "SchemaVersion": "1"}


def _check(props: Properties) -> None:
    if props.get("Type") not in ("OpenApi3", "JSONSchemaDraft4"):
        raise ValueError(f"Invalid schema type: {props.get('Type')}")
    try:
        json.loads(props["Content"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"Schema is not valid JSON: {error}") from error


def _create_discoverer(logical_id: str, _props: Properties, stack: str) -> Created:
    identity = generated_name(stack, logical_id, _DISCOVERERS)
    arn = _arn(f"discoverer/{identity}")
    return arn, {"DiscovererArn": arn, "DiscovererId": identity, "State": "STARTED"}


def _forget(_physical_id: str, _props: Properties) -> None:
    """Nothing was kept."""


TYPES = (
    ResourceType(
        "AWS::EventSchemas::Registry",
        create=_create_registry,
        update=lambda arn, _, __: (arn, {"RegistryArn": arn, "RegistryName": arn.rpartition("/")[2]}),
        delete=_forget,
        replacing=("RegistryName",),
    ),
    ResourceType(
        "AWS::EventSchemas::Schema",
        create=_create_schema,
        update=_update_schema,
        delete=_forget,
        replacing=("RegistryName", "SchemaName"),
    ),
    ResourceType("AWS::EventSchemas::Discoverer", create=_create_discoverer, delete=_forget),
)

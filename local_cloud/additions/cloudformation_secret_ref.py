"""`Ref` of a secret is its ARN, with the six characters that Secrets Manager adds to the name.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html,
"Return values".

Stock ministack gives the secret's name, so a policy that names `!Ref Secret` allows nothing.

Seam: the handlers of the type in `cloudformation.provisioners._RESOURCE_HANDLERS`; inside, the emulator goes on with
the name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from local_cloud.service_role import ministack

_TYPE = "AWS::SecretsManager::Secret"
_ADDED = 7  # a hyphen and six characters
_Created = tuple[str, dict[str, Any]]


def install() -> None:
    handlers = ministack("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    stock: Mapping[str, Any] = handlers[_TYPE]

    def create(logical_id: str, props: Any, stack: str) -> _Created:
        return _with_arn(stock["create"](logical_id, props, stack))

    def update(physical_id: str, old: Any, new: Any, stack: str, logical_id: str | None = None) -> _Created:
        return _with_arn(stock["update"](_name(physical_id), old, new, stack, logical_id))

    def delete(physical_id: str, props: Any) -> None:
        stock["delete"](_name(physical_id), props)

    handlers[_TYPE] = {**stock, "create": create, "update": update, "delete": delete}


def _with_arn(created: _Created) -> _Created:
    attributes = created[1]
    return cast(str, attributes["Id"]), attributes


def _name(physical_id: str) -> str:
    return physical_id.split(":", 6)[6][:-_ADDED] if physical_id.startswith("arn:") else physical_id

"""Nested stacks that can be updated: what has not changed in them keeps its attributes.

AWS: `Fn::GetAtt` of a resource that an update does not touch returns what it returned before
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getatt.html). Stock
ministack forgets the attributes of the unchanged resources of a nested stack, so that what refers to them fails with
"Requested attribute Arn does not exist in schema".

Seam: `cloudformation.provisioners._update_resource`, which the nested update calls without the attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.cloudformation.seams import replace
from local_cloud.service_role import ministack


def install() -> None:
    replace("provisioners", "_update_resource", _with_attributes)


def _with_attributes(stock: Callable[..., tuple[str, dict[str, Any]]]) -> Callable[..., tuple[str, dict[str, Any]]]:
    def update(
        resource_type: str,
        physical_id: str,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        stack_name: str,
        logical_id: str | None = None,
        old_attributes: dict[str, Any] | None = None,
    ) -> tuple[str, dict[str, Any]]:
        known = _known(stack_name, logical_id) if old_attributes is None else old_attributes
        return stock(resource_type, physical_id, old, new, stack_name, logical_id, known)

    return update


def _known(stack_name: str, logical_id: str | None) -> dict[str, Any]:
    stack: Mapping[str, Any] = ministack("services.cloudformation")._stacks.get(stack_name) or {}
    resources: Mapping[str | None, Mapping[str, Any]] = stack.get("_resources", {})
    return dict(resources.get(logical_id, {}).get("Attributes") or {})

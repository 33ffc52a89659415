"""How a resource type is described here, and how one is made known to the emulator's CloudFormation.

A type says how it is created, updated and deleted, and which properties cannot change without a new resource: those
replace it, everything else updates in place, as the type's CloudFormation schema has it.
Seams: `cloudformation.provisioners._RESOURCE_HANDLERS`, `_REPLACING_PROPERTIES`, `_STACK_TAG_PROPERTY`, and
`cloudformation.stacks._runs_on_worker_thread` for types whose handlers wait.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from local_cloud.service_role import ministack

Properties: TypeAlias = Mapping[str, Any]
Created: TypeAlias = tuple[str, dict[str, Any]]
"""What `Ref` returns, and what `Fn::GetAtt` can."""
Create: TypeAlias = Callable[[str, Properties, str], Created]
"""(logical id, properties, stack name) → Created; a failure is a `ValueError` with the text of the stack's event."""
Update: TypeAlias = Callable[[str, Properties, Properties], Created]
"""(physical id, old properties, new properties) → Created."""
Delete: TypeAlias = Callable[[str, Properties], None]
_waiting: set[str] = set()


@dataclass(frozen=True, slots=True)
class ResourceType:
    name: str
    create: Create
    delete: Delete
    update: Update | None = None
    replacing: tuple[str, ...] = ()
    """Properties whose change makes a new resource; with no `update`, every change does."""
    tags: bool = False
    """Whether `Tags` is a property, as a list, that stack tags reach."""
    waits: bool = False
    """Whether a handler may take longer than a request should; it then runs on a thread of its own."""


def register(kind: ResourceType) -> None:
    provisioners = ministack("services.cloudformation.provisioners")
    provisioners._RESOURCE_HANDLERS[kind.name] = {
        "create": kind.create,
        "update": _updating(kind),
        "update_with_logical_id": True,
        "delete": kind.delete,
    }
    provisioners._REPLACING_PROPERTIES[kind.name] = kind.replacing
    if kind.tags:
        provisioners._STACK_TAG_PROPERTY[kind.name] = ("Tags", "list")
    if kind.waits:
        wait_for(kind.name)


def wait_for(type_name: str) -> None:
    """Run this type's handlers on a worker thread."""
    stacks = ministack("services.cloudformation.stacks")
    if not _waiting:
        stock = stacks._runs_on_worker_thread

        def runs_on_worker_thread(resource_type: str) -> bool:
            return resource_type in _waiting or stock(resource_type)

        stacks._runs_on_worker_thread = runs_on_worker_thread
    _waiting.add(type_name)


def answer(response: tuple[int, Any, Any]) -> dict[str, Any]:
    """The document that a JSON service of the emulator answered with; a refusal becomes a `ValueError`."""
    status, _, body = response
    document: dict[str, Any] = json.loads(body) if body else {}
    if status >= 400:
        raise ValueError(document.get("message") or document.get("Message") or str(document))
    return document


def generated_name(stack_name: str, logical_id: str, longest: int) -> str:
    return ministack("services.cloudformation.provisioners")._physical_name(stack_name, logical_id, max_len=longest)


def _updating(kind: ResourceType) -> Callable[..., Created]:
    update = kind.update

    def change(physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        if update is None:
            return kind.create(logical_id, new, stack_name)
        return update(physical_id, old, new)

    return change

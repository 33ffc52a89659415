"""The template that a running stack operation deploys, for handlers of resources that need more than properties.

Seams: `cloudformation.stacks._deploy_stack_async` and `_roll_back_operation`, in whose context the handlers run.
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from local_cloud.cloudformation.seams import replace
from local_cloud.service_role import ministack


@dataclass(frozen=True, slots=True)
class Operation:
    stack_name: str
    stack_id: str
    template: Mapping[str, Any]
    parameters: Mapping[str, Any]


_current: ContextVar[Operation | None] = ContextVar("stack_operation", default=None)


def remember_operations() -> None:
    replace("stacks", "_deploy_stack_async", _remember)
    replace("stacks", "_roll_back_operation", _forget)


def attribute(logical_id: str, name: str) -> Any:
    """An attribute of the resource being deployed, with references resolved; `None` without one, or in a rollback."""
    operation = _current.get()
    if operation is None:
        return None
    value = operation.template["Resources"].get(logical_id, {}).get(name)
    if value is None:
        return None
    engine = ministack("services.cloudformation.engine")
    return engine._resolve_refs(
        copy.deepcopy(value),
        ministack("services.cloudformation")._stacks[operation.stack_name]["_resources"],
        operation.parameters,
        engine._evaluate_conditions(operation.template, operation.parameters),
        operation.template.get("Mappings", {}),
        operation.stack_name,
        operation.stack_id,
    )


def _remember(stock: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def deploy(
        name: str, stack_id: str, template: Mapping[str, Any], parameters: Mapping[str, Any], *rest: Any, **named: Any
    ) -> None:
        _current.set(Operation(name, stack_id, template, parameters))
        await stock(name, stack_id, template, parameters, *rest, **named)

    return deploy


def _forget(stock: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def roll_back(*args: Any, **named: Any) -> None:
        _current.set(None)
        await stock(*args, **named)

    return roll_back

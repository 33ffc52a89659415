"""The template that a running stack operation deploys, and what it leaves behind.

Handlers of resources that need more than properties ask here; a stack's description and conditions are those of the
template that it ended with.

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
        _settle(ministack("services.cloudformation")._stacks.get(name))

    return deploy


def _settle(stack: dict[str, Any] | None) -> None:
    """What a stack says of itself follows the template that it ended with; the emulator forgets these two."""
    if stack is None or not stack["StackStatus"].endswith("_COMPLETE"):
        return
    engine = ministack("services.cloudformation.engine")
    stack["_conditions"] = engine._evaluate_conditions(stack["_template"], stack["_resolved_params"])
    stack["Description"] = stack["_template"].get("Description", "")


def _forget(stock: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def roll_back(*args: Any, **named: Any) -> None:
        _current.set(None)
        await stock(*args, **named)

    return roll_back

"""What an update says that it does.

AWS records events for the resources that an update touches, the others keep their status and their time; a resource
that is new to the stack is created, not updated; and when all is done the stack cleans up (`UPDATE_COMPLETE_CLEANUP_IN_
PROGRESS`) what it no longer needs, with events for each deletion
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html, the status codes).
Stock ministack says of every resource of the stack that it was updated, and deletes in silence.

Seams: `cloudformation.stacks._add_event`, which holds the first event of an update back until it is known whether
anything changes; `cloudformation.provisioners._update_resource`, where that is known, and `_delete_resource`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from local_cloud.cloudformation.seams import replace
from local_cloud.service_role import ministack

Key: TypeAlias = tuple[str, str]
_STACK = "AWS::CloudFormation::Stack"
_CLEANUP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"


@dataclass(slots=True)
class _Pending:
    """The update of one resource: the event that is held back, and how the resource was recorded before."""

    emit: Callable[[], None]
    before: Mapping[str, Any]
    unchanged: bool = False


_pending: dict[Key, _Pending] = {}
_new: set[Key] = set()


def install() -> None:
    replace("stacks", "_add_event", _telling)
    replace("provisioners", "_update_resource", _noticing)
    replace("provisioners", "_delete_resource", _cleaning)


def _telling(stock: Callable[..., None]) -> Callable[..., None]:
    def add_event(
        stack_id: str, stack_name: str, logical_id: str, resource_type: str, status: str, *rest: Any, **named: Any
    ) -> None:
        key = (stack_name, logical_id)
        if resource_type == _STACK and logical_id == stack_name:
            if status == "UPDATE_COMPLETE" and _stack(stack_name).get("_announced") != _CLEANUP:
                stock(stack_id, stack_name, logical_id, resource_type, _CLEANUP, physical_id=stack_id)
            _stack(stack_name)["_announced"] = status
            stock(stack_id, stack_name, logical_id, resource_type, status, *rest, **named)
            return
        if status == "DELETE_SKIPPED":
            _begin_cleanup(_stack(stack_name))
        record = _stack(stack_name).get("_resources", {}).get(logical_id)
        first = status == "UPDATE_IN_PROGRESS" and not (rest or named)
        if first and record is None:
            _new.add(key)
        if key in _new:
            status = _as_new(key, status, record)

        def emit() -> None:
            stock(stack_id, stack_name, logical_id, resource_type, status, *rest, **named)

        held = _pending.pop(key, None)
        if first and record is not None:
            _pending[key] = _Pending(emit, dict(record))
        elif held is not None and held.unchanged and status == "UPDATE_COMPLETE" and record is not None:
            record |= {name: held.before[name] for name in ("ResourceStatus", "Timestamp")}
        else:
            if held is not None:
                held.emit()
            emit()

    return add_event


def _as_new(key: Key, status: str, record: dict[str, Any] | None) -> str:
    """The status of a resource that the update creates; its record says so too."""
    created = status.replace("UPDATE_", "CREATE_", 1)
    if status in ("UPDATE_COMPLETE", "UPDATE_FAILED"):
        _new.discard(key)
    if record is not None and record.get("ResourceStatus") == status:
        record["ResourceStatus"] = created
    return created


def _noticing(stock: Callable[..., Any]) -> Callable[..., Any]:
    def update(
        resource_type: str, physical_id: str, old: Any, new: Any, stack_name: str, logical_id: Any = None, *rest: Any
    ) -> Any:
        held = _pending.get((stack_name, logical_id))
        if held is not None and old == new:
            held.unchanged = True
        elif held is not None:
            held.emit()
            held.emit = _nothing
        return stock(resource_type, physical_id, old, new, stack_name, logical_id, *rest)

    return update


def _cleaning(stock: Callable[..., None]) -> Callable[..., None]:
    def delete(
        resource_type: str, physical_id: str, properties: Any, stack_name: str = "", logical_id: str = ""
    ) -> None:
        stack = _stack(stack_name)
        cleans_up = _begin_cleanup(stack)
        say = ministack("services.cloudformation.stacks")._add_event
        if cleans_up:
            say(stack["StackId"], stack_name, logical_id, resource_type, "DELETE_IN_PROGRESS", physical_id=physical_id)
        stock(resource_type, physical_id, properties, stack_name, logical_id)
        if cleans_up:
            say(stack["StackId"], stack_name, logical_id, resource_type, "DELETE_COMPLETE", physical_id=physical_id)

    return delete


def _begin_cleanup(stack: dict[str, Any]) -> bool:
    """Whether the stack is cleaning up after an update, beginning now if it has not."""
    if stack.get("StackStatus") == "UPDATE_IN_PROGRESS":
        stack["StackStatus"] = _CLEANUP
        name, stack_id = stack["StackName"], stack["StackId"]
        say = ministack("services.cloudformation.stacks")._add_event
        say(stack_id, name, name, _STACK, _CLEANUP, physical_id=stack_id)
    return stack.get("StackStatus") == _CLEANUP


def _nothing() -> None:
    pass


def _stack(stack_name: str) -> dict[str, Any]:
    return ministack("services.cloudformation")._stacks.get(stack_name) or {}

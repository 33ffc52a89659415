"""A stack can be deleted although an earlier update could not clean up.

AWS deletes a stack's resources in the order of their dependencies; what an update could not delete, because something
still used it, does not stand in the way once that is gone
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html, "Resource failed to delete during
update cleanup"). Stock ministack tries such leftovers first, when they are still in use, and fails the deletion.

Seam: `cloudformation.stacks._delete_stack_async`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from local_cloud.cloudformation.seams import replace
from local_cloud.service_role import ministack


def install() -> None:
    replace("stacks", "_delete_stack_async", _trying_leftovers_last)


def _trying_leftovers_last(stock: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def delete(stack_name: str, *rest: Any, **named: Any) -> None:
        await stock(stack_name, *rest, **named)
        stack: dict[str, Any] = ministack("services.cloudformation")._stacks[stack_name]
        remaining = set(stack["_resources"])
        if stack["StackStatus"] == "DELETE_FAILED" and not remaining & set(stack["_template"]["Resources"]):
            await stock(stack_name, *rest, **named)

    return delete

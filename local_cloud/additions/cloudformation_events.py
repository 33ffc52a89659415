"""Events about stacks and their resources on the default bus.

AWS sends `CloudFormation Stack Status Change` and `CloudFormation Resource Status Change` for every event of a stack
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/eb-events-reference.html); stock ministack sends none.

Seam: `cloudformation.stacks._add_event`. Events leave on a thread of their own, in order: their targets may take time,
and the emulator records stack events on the loop that serves every request.
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local_cloud import event_bus
from local_cloud.cloudformation.seams import replace
from local_cloud.service_role import ministack

_STACK = "AWS::CloudFormation::Stack"
_sender: list[ThreadPoolExecutor] = []
_logger = logging.getLogger("cloudformation")


def install() -> None:
    _sender.append(ThreadPoolExecutor(1, thread_name_prefix="cloudformation-events"))
    replace("stacks", "_add_event", _announcing)


def close() -> None:
    while _sender:
        _sender.pop().shutdown(wait=False, cancel_futures=True)


def _announcing(stock: Callable[..., None]) -> Callable[..., None]:
    token = ministack("services.cloudformation.stacks").CLIENT_REQUEST_TOKEN

    def add_event(
        stack_id: str,
        stack_name: str,
        logical_id: str,
        resource_type: str,
        status: str,
        reason: str = "",
        physical_id: str = "",
        detailed_status: str = "",
    ) -> None:
        stock(stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status)
        detail: dict[str, Any] = {
            "stack-id": stack_id,
            "status-details": {"status": status, "status-reason": reason},
            "client-request-token": token.get(),
        }
        is_stack = resource_type == _STACK and logical_id == stack_name
        if not is_stack:
            detail |= {
                "logical-resource-id": logical_id,
                "physical-resource-id": physical_id,
                "resource-type": resource_type,
            }
        subject = "Stack" if is_stack else "Resource"
        _send(f"CloudFormation {subject} Status Change", detail, stack_id)

    return add_event


def _send(detail_type: str, detail: dict[str, Any], stack_id: str) -> None:
    context = contextvars.copy_context()
    for sender in _sender:
        sender.submit(context.run, _publish, detail_type, detail, stack_id)


def _publish(detail_type: str, detail: dict[str, Any], stack_id: str) -> None:
    """Best effort, as on AWS."""
    try:
        event_bus.publish("aws.cloudformation", detail_type, detail, [stack_id])
    except Exception:
        _logger.exception("The event %s of %s could not be delivered", detail_type, stack_id)

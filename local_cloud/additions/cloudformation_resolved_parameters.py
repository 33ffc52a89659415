"""A parameter whose type is an SSM parameter's value keeps the key as its value, and has what it is worth beside it.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Parameter.html (ResolvedValue).

Stock ministack shows what it is worth in the key's place, so an update that gives the key again looks like a change.

Seam: `cloudformation.handlers._ACTION_HANDLERS["DescribeStacks"]`; change sets are described in
`local_cloud.cloudformation.change_set_answer`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from local_cloud.cloudformation.change_set_answer import parameter_elements, with_keys
from local_cloud.service_role import ministack

Answer = tuple[int, dict[str, str], bytes]
_STACK_ID = re.compile(r"(?=<StackId>)")


def install() -> None:
    actions = ministack("services.cloudformation.handlers")._ACTION_HANDLERS
    actions["DescribeStacks"] = _showing_keys(actions["DescribeStacks"])


def _showing_keys(stock: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
    def handle(parameters: Any) -> Answer:
        status, headers, body = stock(parameters)
        told = {f"<StackId>{escape(stack['StackId'])}</StackId>": stack for stack in _stacks().values()}
        parts = [_with_keys(part, told) for part in _STACK_ID.split(body.decode())]
        return status, headers, "".join(parts).encode()

    return handle


def _with_keys(part: str, told: Mapping[str, Mapping[str, Any]]) -> str:
    stack = told.get(part[: part.find("</StackId>") + len("</StackId>")])
    if stack is None:
        return part
    shown = [one for one in stack.get("Parameters", []) if not one.get("NoEcho")]
    for was, one in zip(shown, with_keys(shown, stack.get("_resolved_params") or {}), strict=True):
        part = part.replace(parameter_elements(was), parameter_elements(one))
    return part


def _stacks() -> Mapping[str, Mapping[str, Any]]:
    return ministack("services.cloudformation")._stacks

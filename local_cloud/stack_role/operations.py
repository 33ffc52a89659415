"""Which role a stack operation works with: the one it is given, else the stack's own, else the caller's rights.

Decides that a role stays with its stack, that a change set keeps its role until it is executed, and that a role which
CloudFormation may not assume is refused before anything is done.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html (RoleARN)
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any

from local_cloud.cloudformation.seams import replace
from local_cloud.service_role import is_enforced, ministack
from local_cloud.stack_role.actor import acting, as_caller, as_role, may_be_assumed

Parameters = Mapping[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Action = Callable[[Parameters], Answer]
_ON_STACKS = ("CreateStack", "UpdateStack", "DeleteStack", "RollbackStack", "ContinueUpdateRollback")
_CHANGE_SET_ID = re.compile(rb"<Id>([^<]+)</Id>")
_requested: ContextVar[str] = ContextVar("role that the present operation was given", default="")


def remember_roles() -> None:
    actions: dict[str, Action] = ministack("services.cloudformation.handlers")._ACTION_HANDLERS
    for name in _ON_STACKS:
        actions[name] = _with_role(actions[name], lambda given: given("RoleARN") or _role_of_stack(given("StackName")))
    actions["ExecuteChangeSet"] = _with_role(actions["ExecuteChangeSet"], _role_of_change_set)
    actions["CreateChangeSet"] = _keeping_role(actions["CreateChangeSet"])
    actions["DescribeStacks"] = _showing_roles(actions["DescribeStacks"])
    for name in ("_deploy_stack_async", "_delete_stack_async", "_continue_update_rollback_async"):
        replace("stacks", name, _acting)


def _with_role(stock: Action, find: Callable[[Callable[[str], str]], str]) -> Action:
    def handle(parameters: Parameters) -> Answer:
        role = find(lambda name: _text(parameters, name))
        if role and is_enforced() and not may_be_assumed(role):
            return _refused(role)
        token = _requested.set(role)
        try:
            return stock(parameters)
        finally:
            _requested.reset(token)

    return handle


def _keeping_role(stock: Action) -> Action:
    def handle(parameters: Parameters) -> Answer:
        role = _text(parameters, "RoleARN") or _role_of_stack(_text(parameters, "StackName"))
        if role and is_enforced() and not may_be_assumed(role):
            return _refused(role)
        answer = stock(parameters)
        made = _CHANGE_SET_ID.search(answer[2])
        change_set = ministack("services.cloudformation")._change_sets.get(made[1].decode()) if made else None
        if change_set is not None and role:
            change_set["RoleARN"] = role
        return answer

    return handle


def _showing_roles(stock: Action) -> Action:
    def handle(parameters: Parameters) -> Answer:
        status, headers, body = stock(parameters)
        text = body.decode()
        for stack in ministack("services.cloudformation")._stacks.values():
            if stack.get("RoleARN"):
                told = f"<StackId>{stack['StackId']}</StackId>"
                text = text.replace(told, f"{told}<RoleARN>{stack['RoleARN']}</RoleARN>")
        return status, headers, text.encode()

    return handle


def _acting(stock: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def run(stack_name: str, stack_id: str, *rest: Any, **named: Any) -> None:
        stack: dict[str, Any] = ministack("services.cloudformation")._stacks.get(stack_name) or {}
        role = _requested.get() or str(stack.get("RoleARN") or "")
        if role:
            stack["RoleARN"] = role
        region = stack_id.split(":")[3]
        if is_enforced():
            acting.set(as_role(role, region) if role else as_caller(region))
        await stock(stack_name, stack_id, *rest, **named)

    return run


def _role_of_stack(name: str) -> str:
    stack: dict[str, Any] | None = ministack("services.cloudformation.handlers")._resolve_stack(name) if name else None
    return str((stack or {}).get("RoleARN") or "")


def _role_of_change_set(given: Callable[[str], str]) -> str:
    find = ministack("services.cloudformation.changesets")._find_change_set
    change_set: dict[str, Any] | None = find(given("ChangeSetName"), given("StackName"))[1]
    return str((change_set or {}).get("RoleARN") or "")


def _refused(role: str) -> Answer:
    error = ministack("services.cloudformation.helpers")._error
    return error("ValidationError", f"Role {role} is invalid or cannot be assumed")


def _text(parameters: Parameters, name: str) -> str:
    values: list[str] = parameters.get(name) or [""]
    return str(values[0])

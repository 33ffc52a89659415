"""Change sets: which stacks take one, what it lists, and what it says about each change.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html,
API_ExecuteChangeSet.html and https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-and-create-stack.html
(stack status codes).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from local_cloud.cloudformation import change_contexts, change_set_answer
from local_cloud.cloudformation.values import Parameters, Resolver, Template, symbol
from local_cloud.service_role import ministack

Answer: TypeAlias = tuple[int, dict[str, str], Any]
Request: TypeAlias = Mapping[str, list[str]]
Handler: TypeAlias = Callable[[Request], Answer]
UPDATABLE = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)
_PAGE = 100


def comparable(template: Template, parameters: Parameters, stack_name: str, stack_id: str) -> dict[str, Any]:
    """The resources whose condition holds, with properties that can be compared; stands in for the emulator's own."""
    if not template:
        return {}
    resources: Mapping[str, Any] = template.get("Resources") or {}
    symbols = {name: symbol(name) for name in resources}
    resolver = Resolver(template, parameters, symbols, stack_name, stack_id)
    return {
        "Resources": {
            name: {**definition, "Properties": resolver.properties(definition, otherwise=lambda raw: raw)}
            for name, definition in resolver.present().items()
        }
    }


def creating(stock: Handler) -> Handler:
    def create(request: Request) -> Answer:
        stack = _stack(request)
        kind = _first(request, "ChangeSetType") or "UPDATE"
        refusal = _refusal(stack, kind, _first(request, "StackName"))
        if refusal is not None:
            return refusal
        before = copy.deepcopy(stack) if stack is not None and kind == "UPDATE" else None
        waiting = stack if stack is not None and stack["StackStatus"] == "REVIEW_IN_PROGRESS" else None
        answer = stock(request)
        if waiting is not None and kind == "CREATE":
            answer = _same_stack(answer, waiting)
        if answer[0] == 200:
            _explain(_made(answer), before)
        return answer

    return create


def executing(stock: Handler) -> Handler:
    def execute(request: Request) -> Answer:
        changesets = ministack("services.cloudformation.changesets")
        _, change_set = changesets._find_change_set(_first(request, "ChangeSetName"), _first(request, "StackName"))
        if change_set is not None:
            status = _cloudformation()._stacks[change_set["StackName"]]["StackStatus"]
            open_for = UPDATABLE if change_set.get("ChangeSetType") == "UPDATE" else UPDATABLE | {"REVIEW_IN_PROGRESS"}
            if change_set["ExecutionStatus"] != "AVAILABLE" or status not in open_for:
                return _error(
                    "InvalidChangeSetStatus",
                    f"ChangeSet [{change_set['ChangeSetId']}] cannot be executed in its current status of "
                    f"[{change_set['Status']}] ({change_set['ExecutionStatus']}, the stack is {status})",
                )
        return stock(request)

    return execute


def describe(request: Request) -> Answer:
    changesets = ministack("services.cloudformation.changesets")
    name = _first(request, "ChangeSetName")
    _, change_set = changesets._find_change_set(name, _first(request, "StackName"))
    if change_set is None:
        return _error("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)
    start = int(_first(request, "NextToken") or 0)
    changes = change_set["Changes"][start : start + _PAGE]
    token = str(start + _PAGE) if start + _PAGE < len(change_set["Changes"]) else ""
    values = _first(request, "IncludePropertyValues").lower() == "true"
    inner = change_set_answer.render(change_set, changes, token, values)
    helpers = ministack("services.cloudformation.helpers")
    return helpers._xml(200, "DescribeChangeSetResponse", f"<DescribeChangeSetResult>{inner}</DescribeChangeSetResult>")


def finding(stock: Callable[[str, str], Any]) -> Callable[..., Any]:
    """A stack may be named by its id wherever a change set is looked up."""

    def find(name: str, stack_name: str = "") -> Any:
        stack = ministack("services.cloudformation.handlers")._resolve_stack(stack_name) if stack_name else None
        return stock(name, stack["StackName"] if stack else stack_name)

    return find


def listing(stock: Handler) -> Handler:
    def list_change_sets(request: Request) -> Answer:
        stack = _stack(request)
        return stock({**request, "StackName": [stack["StackName"]]} if stack else request)

    return list_change_sets


def refuse_update(request: Request) -> Answer | None:
    """The refusal of an update of a stack that is busy, or that can only be deleted."""
    return _refusal(_stack(request), "UPDATE", _first(request, "StackName"))


def _refusal(stack: Mapping[str, Any] | None, kind: str, name: str) -> Answer | None:
    status = stack["StackStatus"] if stack is not None else "DELETE_COMPLETE"
    if stack is None or status == "DELETE_COMPLETE":
        return None
    if kind == "CREATE" and status != "REVIEW_IN_PROGRESS":
        return _error("AlreadyExistsException", f"Stack [{name}] already exists")
    if kind == "UPDATE" and status not in UPDATABLE:
        return _error("ValidationError", f"Stack:{stack['StackId']} is in {status} state and can not be updated.")
    return None


def _same_stack(answer: Answer, waiting: dict[str, Any]) -> Answer:
    """A further change set of a stack that has none executed belongs to that stack; the emulator makes a new one."""
    cloudformation = _cloudformation()
    placeholder = cloudformation._stacks.get(waiting["StackName"])
    cloudformation._stacks[waiting["StackName"]] = waiting
    if placeholder is None or answer[0] != 200 or placeholder is waiting:
        return answer
    cloudformation._stack_events.pop(placeholder["StackId"], None)
    _made(answer)["StackId"] = waiting["StackId"]
    body = answer[2] if isinstance(answer[2], str) else answer[2].decode()
    body = body.replace(placeholder["StackId"], waiting["StackId"])
    return answer[0], answer[1], body if isinstance(answer[2], str) else body.encode()


def _made(answer: Answer) -> dict[str, Any]:
    body = answer[2] if isinstance(answer[2], str) else answer[2].decode()
    found = re.search(r"<Id>(.*?)</Id>", body)
    return _cloudformation()._change_sets[found[1] if found else ""]


def _explain(change_set: dict[str, Any], before: Mapping[str, Any] | None) -> None:
    stack = before or _cloudformation()._stacks[change_set["StackName"]]
    template, parameters = change_set["_template"], change_set["_resolved_params"]
    changes = change_set["Changes"]
    with ministack("services.cloudformation.stacks")._stack_region_context(stack, stack["StackId"]):
        old = change_contexts.standing(stack["_template"], stack["_resolved_params"], stack)
        new = change_contexts.planned(template, parameters, stack, changes)
        change_contexts.describe(changes, old, new)


def _stack(request: Request) -> dict[str, Any] | None:
    name = _first(request, "StackName")
    return ministack("services.cloudformation.handlers")._resolve_stack(name) if name else None


def _first(request: Request, name: str) -> str:
    return str((request.get(name) or [""])[0])


def _cloudformation() -> Any:
    return ministack("services.cloudformation")


def _error(code: str, message: str, status: int = 400) -> Answer:
    return ministack("services.cloudformation.helpers")._error(code, message, status)

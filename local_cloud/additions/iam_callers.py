"""A caller is judged on the resources, conditions and passed roles of the request, as AWS does.

AWS: a request is judged on each resource that it names (a rule's ARN has no bus when it is on the default bus; a call
that names an alias of a state machine is judged on the machine; a change set's ARN stands for its stack); a role that
is handed to a service needs `iam:PassRole` on it; `aws:PrincipalArn` of a session is the ARN of its role
(https://docs.aws.amazon.com/service-authorization/latest/reference/,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn).

Stock ministack: verifies signatures and evaluates identity, boundary, session and resource policies, but judges many
calls on `*` or on an ARN of another shape, so a policy that works on AWS is refused here and the other way round; it
never checks `iam:PassRole`; `aws:PrincipalArn` is the session's own ARN.

Seam: `core.iam_actions.extract_resource_arn` and `request_tag_context` (all condition keys pass it),
`core.iam_evaluator.enforce` (every further resource), `core.iam_evaluator._resolve_condition_key`,
`app.SERVICE_HANDLERS` of the services that take roles.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from local_cloud.iam.conditions import conditions, has_keys
from local_cloud.iam.passed_roles import passed_roles, passes_roles
from local_cloud.iam.request import Request, parameters
from local_cloud.iam.resources import has_rule, resources

# The resources of the current request after the first, which ministack judges itself.
_further: ContextVar[tuple[str, ...]] = ContextVar("further_resources", default=())
_WITH_STORED_ARNS = ("cloudformation", "iam")
_ROLE_TAKERS = ("cloudformation", "events", "lambda", "pipes", "scheduler", "states")


def install() -> None:
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
    app: Any = importlib.import_module("ministack.app")
    _judge_on_resources(actions, evaluator)
    _know_conditions(actions, evaluator)
    for service in _ROLE_TAKERS:
        app.SERVICE_HANDLERS[service] = _passing_roles(service, app.SERVICE_HANDLERS[service], app, actions, evaluator)


def _judge_on_resources(actions: Any, evaluator: Any) -> None:
    stock_arn, stock_enforce = actions.extract_resource_arn, evaluator.enforce

    def extract(
        service: str, method: str, path: str, headers: Any, body: bytes, query: Any, region: str, account: str
    ) -> str:
        _further.set(())
        action = actions.extract_iam_action(service, method, path, headers, body, query) or ""
        found: list[str] = []
        # Other bodies may be large (an object's bytes), and nothing of them is needed.
        if has_rule(action) or service in _WITH_STORED_ARNS:
            request = Request(action, parameters(body, query), region, account)
            found = resources(request) or _stored(request)
        if not found:
            return stock_arn(service, method, path, headers, body, query, region, account)
        _further.set(tuple(found[1:]))
        return found[0]

    def enforce(access_key: str, action: str, service: str, region: str, *args: Any, **named: Any) -> Any:
        further = _further.get()
        _further.set(())
        denied = stock_enforce(access_key, action, service, region, *args, **named)
        for resource in further:
            denied = denied or stock_enforce(access_key, action, service, region, **{**named, "resource_arn": resource})
        return denied

    actions.extract_resource_arn = extract
    evaluator.enforce = enforce


def _know_conditions(actions: Any, evaluator: Any) -> None:
    stock_context, stock_key = actions.request_tag_context, evaluator._resolve_condition_key

    def context(service: str, action: str, body: bytes, query: Any) -> dict[str, Any]:
        if not has_keys(action):
            return stock_context(service, action, body, query)
        request = Request(action, parameters(body, query), *_place())
        return {**stock_context(service, action, body, query), **conditions(request)}

    def key(name: str, context: Any) -> Any:
        if name.lower() == "aws:principalarn" and ":assumed-role/" in context.principal_arn:
            return _role_of_session(context.principal_arn)
        return stock_key(name, context)

    actions.request_tag_context = context
    evaluator._resolve_condition_key = key


def _passing_roles(service: str, stock: Any, app: Any, actions: Any, evaluator: Any) -> Any:
    router: Any = importlib.import_module("ministack.core.router")

    async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Any:
        key = router.extract_access_key_id(headers, query)
        if app.AUTH and key:
            routed = app._routing_params(method, path, headers, body, query)
            action = actions.extract_iam_action(service, method, path, headers, body, routed) or ""
            given = parameters(body, routed) if passes_roles(action) else {}
            for role, receiver in passed_roles(Request(action, given, *_place())):
                keys = {"iam:PassedToService": receiver}
                denied = evaluator.enforce(key, "iam:PassRole", "iam", "", resource_arn=role, service_context=keys)
                if denied:
                    who = getattr(denied, "principal_arn", "")
                    return actions.access_denied_response(
                        service, "iam:PassRole", who, "", headers=headers, resource_arn=role
                    )
        return await stock(method, path, headers, body, query)

    return handle


def _stored(request: Request) -> list[str]:
    """ARNs that only the emulator's own tables tell."""
    if request.action.startswith("cloudformation:") and not request.text("StackName"):
        stacks: Any = importlib.import_module("ministack.services.cloudformation")
        change_set: Mapping[str, str] | None = stacks._change_sets.get(request.text("ChangeSetName"))
        return [change_set["StackId"]] if change_set else []
    if request.action.startswith("iam:"):
        iam: Any = importlib.import_module("ministack.services.iam")
        tables = (("RoleName", iam._roles), ("UserName", iam._users))
        return [table[name]["Arn"] for field, table in tables if (name := request.text(field)) and name in table]
    return []


def _role_of_session(session: str) -> str:
    account, name = session.split(":")[4], session.split("/")[1]
    iam: Any = importlib.import_module("ministack.services.iam")
    role: Mapping[str, str] = iam._roles.get_scoped(account, None, name) or {}
    return role.get("Arn") or f"arn:aws:iam::{account}:role/{name}"


def _place() -> tuple[str, str]:
    scope: Any = importlib.import_module("ministack.core.responses")
    return scope.get_region(), scope.get_account_id()

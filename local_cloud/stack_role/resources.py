"""Puts every create, update and delete of a stack's resource before IAM, and the roles it passes before their services.

Seams: `cloudformation.provisioners._provision_resource`, `_update_resource` and `_delete_resource`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from local_cloud.cloudformation.seams import replace
from local_cloud.service_role import ministack, trusts
from local_cloud.stack_role.actor import acting, check
from local_cloud.stack_role.arns import Resource, arns
from local_cloud.stack_role.foreign import Need, custom_resource, needs_elsewhere, passed_roles
from local_cloud.stack_role.rules import CREATE, DELETE, UPDATE, actions

Properties = Mapping[str, Any]
Made = tuple[str, dict[str, Any]]
# What the SDK in which resource handlers speak calls a service.
_NAMES = {
    "lambda": "Lambda",
    "iam": "Iam",
    "sqs": "Sqs",
    "sns": "Sns",
    "dynamodb": "DynamoDb",
    "s3": "S3",
    "events": "EventBridge",
    "states": "Sfn",
    "logs": "CloudWatchLogs",
    "cloudwatch": "CloudWatch",
    "codedeploy": "CodeDeploy",
    "secretsmanager": "SecretsManager",
    "ssm": "Ssm",
    "kms": "Kms",
    "apigateway": "ApiGatewayV2",
}
# Services that try a role when they are given it; the rest find out when they use it.
_TRIED = {"lambda.amazonaws.com": "The role defined for the function cannot be assumed by Lambda."}
_UNTRUSTED = "Neither the global service principal {service}, nor the regional one is authorized to assume the role."
_STATES = "states.amazonaws.com"
_TRIED[_STATES] = _UNTRUSTED.format(service=_STATES)
# The logical id that is being updated, whose fallback to a create is still an update.
_updating: ContextVar[str] = ContextVar("resource that is being updated", default="")


def check_resources() -> None:
    replace("provisioners", "_provision_resource", _creating)
    replace("provisioners", "_update_resource", _changing)
    replace("provisioners", "_delete_resource", _deleting)


def _creating(stock: Callable[..., Made]) -> Callable[..., Made]:
    def create(kind: str, logical_id: str, properties: Properties, stack: str) -> Made:
        if acting.get() is not None and _updating.get() != logical_id:
            _check(_resource(kind, logical_id, stack, properties, None), CREATE, {})
        return stock(kind, logical_id, properties, stack)

    return create


def _changing(stock: Callable[..., Made]) -> Callable[..., Made]:
    def update(
        kind: str, physical_id: str, old: Properties, new: Properties, stack: str, *rest: Any, **named: Any
    ) -> Made:
        if acting.get() is None or old == new or _is_replaced(kind, old, new):
            return stock(kind, physical_id, old, new, stack, *rest, **named)
        name = str(named.get("logical_id") or (rest[0] if rest else None) or physical_id)
        _check(_resource(kind, name, stack, new, physical_id), UPDATE, old)
        token = _updating.set(name)
        try:
            return stock(kind, physical_id, old, new, stack, *rest, **named)
        finally:
            _updating.reset(token)

    return update


def _deleting(stock: Callable[..., None]) -> Callable[..., None]:
    def delete(kind: str, physical_id: str, properties: Properties, *rest: Any, **named: Any) -> None:
        if acting.get() is not None and physical_id:
            _check(_resource(kind, physical_id, "", properties or {}, physical_id), DELETE, {})
        stock(kind, physical_id, properties, *rest, **named)

    return delete


def _is_replaced(kind: str, old: Properties, new: Properties) -> bool:
    return bool(ministack("services.cloudformation.provisioners")._replacing_change(kind, old, new))


def _check(resource: Resource, operation: str, previous: Properties) -> None:
    actor = acting.get()
    if actor is None:
        return
    check(actor, _needs(resource, operation, previous), _NAMES)
    if operation != DELETE:
        _require_trust(resource, previous)


def _needs(resource: Resource, operation: str, previous: Properties) -> Iterator[Need]:
    found = arns(resource)
    keys = _keys(resource)
    for action in actions(resource.kind, operation, resource.properties, previous):
        for arn in found or [None]:
            yield Need(action, arn, keys)
    if operation == DELETE:
        yield from custom_resource(resource)
    else:
        yield from needs_elsewhere(resource, previous)


def _keys(resource: Resource) -> dict[str, Any]:
    """The condition keys that policies for a stack's role usually ask for."""
    keys: dict[str, Any] = {"aws:CalledVia": ["cloudformation.amazonaws.com"]}
    boundary = resource.text("PermissionsBoundary")
    if resource.kind == "AWS::IAM::Role" and boundary:
        keys["iam:PermissionsBoundary"] = boundary
    if resource.kind == "AWS::Lambda::EventSourceMapping" and resource.text("FunctionName"):
        name = resource.text("FunctionName").rsplit("function:", 1)[-1]
        keys["lambda:FunctionArn"] = resource.arn("lambda", f"function:{name}")
    return keys


def _require_trust(resource: Resource, previous: Properties) -> None:
    before = {role for role, _ in passed_roles(_resource_like(resource, previous))}
    for role, service in passed_roles(resource):
        source = next(iter(arns(resource)), "") if service == _STATES else ""
        if service in _TRIED and role not in before and not trusts(role, service, source):
            name = _NAMES[service.split(".")[0]]
            details = f"Service: {name}, Status Code: 400, Request ID: {uuid.uuid4()}"
            raise ValueError(
                f'Resource handler returned message: "{_TRIED[service]} ({details})" '
                f"(RequestToken: {uuid.uuid4()}, HandlerErrorCode: InvalidRequest)"
            )


def _resource_like(resource: Resource, properties: Properties) -> Resource:
    return _resource(resource.kind, resource.logical_id, resource.stack, properties, resource.physical_id)


def _resource(kind: str, logical_id: str, stack: str, properties: Properties, physical_id: str | None) -> Resource:
    responses = ministack("core.responses")
    place = responses.get_region(), responses.get_account_id()
    return Resource(kind, logical_id, stack, properties, physical_id, *place)

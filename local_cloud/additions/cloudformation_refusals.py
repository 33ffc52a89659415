"""Templates, parameters and resources that CloudFormation refuses.

AWS refuses at once a template without resources, with references, conditions or dependencies that lead nowhere or in
circles, parameters that are missing, unknown or not allowed, and the name of a stack whose creation failed; and it
fails a resource with unknown or missing properties, with a name that is taken, or with code that is not in S3
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html). Stock ministack accepts most of
these, and reports success.

Seams: `cloudformation.engine.validate_template_support`, `_resolve_parameters`, `cloudformation.handlers.
_ACTION_HANDLERS`, `cloudformation.provisioners._provision_resource`, `_update_resource` and `_RESOURCE_HANDLERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_cloud.cloudformation import change_sets, lambda_code, names, schemas, template_checks
from local_cloud.cloudformation.resource_type import Created, Properties
from local_cloud.cloudformation.seams import replace
from local_cloud.service_role import ministack


def install() -> None:
    replace("engine", "validate_template_support", template_checks.with_template_checks)
    replace("engine", "_resolve_parameters", template_checks.with_parameter_checks)
    replace("provisioners", "_provision_resource", names.refuse_taken_names)
    replace("provisioners", "_provision_resource", _checked_create)
    replace("provisioners", "_update_resource", _checked_update)
    handlers = ministack("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    for resource_type, member in (("AWS::Lambda::Function", "Code"), ("AWS::Lambda::LayerVersion", "Content")):
        handlers[resource_type]["create"] = lambda_code.with_code(member, handlers[resource_type]["create"])
    actions = ministack("services.cloudformation.handlers")._ACTION_HANDLERS
    actions["CreateStack"] = _refuse_failed_stacks(actions["CreateStack"])
    actions["UpdateStack"] = _refuse_busy_stacks(actions["UpdateStack"])


def _checked_create(stock: Callable[..., Created]) -> Callable[..., Created]:
    def provision(resource_type: str, logical_id: str, properties: Properties, stack_name: str) -> Created:
        schemas.check(logical_id, resource_type, properties)
        return stock(resource_type, logical_id, properties, stack_name)

    return provision


def _checked_update(stock: Callable[..., Created]) -> Callable[..., Created]:
    def update(resource_type: str, physical_id: str, old: Properties, new: Properties, *rest: Any) -> Created:
        schemas.check(rest[1] if len(rest) > 1 and rest[1] else physical_id, resource_type, new)
        return stock(resource_type, physical_id, old, new, *rest)

    return update


def _refuse_failed_stacks(stock: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A stack in ROLLBACK_COMPLETE keeps its name until it is deleted."""

    def create(request: dict[str, list[str]]) -> Any:
        name = str((request.get("StackName") or [""])[0])
        stack = ministack("services.cloudformation")._stacks.get(name)
        if stack is not None and stack["StackStatus"] == "ROLLBACK_COMPLETE":
            helpers = ministack("services.cloudformation.helpers")
            return helpers._error("AlreadyExistsException", f"Stack [{name}] already exists")
        return stock(request)

    return create


def _refuse_busy_stacks(stock: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def update(request: dict[str, list[str]]) -> Any:
        refusal = change_sets.refuse_update(request)
        return refusal if refusal is not None else stock(request)

    return update

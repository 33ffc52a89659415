"""What an alias may point to.

AWS: a version that exists (`ResourceNotFoundException` otherwise); a second version with a weight between 0 and 1, both
published (https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html). Stock ministack stores whatever
it is given. A version that an alias names cannot be deleted, by CloudFormation no more than by DeleteFunction
(https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html); stock CloudFormation removes it.

Seams: `lambda_svc._create_alias`, `lambda_svc._update_alias`, and the create and delete handlers of
`AWS::Lambda::Alias` and `AWS::Lambda::Version` in `cloudformation.provisioners._RESOURCE_HANDLERS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from local_cloud.service_role import ministack

Answer: TypeAlias = tuple[int, dict[str, str], bytes]
_VERSION = re.compile(r"\$LATEST|[0-9]+")


def install() -> None:
    service = ministack("services.lambda_svc")
    stock_create, stock_update = service._create_alias, service._update_alias

    def create_alias(name: str, data: dict[str, Any]) -> Answer:
        return refusal(name, data.get("FunctionVersion", "$LATEST"), data.get("RoutingConfig")) or stock_create(
            name, data
        )

    def update_alias(name: str, alias_name: str, data: dict[str, Any]) -> Answer:
        function: Mapping[str, Any] = service._functions.get(name) or {"aliases": {}}
        alias: Mapping[str, Any] = function["aliases"].get(alias_name) or {"FunctionVersion": "$LATEST"}
        version = data.get("FunctionVersion", alias["FunctionVersion"])
        routing = data.get("RoutingConfig", alias.get("RoutingConfig"))
        return refusal(name, version, routing) or stock_update(name, alias_name, data)

    service._create_alias = create_alias
    service._update_alias = update_alias
    handlers = ministack("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    handlers["AWS::Lambda::Alias"]["create"] = _checked_create(handlers["AWS::Lambda::Alias"]["create"])
    handlers["AWS::Lambda::Version"]["delete"] = _delete_version


def refusal(name: str, version: str, routing: Mapping[str, Any] | None) -> Answer | None:
    """Lambda's answer to an alias of function `name` that cannot be; a function that is missing is another's error."""
    service = ministack("services.lambda_svc")
    function: Mapping[str, Any] | None = service._functions.get(name)
    if function is None:
        return None
    weights: Mapping[str, Any] = (routing or {}).get("AdditionalVersionWeights") or {}
    for named in (str(version), *weights):
        if not _VERSION.fullmatch(named):
            return _error(
                "ValidationException",
                f"1 validation error detected: Value '{named}' at 'functionVersion' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: (\$LATEST|[0-9]+)",
                400,
            )
        if named != "$LATEST" and named not in function["versions"]:
            return _error("ResourceNotFoundException", f"Function not found: {service._func_arn(name)}:{named}", 404)
    problem = _weights_problem(str(version), weights)
    return _error("InvalidParameterValueException", problem, 400) if problem else None


def _weights_problem(version: str, weights: Mapping[str, Any]) -> str | None:
    if weights and "$LATEST" in (version, *weights):
        return "$LATEST is not supported for an alias pointing to more than 1 version"
    if len(weights) > 1 or version in weights:
        return "An alias can split its traffic between two different versions only"
    if not all(isinstance(weight, int | float) and 0.0 <= weight <= 1.0 for weight in weights.values()):
        return "The weight of an additional version must be between 0.0 and 1.0"
    return None


def _checked_create(stock: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, props: Mapping[str, Any], stack_name: str) -> Any:
        provisioners, service = ministack("services.cloudformation.provisioners"), ministack("services.lambda_svc")
        _, name, _, _ = provisioners._lambda_function_for_cfn_ref(props.get("FunctionName", ""))
        if name not in service._functions:
            raise ValueError(f"Function not found: {service._func_arn(name)}")
        routing = provisioners._lambda_alias_routing_config(props)
        _raise(refusal(name, props.get("FunctionVersion", "$LATEST"), routing))
        return stock(logical_id, props, stack_name)

    return create


def _delete_version(physical_id: str, props: Mapping[str, Any]) -> None:
    provisioners, service = ministack("services.cloudformation.provisioners"), ministack("services.lambda_svc")
    _, name, _, _ = provisioners._lambda_function_for_cfn_ref(props.get("FunctionName", ""))
    function: Mapping[str, Any] | None = service._functions.get(name)
    version = physical_id.rsplit(":", 1)[-1]
    if function is not None and version in function["versions"]:
        _raise(service._delete_function(name, {}, version))


def _raise(answer: Answer | None) -> None:
    """CloudFormation's handlers report a failure by raising."""
    if answer is not None and answer[0] >= 400:
        raise ValueError(json.loads(answer[2])["message"])


def _error(code: str, message: str, status: int) -> Answer:
    return ministack("core.responses").error_response_json(code, message, status)

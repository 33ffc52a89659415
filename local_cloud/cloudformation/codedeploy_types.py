"""`AWS::CodeDeploy::Application`, `DeploymentConfig` and `DeploymentGroup`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CodeDeploy.html; the properties are
those of the API in upper camel case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from local_cloud.cloudformation.resource_type import Created, Properties, ResourceType, generated_name
from local_cloud.codedeploy import applications, configurations, groups, tagging
from local_cloud.codedeploy.errors import CodeDeployError
from local_cloud.codedeploy.identifiers import arn

_NUMBERS = frozenset({"canaryPercentage", "canaryInterval", "linearPercentage", "linearInterval"})
_FLAGS = frozenset({"enabled", "ignorePollAlarmFailure"})


def _request(value: Any, name: str = "") -> Any:
    """Properties as the API names them; templates may write numbers and booleans as strings."""
    if isinstance(value, dict):
        members = cast(dict[str, Any], value)
        return {_member(key): _request(member, _member(key)) for key, member in members.items()}
    if isinstance(value, list):
        return [_request(item) for item in cast(list[Any], value)]
    if name in _NUMBERS:
        return int(value)
    return str(value).lower() == "true" if name in _FLAGS else value


def _member(key: str) -> str:
    return key[:1].lower() + key[1:]


def _call(operation: Callable[[dict[str, Any]], dict[str, Any]], request: dict[str, Any], tags: Any = None) -> None:
    """Tags keep their upper-case members."""
    try:
        operation(request | ({"tags": tags} if tags else {}))
    except CodeDeployError as error:
        raise ValueError(
            f"{error.message} (Service: CodeDeploy, Status Code: 400, Error Code: {error.code})"
        ) from error


def _create_application(logical_id: str, props: Properties, stack: str) -> Created:
    name = props.get("ApplicationName") or generated_name(stack, logical_id, 100)
    request = {"applicationName": name, "computePlatform": props.get("ComputePlatform", "Server")}
    _call(applications.create, request, props.get("Tags"))
    return name, {}


def _update_application(name: str, _old: Properties, new: Properties) -> Created:
    tagging.replace(arn(f"application:{name}"), new.get("Tags"))
    return name, {}


def _delete_application(name: str, _props: Properties) -> None:
    _call(applications.delete, {"applicationName": name})


def _create_configuration(logical_id: str, props: Properties, stack: str) -> Created:
    name = props.get("DeploymentConfigName") or generated_name(stack, logical_id, 100)
    _call(configurations.create, _request(dict(props)) | {"deploymentConfigName": name})
    return name, {}


def _delete_configuration(name: str, _props: Properties) -> None:
    _call(configurations.delete, {"deploymentConfigName": name})


def _create_group(logical_id: str, props: Properties, stack: str) -> Created:
    name = props.get("DeploymentGroupName") or generated_name(stack, logical_id, 100)
    _call(groups.create, _untagged(props) | {"deploymentGroupName": name}, props.get("Tags"))
    return name, {}


def _update_group(name: str, _old: Properties, new: Properties) -> Created:
    request = _untagged(new) | {"currentDeploymentGroupName": name}
    for dropped in ("alarmConfiguration", "autoRollbackConfiguration"):
        request.setdefault(dropped, {})
    _call(groups.update, request)
    tagging.replace(arn(f"deploymentgroup:{new['ApplicationName']}/{name}"), new.get("Tags"))
    return name, {}


def _delete_group(name: str, props: Properties) -> None:
    _call(groups.delete, {"applicationName": props["ApplicationName"], "deploymentGroupName": name})


def _untagged(props: Properties) -> dict[str, Any]:
    return _request({key: value for key, value in props.items() if key not in ("Tags", "DeploymentGroupName")})


TYPES = (
    ResourceType(
        "AWS::CodeDeploy::Application",
        create=_create_application,
        update=_update_application,
        delete=_delete_application,
        replacing=("ApplicationName", "ComputePlatform"),
        tags=True,
    ),
    ResourceType(
        "AWS::CodeDeploy::DeploymentConfig",
        create=_create_configuration,
        delete=_delete_configuration,
        replacing=(
            "DeploymentConfigName",
            "ComputePlatform",
            "MinimumHealthyHosts",
            "TrafficRoutingConfig",
            "ZonalConfig",
        ),
    ),
    ResourceType(
        "AWS::CodeDeploy::DeploymentGroup",
        create=_create_group,
        update=_update_group,
        delete=_delete_group,
        replacing=("ApplicationName", "DeploymentGroupName"),
        tags=True,
    ),
)

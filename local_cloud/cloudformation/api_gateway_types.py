"""`AWS::ApiGateway::RestApi` with a body that changes, and `AWS::ApiGatewayV2::Deployment`.

A new body overwrites the API, which stays the same API with the same root resource. A deployment of an HTTP or
WebSocket API is a resource of its own.
Source: https://docs.aws.amazon.com/apigateway/latest/api/API_PutRestApi.html (overwrite) and
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-deployment.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from local_cloud.cloudformation.resource_type import Created, Properties, ResourceType, answer
from local_cloud.service_role import ministack


def overwriting(stock: Callable[..., Created]) -> Callable[..., Created]:
    """The update handler of RestApi."""

    def update(physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        body: Any = new.get("Body")
        if isinstance(body, dict) and body != old.get("Body"):
            _overwrite(physical_id, cast(dict[str, Any], body))
            old = {**old, "Body": body}
        return stock(physical_id, old, new, stack_name, logical_id)

    return update


def _overwrite(api_id: str, body: Mapping[str, Any]) -> None:
    service = ministack("services.apigateway_v1")
    resources: dict[str, dict[str, Any]] = service._resources[api_id]
    for resource_id in [key for key, one in resources.items() if one["path"] != "/"]:
        del resources[resource_id]
    for root in resources.values():
        root["resourceMethods"] = {}
    service._authorizers_v1[api_id] = {}
    schemes = service._import_security_schemes(api_id, body)
    paths: Mapping[str, Any] = body.get("paths") or {}
    for path, item in paths.items():
        service._import_path_item(api_id, path, item, schemes, body.get("security"))


def _deploy(_logical_id: str, props: Properties, _stack: str) -> Created:
    data = {"description": props.get("Description", "")}
    made = answer(ministack("services.apigateway")._create_deployment(props["ApiId"], data))
    return made["deploymentId"], {"DeploymentId": made["deploymentId"]}


def _withdraw(deployment_id: str, props: Properties) -> None:
    service = ministack("services.apigateway")
    if props["ApiId"] in service._apis:
        service._delete_deployment(props["ApiId"], deployment_id)


TYPES = (
    ResourceType(
        "AWS::ApiGatewayV2::Deployment",
        create=_deploy,
        update=lambda deployment_id, _, __: (deployment_id, {"DeploymentId": deployment_id}),
        delete=_withdraw,
        replacing=("ApiId",),
    ),
)

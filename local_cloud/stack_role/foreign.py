"""What a resource needs of other services: roles that it passes on, code that it reads, functions that it calls.

Decides which property passes a role to which service, and that Lambda reads code from S3 in the caller's name.
Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html and
https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from local_cloud.stack_role.arns import Resource, function_arn

_ROLES = {
    "AWS::Lambda::Function": ("Role", "lambda.amazonaws.com"),
    "AWS::StepFunctions::StateMachine": ("RoleArn", "states.amazonaws.com"),
    "AWS::CodeDeploy::DeploymentGroup": ("ServiceRoleArn", "codedeploy.amazonaws.com"),
    "AWS::Logs::SubscriptionFilter": ("RoleArn", "logs.amazonaws.com"),
    "AWS::Pipes::Pipe": ("RoleArn", "pipes.amazonaws.com"),
}
_CODE = {"AWS::Lambda::Function": "Code", "AWS::Lambda::LayerVersion": "Content"}


@dataclass(frozen=True, slots=True)
class Need:
    """An action on one ARN; without an ARN it must be allowed on some resource."""

    action: str
    arn: str | None
    keys: Mapping[str, Any] = field(default_factory=dict[str, Any])


def passed_roles(resource: Resource) -> Iterator[tuple[str, str]]:
    """Role ARNs and the services that they are passed to."""
    named, service = _ROLES.get(resource.kind, ("", ""))
    if named and resource.text(named):
        yield resource.text(named), service
    if resource.kind == "AWS::Events::Rule":
        for target in _objects(resource.properties.get("Targets")):
            if target.get("RoleArn"):
                yield str(target["RoleArn"]), "events.amazonaws.com"


def needs_elsewhere(resource: Resource, previous: Mapping[str, Any]) -> Iterator[Need]:
    """For creating a resource, or for updating one that had the `previous` properties."""
    before = {role for role, _ in passed_roles(_with(resource, previous))}
    for role, service in passed_roles(resource):
        if role not in before:
            yield Need("iam:PassRole", role, {"iam:PassedToService": service})
    yield from _code(resource, previous)
    if resource.kind == "AWS::Lambda::Function" and resource.properties.get("Layers") != previous.get("Layers"):
        for layer in resource.texts("Layers"):
            yield Need("lambda:GetLayerVersion", layer)
    if resource.kind == "AWS::CloudFormation::CustomResource" or resource.kind.startswith("Custom::"):
        yield from custom_resource(resource)


def custom_resource(resource: Resource) -> Iterator[Need]:
    token = resource.text("ServiceToken")
    if ":lambda:" in token:
        yield Need("lambda:InvokeFunction", token if token.count(":") > 6 else function_arn(resource, token))
    elif ":sns:" in token:
        yield Need("sns:Publish", token)


def _code(resource: Resource, previous: Mapping[str, Any]) -> Iterator[Need]:
    named = _CODE.get(resource.kind)
    if named is None or resource.properties.get(named) == previous.get(named):
        return
    code = cast(Mapping[str, Any], resource.properties.get(named) or {})
    if code.get("S3Bucket"):
        action = "s3:GetObjectVersion" if code.get("S3ObjectVersion") else "s3:GetObject"
        yield Need(action, f"arn:aws:s3:::{code['S3Bucket']}/{code.get('S3Key', '')}")


def _with(resource: Resource, properties: Mapping[str, Any]) -> Resource:
    return Resource(
        resource.kind,
        resource.logical_id,
        resource.stack,
        properties,
        resource.physical_id,
        resource.region,
        resource.account,
    )


def _objects(value: Any) -> list[Mapping[str, Any]]:
    items = cast(list[Any], value) if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]

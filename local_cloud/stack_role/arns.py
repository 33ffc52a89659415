"""The ARN that a resource of a stack has, or will have when it is made.

Decides it from the type, the properties and the physical id, for the types that policies usually narrow down; a
generated name is computed as the emulator will. A type that is not here has no ARN that is known in advance, and its
actions are judged by whether they are allowed on any resource at all.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/, one page per service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from local_cloud.service_role import ministack

Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a stack; `physical_id` is None before it is made."""

    kind: str
    logical_id: str
    stack: str
    properties: Properties
    physical_id: str | None
    region: str
    account: str

    def text(self, name: str) -> str:
        value = self.properties.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        value = self.properties.get(name)
        return [str(item) for item in cast(list[Any], value)] if isinstance(value, list) else []

    def arn(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    def name(self, named_by: str, longest: int, *, lowercase: bool = False) -> str:
        """The given name, the last part of what there is, or the name that will be generated."""
        if self.physical_id:
            return self.physical_id.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        if self.text(named_by):
            return self.text(named_by)
        generate = ministack("services.cloudformation.provisioners")._physical_name
        return str(generate(self.stack, self.logical_id, lowercase=lowercase, max_len=longest))


Shape = Callable[[Resource], list[str]]


def arns(resource: Resource) -> list[str]:
    """All that an action on the resource is judged on; empty when the type is not known here."""
    shape = _SHAPES.get(resource.kind)
    return shape(resource) if shape else []


def _named(service: str, prefix: str, named_by: str, longest: int = 255) -> Shape:
    return lambda resource: [resource.arn(service, prefix + resource.name(named_by, longest))]


def _function(resource: Resource) -> list[str]:
    return [function_arn(resource, resource.text("FunctionName") or resource.text("TargetFunctionArn"))]


def function_arn(resource: Resource, reference: str) -> str:
    """A function's own ARN, by whatever names it: name, name and qualifier, partial or whole ARN."""
    name = reference.rsplit("function:", 1)[-1].split(":")[0]
    return resource.arn("lambda", f"function:{name}")


def _own_function(resource: Resource) -> list[str]:
    return [resource.arn("lambda", f"function:{resource.name('FunctionName', 64)}")]


def _global(service: str, kind: str, named_by: str, longest: int = 64) -> Shape:
    def shape(resource: Resource) -> list[str]:
        path = resource.text("Path") or "/"
        return [f"arn:aws:{service}::{resource.account}:{kind}{path}{resource.name(named_by, longest)}"]

    return shape


def _policy_holders(resource: Resource) -> list[str]:
    kinds = (("Roles", "role"), ("Users", "user"), ("Groups", "group"))
    found = [
        f"arn:aws:iam::{resource.account}:{kind}/{name}" for field, kind in kinds for name in resource.texts(field)
    ]
    roles = ministack("services.iam")._roles
    return [roles[arn.rsplit("/", 1)[-1]]["Arn"] if arn.rsplit("/", 1)[-1] in roles else arn for arn in found]


def _bucket(resource: Resource) -> list[str]:
    name = resource.text("Bucket") or resource.name("BucketName", 63, lowercase=True)
    return [f"arn:aws:s3:::{name}"]


def _rule(resource: Resource) -> list[str]:
    bus = resource.text("EventBusName").rsplit("/", 1)[-1]
    on = "" if bus in ("", "default") else f"{bus}/"
    return [resource.arn("events", f"rule/{on}{resource.name('Name', 64).rsplit('|', 1)[-1]}")]


def _machine(resource: Resource) -> list[str]:
    return [resource.arn("states", f"stateMachine:{resource.name('StateMachineName', 80)}")]


def _published_machine(resource: Resource) -> list[str]:
    routes: Any = resource.properties.get("RoutingConfiguration") or [{}]
    preference: Any = resource.properties.get("DeploymentPreference") or {}
    candidates = (
        resource.text("StateMachineArn"),
        str(routes[0].get("StateMachineVersionArn", "")),
        str(preference.get("StateMachineVersionArn", "")),
    )
    return [":".join(arn.split(":")[:7]) for arn in candidates if arn][:1]


def _queues(resource: Resource) -> list[str]:
    return [resource.arn("sqs", url.rstrip("/").rsplit("/", 1)[-1]) for url in resource.texts("Queues")]


def _secret(resource: Resource) -> list[str]:
    if resource.physical_id:
        return [resource.physical_id]
    return [resource.arn("secretsmanager", f"secret:{resource.name('Name', 512)}-AbCdEf")]


def _group(resource: Resource) -> list[str]:
    name = (resource.physical_id or resource.text("DeploymentGroupName") or resource.logical_id).rsplit("/", 1)[-1]
    return [resource.arn("codedeploy", f"deploymentgroup:{resource.text('ApplicationName')}/{name}")]


def _log_group(resource: Resource) -> list[str]:
    name = resource.physical_id or resource.text("LogGroupName") or resource.name("LogGroupName", 512)
    return [resource.arn("logs", f"log-group:{name}")]


def _parameter(resource: Resource) -> list[str]:
    name = resource.physical_id or resource.text("Name") or resource.name("Name", 512)
    return [resource.arn("ssm", f"parameter/{name.lstrip('/')}")]


def _alarm(resource: Resource) -> list[str]:
    return [resource.arn("cloudwatch", f"alarm:{resource.name('AlarmName', 255)}")]


_SHAPES: dict[str, Shape] = {
    "AWS::Lambda::Function": _own_function,
    "AWS::Lambda::Version": _function,
    "AWS::Lambda::Alias": _function,
    "AWS::Lambda::Permission": _function,
    "AWS::Lambda::Url": _function,
    "AWS::Lambda::EventInvokeConfig": _function,
    "AWS::Lambda::EventSourceMapping": lambda resource: [
        resource.arn("lambda", f"event-source-mapping:{resource.physical_id or '00000000-0000-4000-8000-000000000000'}")
    ],
    "AWS::IAM::Role": _global("iam", "role", "RoleName"),
    "AWS::IAM::ManagedPolicy": _global("iam", "policy", "ManagedPolicyName", 128),
    "AWS::IAM::Policy": _policy_holders,
    "AWS::SQS::Queue": _named("sqs", "", "QueueName", 80),
    "AWS::SQS::QueuePolicy": _queues,
    "AWS::SNS::Topic": _named("sns", "", "TopicName"),
    "AWS::SNS::TopicPolicy": lambda resource: resource.texts("Topics"),
    "AWS::SNS::Subscription": lambda resource: [resource.text("TopicArn")],
    "AWS::DynamoDB::Table": _named("dynamodb", "table/", "TableName"),
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket,
    "AWS::Events::Rule": _rule,
    "AWS::Events::EventBus": _named("events", "event-bus/", "Name"),
    "AWS::StepFunctions::StateMachine": _machine,
    "AWS::StepFunctions::StateMachineVersion": _published_machine,
    "AWS::StepFunctions::StateMachineAlias": _published_machine,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::CompositeAlarm": _alarm,
    "AWS::CloudWatch::Dashboard": _global("cloudwatch", "dashboard", "DashboardName", 255),
    "AWS::CodeDeploy::Application": _named("codedeploy", "application:", "ApplicationName", 100),
    "AWS::CodeDeploy::DeploymentConfig": _named("codedeploy", "deploymentconfig:", "DeploymentConfigName", 100),
    "AWS::CodeDeploy::DeploymentGroup": _group,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::SSM::Parameter": _parameter,
}

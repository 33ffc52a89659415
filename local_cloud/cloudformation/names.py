"""A resource with a name of its own cannot be created where that name is taken.

So a named resource that moves to another logical id, or to another stack, fails the operation; the emulator would
overwrite the old one and then delete it.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html and
https://repost.aws/knowledge-center/cloudformation-custom-name-already-exists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from local_cloud.cloudformation.resource_type import Created, Properties
from local_cloud.service_role import ministack

Provision: TypeAlias = Callable[[str, str, Properties, str], Created]
Exists: TypeAlias = Callable[[str], bool]


def _kept_in(service: str, store: str) -> Exists:
    return lambda name: name in getattr(ministack(f"services.{service}"), store)


def _kept_by_arn(service: str, store: str, arn: str) -> Exists:
    def exists(name: str) -> bool:
        scope = ministack("core.responses")
        own = arn.format(region=scope.get_region(), account=scope.get_account_id(), name=name)
        return own in getattr(ministack(f"services.{service}"), store)

    return exists


def _is_queue(name: str) -> bool:
    records: list[Mapping[str, Any]] = ministack("services.sqs")._queues.values()
    return any(record.get("name") == name for record in records)


def _is_parameter(name: str) -> bool:
    return ministack("services.ssm")._lookup_parameter(name)[1] is not None


NAMED: dict[str, tuple[str, Exists]] = {
    "AWS::CloudWatch::Alarm": ("AlarmName", _kept_in("cloudwatch", "_alarms")),
    "AWS::DynamoDB::Table": ("TableName", _kept_in("dynamodb", "_tables")),
    "AWS::Events::EventBus": ("Name", _kept_in("eventbridge", "_event_buses")),
    "AWS::IAM::Group": ("GroupName", _kept_in("iam", "_groups")),
    "AWS::IAM::InstanceProfile": ("InstanceProfileName", _kept_in("iam", "_instance_profiles")),
    "AWS::IAM::ManagedPolicy": (
        "ManagedPolicyName",
        _kept_by_arn("iam", "_policies", "arn:aws:iam::{account}:policy/{name}"),
    ),
    "AWS::IAM::Role": ("RoleName", _kept_in("iam", "_roles")),
    "AWS::IAM::User": ("UserName", _kept_in("iam", "_users")),
    "AWS::Lambda::Function": ("FunctionName", _kept_in("lambda_svc", "_functions")),
    "AWS::Logs::LogGroup": ("LogGroupName", _kept_in("cloudwatch_logs", "_log_groups")),
    "AWS::S3::Bucket": ("BucketName", _kept_in("s3", "_buckets")),
    "AWS::SNS::Topic": ("TopicName", _kept_by_arn("sns", "_topics", "arn:aws:sns:{region}:{account}:{name}")),
    "AWS::SQS::Queue": ("QueueName", _is_queue),
    "AWS::SSM::Parameter": ("Name", _is_parameter),
    "AWS::SecretsManager::Secret": ("Name", _kept_in("secretsmanager", "_secrets")),
    "AWS::StepFunctions::StateMachine": (
        "StateMachineName",
        _kept_by_arn("stepfunctions", "_state_machines", "arn:aws:states:{region}:{account}:stateMachine:{name}"),
    ),
}


def refuse_taken_names(stock: Provision) -> Provision:
    """`_provision_resource`, which also serves updates of types that have no update of their own."""

    def provision(resource_type: str, logical_id: str, properties: Properties, stack_name: str) -> Created:
        named = NAMED.get(resource_type)
        name = properties.get(named[0]) if named else None
        if named and isinstance(name, str) and name:
            owner = _owner(resource_type, named[0], name)
            if owner is None and named[1](name):
                raise ValueError(f"Resource of type '{resource_type}' with identifier '{name}' already exists.")
            if owner is not None and owner != (stack_name, logical_id):
                stack_id = ministack("services.cloudformation")._stacks[owner[0]]["StackId"]
                raise ValueError(f"{name} already exists in stack {stack_id}")
        return stock(resource_type, logical_id, properties, stack_name)

    return provision


def _owner(resource_type: str, member: str, name: str) -> tuple[str, str] | None:
    """The stack and the logical id that hold the name."""
    stacks: list[Mapping[str, Any]] = ministack("services.cloudformation")._stacks.values()
    for stack in stacks:
        if stack["StackStatus"] == "DELETE_COMPLETE":
            continue
        for logical_id, record in stack["_resources"].items():
            if record["ResourceType"] == resource_type and record["Properties"].get(member) == name:
                return stack["StackName"], logical_id
    return None

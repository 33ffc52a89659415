"""Which actions a resource handler needs, type by type.

The types of serverless applications are spelled out, with the properties that make an action necessary. Every other
type that the emulator knows needs the one action that its handler cannot do without: `handler_actions.json`, which a
test derives from the permissions that the resource provider schemas list; it holds these rules to the same lists.
Source: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html (handlers)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

CREATE, UPDATE, DELETE = "create", "update", "delete"
Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """`action` is needed by `operation`: always, or when one of `properties` is given (in an update: has changed)."""

    operation: str
    action: str
    properties: tuple[str, ...] = ()

    def applies(self, operation: str, properties: Properties, previous: Properties) -> bool:
        if operation != self.operation:
            return False
        if not self.properties:
            return True
        if operation == UPDATE:
            return any(_given_value(properties, name) != _given_value(previous, name) for name in self.properties)
        return any(_given_value(properties, name) is not None for name in self.properties)


def _given_value(properties: Properties, name: str) -> Any:
    """A property as the template gives it: CloudFormation's own tags are set if they can be, and let be if not."""
    value = properties.get(name)
    if name != "Tags" or not isinstance(value, list):
        return value
    return [tag for tag in cast(list[Properties], value) if not str(tag.get("Key", "")).startswith("aws:")] or None


def actions(kind: str, operation: str, properties: Properties, previous: Properties) -> Iterator[str]:
    """The actions of the resource's own service; `previous` are the properties before an update."""
    rules = RULES.get(kind)
    if rules is None:
        yield from _derived().get(kind, {}).get(operation, ())
        return
    needed = [rule.action for rule in rules if rule.applies(operation, properties, previous)]
    yield from dict.fromkeys(needed)


@cache
def _derived() -> dict[str, dict[str, list[str]]]:
    return json.loads((Path(__file__).parent / "handler_actions.json").read_text())["types"]


def _simple(service: str, create: str, update: str | None, delete: str) -> tuple[Rule, ...]:
    rules = (Rule(CREATE, f"{service}:{create}"), Rule(DELETE, f"{service}:{delete}"))
    return (*rules, Rule(UPDATE, f"{service}:{update}")) if update else rules


def _tags(service: str, tag: str = "TagResource") -> tuple[Rule, ...]:
    return (Rule(CREATE, f"{service}:{tag}", ("Tags",)), Rule(UPDATE, f"{service}:{tag}", ("Tags",)))


def _given(action: str, *properties: str) -> tuple[Rule, ...]:
    """Needed to create with one of these properties and to change it."""
    return (Rule(CREATE, action, properties), Rule(UPDATE, action, properties))


_CONFIGURATION = (
    *("Role", "Handler", "Runtime", "Environment", "MemorySize", "Timeout", "Description", "Layers", "VpcConfig"),
    *("DeadLetterConfig", "KmsKeyArn", "TracingConfig", "FileSystemConfigs", "EphemeralStorage", "LoggingConfig"),
    "SnapStart",
)

RULES: dict[str, tuple[Rule, ...]] = {
    "AWS::Lambda::Function": (
        Rule(CREATE, "lambda:CreateFunction"),
        Rule(DELETE, "lambda:DeleteFunction"),
        Rule(UPDATE, "lambda:UpdateFunctionCode", ("Code",)),
        Rule(UPDATE, "lambda:UpdateFunctionConfiguration", _CONFIGURATION),
        *_given("lambda:PutFunctionConcurrency", "ReservedConcurrentExecutions"),
        *_tags("lambda"),
    ),
    "AWS::Lambda::Version": _simple("lambda", "PublishVersion", None, "DeleteFunction"),
    "AWS::Lambda::Alias": _simple("lambda", "CreateAlias", "UpdateAlias", "DeleteAlias"),
    "AWS::Lambda::Permission": _simple("lambda", "AddPermission", None, "RemovePermission"),
    "AWS::Lambda::Url": _simple(
        "lambda", "CreateFunctionUrlConfig", "UpdateFunctionUrlConfig", "DeleteFunctionUrlConfig"
    ),
    "AWS::Lambda::EventInvokeConfig": _simple(
        "lambda", "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig", "DeleteFunctionEventInvokeConfig"
    ),
    "AWS::Lambda::LayerVersion": _simple("lambda", "PublishLayerVersion", None, "DeleteLayerVersion"),
    "AWS::Lambda::EventSourceMapping": _simple(
        "lambda", "CreateEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping"
    ),
    "AWS::IAM::Role": (
        Rule(CREATE, "iam:CreateRole"),
        Rule(DELETE, "iam:DeleteRole"),
        Rule(UPDATE, "iam:UpdateRole", ("Description", "MaxSessionDuration")),
        Rule(UPDATE, "iam:UpdateAssumeRolePolicy", ("AssumeRolePolicyDocument",)),
        *_given("iam:PutRolePolicy", "Policies"),
        *_given("iam:AttachRolePolicy", "ManagedPolicyArns"),
        Rule(DELETE, "iam:DeleteRolePolicy", ("Policies",)),
        Rule(DELETE, "iam:DetachRolePolicy", ("ManagedPolicyArns",)),
        Rule(UPDATE, "iam:PutRolePermissionsBoundary", ("PermissionsBoundary",)),
        *_tags("iam", "TagRole"),
    ),
    "AWS::IAM::Policy": (
        *_given("iam:PutRolePolicy", "Roles"),
        *_given("iam:PutUserPolicy", "Users"),
        *_given("iam:PutGroupPolicy", "Groups"),
        Rule(UPDATE, "iam:PutRolePolicy", ("PolicyDocument",)),
        Rule(DELETE, "iam:DeleteRolePolicy", ("Roles",)),
        Rule(DELETE, "iam:DeleteUserPolicy", ("Users",)),
        Rule(DELETE, "iam:DeleteGroupPolicy", ("Groups",)),
    ),
    "AWS::IAM::ManagedPolicy": (
        *_simple("iam", "CreatePolicy", None, "DeletePolicy"),
        Rule(UPDATE, "iam:CreatePolicyVersion", ("PolicyDocument",)),
    ),
    "AWS::SQS::Queue": (*_simple("sqs", "CreateQueue", "SetQueueAttributes", "DeleteQueue"), *_tags("sqs", "TagQueue")),
    "AWS::SQS::QueuePolicy": _simple("sqs", "SetQueueAttributes", "SetQueueAttributes", "SetQueueAttributes"),
    "AWS::SNS::Topic": (*_simple("sns", "CreateTopic", "SetTopicAttributes", "DeleteTopic"), *_tags("sns")),
    "AWS::SNS::TopicPolicy": _simple("sns", "SetTopicAttributes", "SetTopicAttributes", "SetTopicAttributes"),
    "AWS::SNS::Subscription": _simple("sns", "Subscribe", "SetSubscriptionAttributes", "Unsubscribe"),
    "AWS::DynamoDB::Table": (
        *_simple("dynamodb", "CreateTable", "UpdateTable", "DeleteTable"),
        *_given("dynamodb:UpdateContinuousBackups", "PointInTimeRecoverySpecification"),
        *_given("dynamodb:UpdateTimeToLive", "TimeToLiveSpecification"),
        *_tags("dynamodb"),
    ),
    "AWS::S3::Bucket": (
        Rule(CREATE, "s3:CreateBucket"),
        Rule(DELETE, "s3:DeleteBucket"),
        *_given("s3:PutBucketVersioning", "VersioningConfiguration"),
        *_given("s3:PutEncryptionConfiguration", "BucketEncryption"),
        *_given("s3:PutBucketPublicAccessBlock", "PublicAccessBlockConfiguration"),
        *_given("s3:PutBucketNotification", "NotificationConfiguration"),
        *_given("s3:PutLifecycleConfiguration", "LifecycleConfiguration"),
        *_given("s3:PutBucketOwnershipControls", "OwnershipControls"),
        *_given("s3:PutBucketCORS", "CorsConfiguration"),
        *_given("s3:PutBucketLogging", "LoggingConfiguration"),
        *_given("s3:PutBucketWebsite", "WebsiteConfiguration"),
        *_tags("s3", "PutBucketTagging"),
    ),
    "AWS::S3::BucketPolicy": _simple("s3", "PutBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"),
    "AWS::Events::Rule": (
        *_simple("events", "PutRule", "PutRule", "DeleteRule"),
        *_given("events:PutTargets", "Targets"),
        Rule(DELETE, "events:RemoveTargets", ("Targets",)),
        *_tags("events"),
    ),
    "AWS::Events::EventBus": (*_simple("events", "CreateEventBus", None, "DeleteEventBus"), *_tags("events")),
    "AWS::StepFunctions::StateMachine": (
        *_simple("states", "CreateStateMachine", "UpdateStateMachine", "DeleteStateMachine"),
        *_tags("states"),
    ),
    "AWS::StepFunctions::StateMachineVersion": _simple(
        "states", "PublishStateMachineVersion", None, "DeleteStateMachineVersion"
    ),
    "AWS::StepFunctions::StateMachineAlias": _simple(
        "states", "CreateStateMachineAlias", "UpdateStateMachineAlias", "DeleteStateMachineAlias"
    ),
    "AWS::Logs::LogGroup": (
        Rule(CREATE, "logs:CreateLogGroup"),
        Rule(DELETE, "logs:DeleteLogGroup"),
        *_given("logs:PutRetentionPolicy", "RetentionInDays"),
        *_tags("logs"),
    ),
    "AWS::CloudWatch::Alarm": (
        *_simple("cloudwatch", "PutMetricAlarm", "PutMetricAlarm", "DeleteAlarms"),
        *_tags("cloudwatch"),
    ),
    "AWS::CloudWatch::CompositeAlarm": _simple("cloudwatch", "PutCompositeAlarm", "PutCompositeAlarm", "DeleteAlarms"),
    "AWS::CloudWatch::Dashboard": _simple("cloudwatch", "PutDashboard", "PutDashboard", "DeleteDashboards"),
    "AWS::CodeDeploy::Application": (
        *_simple("codedeploy", "CreateApplication", None, "DeleteApplication"),
        *_tags("codedeploy"),
    ),
    "AWS::CodeDeploy::DeploymentConfig": _simple(
        "codedeploy", "CreateDeploymentConfig", None, "DeleteDeploymentConfig"
    ),
    "AWS::CodeDeploy::DeploymentGroup": (
        *_simple("codedeploy", "CreateDeploymentGroup", "UpdateDeploymentGroup", "DeleteDeploymentGroup"),
    ),
    "AWS::SecretsManager::Secret": (
        *_simple("secretsmanager", "CreateSecret", "UpdateSecret", "DeleteSecret"),
        *_given("secretsmanager:GetRandomPassword", "GenerateSecretString"),
        *_tags("secretsmanager"),
    ),
    "AWS::SSM::Parameter": (
        *_simple("ssm", "PutParameter", "PutParameter", "DeleteParameter"),
        *_tags("ssm", "AddTagsToResource"),
    ),
    "AWS::KMS::Key": (
        Rule(CREATE, "kms:CreateKey"),
        Rule(DELETE, "kms:ScheduleKeyDeletion"),
        Rule(CREATE, "kms:EnableKeyRotation", ("EnableKeyRotation",)),
        *_tags("kms"),
    ),
    "AWS::KMS::Alias": _simple("kms", "CreateAlias", "UpdateAlias", "DeleteAlias"),
}

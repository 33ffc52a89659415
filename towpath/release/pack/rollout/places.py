"""What to do with a reference to a function, by where it stands: move it to the alias, keep it, or ask.

A place that calls the function is moved, or the traffic shift would shift nothing. A place that only speaks of the
function (its metrics, its logs, its versions) is kept. Any other place is a question that packing does not answer by
itself. `*` stands for one step of a path, `**` for any number.
"""

from collections.abc import Mapping, Sequence
from enum import Enum

from towpath.template.position import PathPart


class Treatment(Enum):
    """What happens to a reference."""

    MOVE = "move"
    KEEP = "keep"
    ALLOW = "allow"
    """An IAM policy: the alias is allowed beside the function."""
    ASK = "ask"


_MOVED: Mapping[str, tuple[str, ...]] = {
    "AWS::ApiGateway::Authorizer": ("AuthorizerUri",),
    "AWS::ApiGateway::Method": ("Integration.Uri",),
    "AWS::ApiGateway::RestApi": ("Body.**",),
    "AWS::ApiGatewayV2::Api": ("Body.**", "Target"),
    "AWS::ApiGatewayV2::Authorizer": ("AuthorizerUri",),
    "AWS::ApiGatewayV2::Integration": ("IntegrationUri",),
    "AWS::AppSync::DataSource": ("LambdaConfig.LambdaFunctionArn",),
    "AWS::Bedrock::Agent": ("ActionGroups.*.ActionGroupExecutor.Lambda",),
    "AWS::CloudWatch::Alarm": ("AlarmActions.*", "OKActions.*", "InsufficientDataActions.*"),
    "AWS::Cognito::UserPool": ("LambdaConfig.**",),
    "AWS::Config::ConfigRule": ("Source.SourceIdentifier",),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("Targets.*.Id",),
    "AWS::Events::Rule": ("Targets.*.Arn",),
    "AWS::IoT::TopicRule": ("TopicRulePayload.Actions.*.Lambda.FunctionArn", "TopicRulePayload.ErrorAction.Lambda.*"),
    "AWS::KinesisFirehose::DeliveryStream": ("*.ProcessingConfiguration.**",),
    "AWS::Lambda::EventSourceMapping": ("FunctionName",),
    "AWS::Lambda::Permission": ("FunctionName",),
    "AWS::Logs::SubscriptionFilter": ("DestinationArn",),
    "AWS::Pipes::Pipe": ("Target", "Enrichment"),
    "AWS::S3::Bucket": ("NotificationConfiguration.LambdaConfigurations.*.Function",),
    "AWS::SES::ReceiptRule": ("Rule.Actions.*.LambdaAction.FunctionArn",),
    "AWS::SNS::Subscription": ("Endpoint",),
    "AWS::SNS::Topic": ("Subscription.*.Endpoint",),
    "AWS::Scheduler::Schedule": ("Target.Arn",),
    "AWS::SecretsManager::RotationSchedule": ("RotationLambdaARN",),
    "AWS::StepFunctions::StateMachine": ("Definition.**", "DefinitionString.**", "DefinitionSubstitutions.*"),
    "Custom::S3BucketNotifications": ("NotificationConfiguration.**",),
}
_KEPT: Mapping[str, tuple[str, ...]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": ("ResourceId",),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ("**",),
    "AWS::CloudWatch::Alarm": ("Dimensions.**", "Metrics.**", "AlarmName", "AlarmDescription"),
    "AWS::CloudWatch::AnomalyDetector": ("**",),
    "AWS::CloudWatch::Dashboard": ("**",),
    "AWS::CodeDeploy::DeploymentGroup": ("**",),
    "AWS::Lambda::Alias": ("FunctionName",),
    "AWS::Lambda::EventInvokeConfig": ("FunctionName",),
    "AWS::Lambda::Url": ("TargetFunctionArn",),
    "AWS::Lambda::Version": ("FunctionName",),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::Logs::MetricFilter": ("LogGroupName",),
    "AWS::Logs::QueryDefinition": ("LogGroupNames.*",),
    "AWS::Logs::SubscriptionFilter": ("LogGroupName",),
    "Custom::LogRetention": ("LogGroupName",),
}
_KEPT_EVERYWHERE = ("Tags.**", "Description", "ServiceToken")
_POLICIES: Mapping[str, tuple[str, ...]] = {
    "AWS::IAM::Group": ("Policies.*.PolicyDocument.Statement.**",),
    "AWS::IAM::ManagedPolicy": ("PolicyDocument.Statement.**",),
    "AWS::IAM::Policy": ("PolicyDocument.Statement.**",),
    "AWS::IAM::Role": ("Policies.*.PolicyDocument.Statement.**",),
    "AWS::IAM::User": ("Policies.*.PolicyDocument.Statement.**",),
}


def treatment(kind: str, path: Sequence[PathPart]) -> Treatment:
    """What to do with a reference in a resource of this type; `path` starts below its properties."""
    steps = [str(step) for step in path]
    if _matches(_MOVED.get(kind, ()), steps):
        return Treatment.MOVE
    if _matches(_KEPT.get(kind, ()), steps) or _matches(_KEPT_EVERYWHERE, steps):
        return Treatment.KEEP
    return Treatment.ALLOW if _matches(_POLICIES.get(kind, ()), steps) else Treatment.ASK


def _matches(patterns: Sequence[str], steps: Sequence[str]) -> bool:
    return any(_fits(pattern.split("."), steps) for pattern in patterns)


def _fits(pattern: Sequence[str], steps: Sequence[str]) -> bool:
    """Whether the path is at the pattern's place or below it (a reference can stand deep in an expression there)."""
    for index, step in enumerate(pattern):
        if step == "**":
            return True
        if index >= len(steps) or step not in ("*", steps[index]):
            return False
    return True

"""What probes do in an environment: call what a release made, and look whether it did its work."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.environment_role import ANY_RESOURCE, environment_role, trusted_handlers
from pipeline_stack.handler_table import Need
from pipeline_stack.permission import forbid, permit
from pipeline_stack.props import EnvironmentProps


def probe_role(scope: Construct, props: EnvironmentProps, pipeline_account: str) -> iam.Role:
    """What probes do here: call what a release made, and look whether it did its work."""
    role = environment_role(scope, props, "probe", trusted_handlers(pipeline_account, Need.PROBE))
    for actions, service, resource in (
        (["lambda:InvokeFunction"], "lambda", "function:*"),
        (["states:DescribeStateMachine", "states:StartExecution", "states:StartSyncExecution"],
         "states", "stateMachine:*"),
        (["states:DescribeExecution"], "states", "execution:*"),
        (["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"], "sqs", "*"),
        (["events:PutEvents"], "events", "event-bus/*"),
        (["dynamodb:GetItem"], "dynamodb", "table/*"),
    ):  # fmt: skip
        permit(role, actions, [names.local_arn(service, resource)], wildcard=ANY_RESOURCE)
    permit(role, ["s3:GetObject"], [f"arn:{Aws.PARTITION}:s3:::*/*"], wildcard=ANY_RESOURCE)
    permit(role, ["s3:ListBucket"], [f"arn:{Aws.PARTITION}:s3:::*"], wildcard=ANY_RESOURCE)
    # A probe comes from an uploader: it must not reach the pipeline itself where both live in one account.
    forbid(role, ["lambda:InvokeFunction"], [names.local_arn("lambda", "function:towpath-*")])
    forbid(
        role, ["states:StartExecution", "states:StartSyncExecution"],
        [names.local_arn("states", "stateMachine:towpath-*")],
    )  # fmt: skip
    forbid(role, ["events:PutEvents"], [names.local_arn("events", f"event-bus/{names.EVENT_BUS}")])
    forbid(
        role, ["dynamodb:GetItem"], [names.local_arn("dynamodb", f"table/{names.PIPELINE_STACK}-*")]
    )  # fmt: skip
    forbid(role, ["s3:GetObject"], [f"arn:{Aws.PARTITION}:s3:::towpath-*/*"])
    return role

"""What CloudFormation does in an environment for a release: what the settings allow, and reading assets."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.environment_role import BY_CONTENT, environment_role
from pipeline_stack.interfaces import service
from pipeline_stack.permission import acknowledge, forbid, permit
from pipeline_stack.props import EnvironmentProps


def execution_role(scope: Construct, props: EnvironmentProps, assets: str) -> iam.Role:
    """What CloudFormation does here for a release: what the settings' managed policies allow, and reading assets."""
    role = environment_role(scope, props, "execution", service("cloudformation.amazonaws.com"))
    for index, arn in enumerate(props.execution_policies):
        role.add_managed_policy(iam.ManagedPolicy.from_managed_policy_arn(scope, f"ExecutionPolicy{index}", arn))
        if ":iam::aws:" in arn:
            # cdk-nag writes the partition of AWS's own policies as it stands in the template.
            reason = f"The settings say so: environments.{props.name}.execution_policies is the most a release can do."
            acknowledge(role, {f"AwsSolutions-IAM4[Policy::{arn}]": reason})
    permit(role, ["s3:GetObject"], names.deployable(assets), wildcard=BY_CONTENT)
    _guard(role, props)
    return role


def _guard(role: iam.Role, props: EnvironmentProps) -> None:
    """What limits and judges releases is not for a release to change, whatever the managed policies allow.

    Where the pipeline is at home it must be able to change itself; there only the limits are guarded.
    """
    if props.holds_pipeline:
        kinds = ("deployment", "execution", "codedeploy", "probe")
        forbid(role, _CHANGING_ROLES, [names.role_arn("", names.environment_role(props.name, kind)) for kind in kinds])
        return
    for actions, owner, resources in _TOWPATH:
        region = "" if owner in ("iam", "s3") else Aws.REGION
        account = "" if owner == "s3" else Aws.ACCOUNT_ID
        forbid(role, actions, [f"arn:{Aws.PARTITION}:{owner}:{region}:{account}:{name}" for name in resources])


_CHANGING_ROLES = (
    "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PassRole", "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
)  # fmt: skip
_CHANGING_POLICIES = ("iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:SetDefaultPolicyVersion")
_CHANGING_LOGS = (
    "logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:DeleteRetentionPolicy", "logs:DeleteSubscriptionFilter",
    "logs:PutRetentionPolicy", "logs:PutSubscriptionFilter",
)  # fmt: skip
_CHANGING_ALARMS = ("cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:PutMetricAlarm")
# What is denied, of which service, on which resources.
_TOWPATH: tuple[tuple[Sequence[str], str, Sequence[str]], ...] = (
    (_CHANGING_ROLES, "iam", ("role/towpath-*",)),
    (_CHANGING_POLICIES, "iam", ("policy/towpath-*",)),
    (("codedeploy:*",), "codedeploy", ("application:towpath-*", "deploymentgroup:towpath-*")),
    (("lambda:*",), "lambda", ("function:towpath-*",)),
    (("states:*",), "states", ("stateMachine:towpath-*",)),
    (("events:*",), "events", (f"event-bus/{names.EVENT_BUS}", "rule/towpath-*")),
    (("sqs:*",), "sqs", ("towpath-*",)),
    (("dynamodb:*",), "dynamodb", (f"table/{names.PIPELINE_STACK}-*",)),
    (_CHANGING_LOGS, "logs", ("log-group:/aws/lambda/towpath-*", "log-group:/aws/vendedlogs/states/towpath-*")),
    (_CHANGING_ALARMS, "cloudwatch", ("alarm:towpath-*",)),
    (("s3:Put*", "s3:Delete*"), "s3", ("towpath-*",)),
)

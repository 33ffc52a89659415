"""What handlers do in an environment: change sets and stacks, traffic shifts, reading functions and alarms."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.environment_role import (
    ANY_FUNCTION,
    ANY_RESOURCE,
    ANY_STACK,
    BY_CONTENT,
    environment_role,
    trusted_handlers,
)
from pipeline_stack.handler_table import Need
from pipeline_stack.permission import forbid, permit
from pipeline_stack.props import EnvironmentProps

_OF_CHANGE_SETS = (
    "cloudformation:DescribeChangeSet", "cloudformation:ExecuteChangeSet", "cloudformation:DeleteChangeSet",
    "cloudformation:GetTemplate",
)  # fmt: skip
_OF_SERVICE = "A deployment group is made for each alias of each service when it is first needed."


def deployment_role(
    scope: Construct, props: EnvironmentProps, pipeline_account: str, assets: str, passed: Sequence[iam.Role]
) -> iam.Role:
    """What handlers do here: change sets and stacks, traffic shifts, reading functions and alarms."""
    role = environment_role(scope, props, "deployment", trusted_handlers(pipeline_account, Need.DEPLOY))
    _permit_stacks(role, props)
    _permit_shifting(role, props)
    permit(
        role,
        ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetFunction", "lambda:ListVersionsByFunction"],
        [names.local_arn("lambda", "function:*")],
        wildcard=ANY_FUNCTION,
    )
    permit(role, ["cloudwatch:DescribeAlarms"], [names.local_arn("cloudwatch", "alarm:*")], wildcard=ANY_RESOURCE)
    permit(role, ["s3:GetObject"], names.deployable(assets), wildcard=BY_CONTENT)
    if props.second_opinion:
        permit(role, ["access-analyzer:CheckNoNewAccess"], ["*"], wildcard="The check has no resources in IAM.")
    execution, shifting = passed
    _permit_passing(role, execution, "cloudformation.amazonaws.com")
    _permit_passing(role, shifting, "codedeploy.amazonaws.com")
    return role


def _permit_stacks(role: iam.Role, props: EnvironmentProps) -> None:
    stacks = [names.local_arn("cloudformation", "stack/*")]
    execution = names.role_arn("", names.environment_role(props.name, "execution"))
    permit(
        role,
        [
            "cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks", "cloudformation:ListStackResources",
            *_OF_CHANGE_SETS,
        ],
        stacks,
        wildcard=ANY_STACK,
    )  # fmt: skip
    # Where a change set is named by its ARN alone, that ARN may be what AWS judges by.
    permit(role, _OF_CHANGE_SETS, [names.local_arn("cloudformation", "changeSet/towpath-*")], wildcard=ANY_STACK)
    # Without this condition a stack that was deployed by another role before would be changed with that role.
    permit(
        role,
        [
            "cloudformation:CreateChangeSet", "cloudformation:UpdateStack", "cloudformation:DeleteStack",
            "cloudformation:ContinueUpdateRollback",
        ],
        stacks,
        wildcard=ANY_STACK,
        conditions={"StringEquals": {"cloudformation:RoleArn": execution}},
    )  # fmt: skip
    transform = f"arn:{Aws.PARTITION}:cloudformation:{Aws.REGION}:aws:transform/*"
    permit(
        role, ["cloudformation:CreateChangeSet"], [transform], wildcard="The macros that AWS itself offers, like SAM."
    )  # fmt: skip
    guarded = ["towpath-environment-*", "CDKToolkit"] + ([] if props.holds_pipeline else [names.PIPELINE_STACK])
    forbid(
        role,
        [
            "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet", "cloudformation:UpdateStack",
            "cloudformation:DeleteStack", "cloudformation:ContinueUpdateRollback",
        ],
        [names.local_arn("cloudformation", f"stack/{name}/*") for name in guarded],
    )  # fmt: skip


def _permit_shifting(role: iam.Role, props: EnvironmentProps) -> None:
    application = f"towpath-{props.name}"
    permit(
        role,
        [
            "codedeploy:CreateDeploymentGroup", "codedeploy:UpdateDeploymentGroup", "codedeploy:CreateDeployment",
            "codedeploy:GetDeployment", "codedeploy:ListDeployments",
        ],
        [names.local_arn("codedeploy", f"deploymentgroup:{application}/*")],
        wildcard=_OF_SERVICE,
    )  # fmt: skip
    permit(
        role,
        ["codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"],
        [names.local_arn("codedeploy", f"application:{application}")],
    )
    permit(
        role,
        ["codedeploy:CreateDeploymentConfig", "codedeploy:GetDeploymentConfig"],
        [names.local_arn("codedeploy", "deploymentconfig:*")],
        wildcard="A release chooses its strategy; ready and own configurations have different names.",
    )
    permit(
        role,
        ["codedeploy:StopDeployment"],
        ["*"],
        wildcard="CodeDeploy has no resource for a deployment that is to be stopped.",
    )


def _permit_passing(role: iam.Role, passed: iam.Role, service: str) -> None:
    permit(
        role, ["iam:PassRole"], [passed.role_arn], conditions={"StringEquals": {"iam:PassedToService": service}}
    )  # fmt: skip

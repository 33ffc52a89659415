"""What CloudFormation does in an environment for a release: what the settings allow, and reading assets."""

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
    # The limits of Towpath are not for a release to change, whatever the managed policies allow.
    own_roles = [
        names.role_arn("", names.environment_role(props.name, kind))
        for kind in ("deployment", "execution", "codedeploy", "probe")
    ]
    forbid(role, _CHANGING_ROLES, own_roles)
    return role


_CHANGING_ROLES = (
    "iam:AttachRolePolicy", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy", "iam:PassRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
)  # fmt: skip

"""What CodeDeploy does in an environment: move aliases, read alarms."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.environment_role import ANY_FUNCTION, ANY_RESOURCE, environment_role
from pipeline_stack.interfaces import service
from pipeline_stack.permission import permit
from pipeline_stack.props import EnvironmentProps


def codedeploy_role(scope: Construct, props: EnvironmentProps) -> iam.Role:
    """What CodeDeploy does here: move aliases, read alarms."""
    role = environment_role(scope, props, "codedeploy", service("codedeploy.amazonaws.com"))
    permit(
        role,
        ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"],
        [names.local_arn("lambda", "function:*")],
        wildcard=ANY_FUNCTION,
    )
    permit(role, ["cloudwatch:DescribeAlarms"], [names.local_arn("cloudwatch", "alarm:*")], wildcard=ANY_RESOURCE)
    return role

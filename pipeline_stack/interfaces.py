"""The construct library's classes as its own interfaces: their parameter names differ, which a strict checker minds.

https://github.com/aws/jsii/issues/2927
"""

from typing import cast

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_


def as_principal(principal: iam.PrincipalBase) -> iam.IPrincipal:
    return cast("iam.IPrincipal", principal)


def service(name: str) -> iam.IPrincipal:
    """An AWS service as a principal."""
    return as_principal(iam.ServicePrincipal(name))


def as_role(role: iam.Role) -> iam.IRole:
    return cast("iam.IRole", role)


def as_function(function: lambda_.FunctionBase) -> lambda_.IFunction:
    return cast("lambda_.IFunction", function)


def as_alarm_action(action: actions.SnsAction) -> cloudwatch.IAlarmAction:
    return cast("cloudwatch.IAlarmAction", action)


def as_version(version: lambda_.Version) -> lambda_.IVersion:
    return cast("lambda_.IVersion", version)

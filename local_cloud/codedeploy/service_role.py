"""The role in whose name CodeDeploy acts: whether it may be taken, and clients that hold a session of it.

AWS assumes the group's `serviceRoleArn` as `codedeploy.amazonaws.com`; the role's trust policy must allow that, and the
role's policies decide what a deployment can do.
Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-service-role.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local_cloud import service_role
from local_cloud.codedeploy.errors import CodeDeployError, DeploymentEnded
from local_cloud.codedeploy.identifiers import region

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

_PRINCIPAL = "codedeploy.amazonaws.com"
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/(?:[\w+=,.@-]+/)*[\w+=,.@-]+")


class Clients:
    """Clients of one deployment, signed with a session of its service role; each raises `DeploymentEnded`."""

    def __init__(self, role_arn: str) -> None:
        self._role = role_arn

    @property
    def lambda_(self) -> LambdaClient:
        return self._client("lambda")

    @property
    def cloudwatch(self) -> CloudWatchClient:
        return self._client("cloudwatch")

    @property
    def s3(self) -> S3Client:
        return self._client("s3")

    def _client(self, service: str) -> Any:
        if service_role.is_enforced() and service_role.role_record(self._role) is None:
            raise DeploymentEnded("Failed", "IAM_ROLE_MISSING", f"The service role {self._role} does not exist.")
        try:
            return service_role.clients_of(self._role, _PRINCIPAL).get(service, region())
        except service_role.RoleNotAssumable as error:
            raise DeploymentEnded("Failed", "IAM_ROLE_PERMISSIONS", str(error)) from error


def checked(role_arn: Any) -> str:
    """The role's ARN when CodeDeploy may assume it; raises `RoleRequiredException` or `InvalidRoleException`."""
    if not role_arn:
        raise CodeDeployError("RoleRequiredException", "The service role ARN is missing")
    if not _ROLE.fullmatch(str(role_arn)):
        raise CodeDeployError("InvalidRoleException", f"The service role ARN is invalid: {role_arn}")
    if service_role.is_enforced() and not service_role.trusts(str(role_arn), _PRINCIPAL):
        raise CodeDeployError(
            "InvalidRoleException",
            f"AWS CodeDeploy does not have the permissions required to assume the role {role_arn}.",
        )
    return str(role_arn)

"""Names, ids and ARNs of CodeDeploy: what they look like and which are well formed.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html (ARN formats).
"""

from __future__ import annotations

import re
import secrets
import string
from typing import Any

from local_cloud.codedeploy.errors import CodeDeployError
from local_cloud.codedeploy.state import Record
from local_cloud.service_role import ministack

_DEPLOYMENT_ID = re.compile(r"d-[A-Z0-9]{9}")
_NAME = re.compile(r"[A-Za-z0-9_.+=,@-]{1,100}")


def deployment_id() -> str:
    return "d-" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(9))


def account() -> str:
    return str(ministack("core.responses").get_account_id())


def region() -> str:
    return str(ministack("core.responses").get_region())


def arn(resource: str) -> str:
    """`resource` is `application:<name>`, `deploymentgroup:<application>/<group>` or `deploymentconfig:<name>`."""
    return f"arn:aws:codedeploy:{region()}:{account()}:{resource}"


def application_name(request: Record) -> str:
    return _checked(request, "applicationName", "ApplicationNameRequiredException", "InvalidApplicationNameException")


def group_name(request: Record, member: str = "deploymentGroupName") -> str:
    return _checked(request, member, "DeploymentGroupNameRequiredException", "InvalidDeploymentGroupNameException")


def checked_deployment_id(given: Any) -> str:
    if not given:
        raise CodeDeployError("DeploymentIdRequiredException", "Deployment Id is missing")
    if not _DEPLOYMENT_ID.fullmatch(str(given)):
        raise CodeDeployError("InvalidDeploymentIdException", f"Deployment Id is invalid: {given}")
    return str(given)


def _checked(request: Record, member: str, required: str, invalid: str) -> str:
    name = str(request.get(member) or "")
    if not name:
        raise CodeDeployError(required, f"{member} is missing")
    if not _NAME.fullmatch(name):
        raise CodeDeployError(invalid, f"{member} is invalid: {name}")
    return name

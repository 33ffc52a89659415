"""Tags of applications and deployment groups, by ARN."""

from __future__ import annotations

from typing import Any, cast

from local_cloud.codedeploy import state
from local_cloud.codedeploy.errors import CodeDeployError
from local_cloud.codedeploy.identifiers import arn
from local_cloud.codedeploy.state import Record


def add(resource: str, given: Any) -> None:
    kept = state.tags.get(resource, {})
    state.tags[resource] = kept | {
        str(tag["Key"]): str(tag.get("Value", "")) for tag in cast(list[Record], given or [])
    }


def replace(resource: str, given: Any) -> None:
    forget(resource)
    add(resource, given)


def forget(resource: str) -> None:
    state.tags.pop(resource, None)


def tag(request: Record) -> Record:
    add(_resource(request), request.get("Tags"))
    return {}


def untag(request: Record) -> Record:
    resource = _resource(request)
    gone = set(cast(list[str], request.get("TagKeys") or []))
    state.tags[resource] = {key: value for key, value in state.tags.get(resource, {}).items() if key not in gone}
    return {}


def listed(request: Record) -> list[Record]:
    return [{"Key": key, "Value": value} for key, value in state.tags.get(_resource(request), {}).items()]


def _resource(request: Record) -> str:
    resource = str(request.get("ResourceArn") or "")
    if not resource:
        raise CodeDeployError("ResourceArnRequiredException", "ResourceArn is missing")
    kind, _, name = resource.removeprefix(arn("")).partition(":")
    known = {"application": state.applications, "deploymentgroup": state.groups}.get(kind)
    if known is None:
        raise CodeDeployError("InvalidArnException", f"The ARN is invalid: {resource}")
    if name not in known:
        raise CodeDeployError("ResourceValidationException", f"The resource does not exist: {resource}")
    return resource

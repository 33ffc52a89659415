"""The service as the emulator sees it: which operation answers a request, who may call it, and how state is kept.

Has the functions that ministack expects of a service module: `handle_request`, `get_state`, `load_persisted_state`,
`reset`. Source: the operations and errors are those of the CodeDeploy 2014-10-06 service model (JSON 1.1).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias, cast

from local_cloud.codedeploy import (
    access,
    applications,
    configurations,
    deployments,
    engine,
    groups,
    hooks,
    state,
    tagging,
    targets,
)
from local_cloud.codedeploy.errors import CodeDeployError
from local_cloud.codedeploy.identifiers import application_name, group_name
from local_cloud.codedeploy.state import Record

Operation: TypeAlias = Callable[[Record], Record]
Answer: TypeAlias = tuple[int, dict[str, str], bytes]
TARGET_PREFIX = "CodeDeploy_20141006"
_PAGE = 100


async def handle_request(
    _method: str, _path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
) -> Answer:
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    perform = _OPERATIONS.get(operation)
    try:
        if perform is None:
            raise CodeDeployError("UnknownOperationException", f"The embedded CodeDeploy does not know {operation}")
        request = cast(Record, json.loads(body or b"{}"))
        if denied := access.refusal(operation, request, headers, query):
            return denied
        return _answer(200, perform(request))
    except CodeDeployError as error:
        return _answer(400, {"__type": error.code, "message": error.message})


def get_state() -> dict[str, Any]:
    return state.snapshot()


def load_persisted_state(saved: dict[str, Any]) -> None:
    state.restore(saved)
    engine.resume_all()


def reset() -> None:
    state.reset()


def _answer(status: int, document: Record) -> Answer:
    return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(document).encode()


def _pages(member: str, all_of: Callable[[Record], list[Any]], token: str = "nextToken") -> Operation:  # noqa: S107 -- a member's name, no secret
    def page(request: Record) -> Record:
        items = all_of(request)
        given = str(request.get(token) or "0")
        if not given.isdigit() or int(given) > len(items):
            raise CodeDeployError("InvalidNextTokenException", "The next token was specified in an invalid format")
        start, end = int(given), int(given) + _PAGE
        return {member: items[start:end], **({token: str(end)} if end < len(items) else {})}

    return page


def _get_group(request: Record) -> Record:
    answer = groups.get(request)
    answer["deploymentGroupInfo"] |= deployments.last(application_name(request), group_name(request))
    return answer


def _list_groups(request: Record) -> Record:
    listed = _pages("deploymentGroups", groups.names)(request)
    return {"applicationName": application_name(request), **listed}


_OPERATIONS: dict[str, Operation] = {
    "CreateApplication": applications.create,
    "GetApplication": applications.get,
    "BatchGetApplications": applications.batch_get,
    "UpdateApplication": applications.update,
    "DeleteApplication": applications.delete,
    "ListApplications": _pages("applications", lambda _: applications.names()),
    "CreateDeploymentConfig": configurations.create,
    "GetDeploymentConfig": configurations.get,
    "DeleteDeploymentConfig": configurations.delete,
    "ListDeploymentConfigs": _pages("deploymentConfigsList", lambda _: configurations.names()),
    "CreateDeploymentGroup": groups.create,
    "UpdateDeploymentGroup": groups.update,
    "GetDeploymentGroup": _get_group,
    "BatchGetDeploymentGroups": groups.batch_get,
    "DeleteDeploymentGroup": groups.delete,
    "ListDeploymentGroups": _list_groups,
    "CreateDeployment": deployments.create,
    "GetDeployment": deployments.get,
    "BatchGetDeployments": deployments.batch_get,
    "ListDeployments": _pages("deployments", deployments.ids),
    "StopDeployment": deployments.stop,
    "ContinueDeployment": deployments.continue_,
    "GetDeploymentTarget": lambda request: targets.get(deployments.find(request), request),
    "BatchGetDeploymentTargets": lambda request: targets.batch_get(deployments.find(request), request),
    "ListDeploymentTargets": _pages("targetIds", lambda request: targets.listed(deployments.find(request), request)),
    "PutLifecycleEventHookExecutionStatus": hooks.put_status,
    "TagResource": tagging.tag,
    "UntagResource": tagging.untag,
    "ListTagsForResource": _pages("Tags", tagging.listed, "NextToken"),
}

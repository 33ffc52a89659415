"""`AWS::StepFunctions::StateMachineVersion` and `StateMachineAlias`.

A version publishes the state machine's current revision; publishing the same revision again is the same version. An
alias routes by weights, or shifts to a version by its `DeploymentPreference`, watched by alarms.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachineversion.html,
.../aws-resource-stepfunctions-statemachinealias.html and
https://docs.aws.amazon.com/step-functions/latest/apireference/API_PublishStateMachineVersion.html (idempotency).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from local_cloud.cloudformation.resource_type import Created, Properties, ResourceType, answer
from local_cloud.codedeploy.configurations import percentage_at
from local_cloud.service_role import ministack
from local_cloud.settings import settings

_LOOK_EVERY_SECONDS = 10.0


def _service() -> Any:
    return ministack("services.stepfunctions")


def publish_once(data: Mapping[str, Any]) -> Any:
    """PublishStateMachineVersion: the version that this revision already has under this description, or a new one."""
    service = _service()
    machine: Mapping[str, Any] = service._state_machines.get(data.get("stateMachineArn")) or {}
    revision = machine.get("revisionId")
    if revision and data.get("revisionId") in (None, "", revision):
        for version in service._state_machine_versions.values():
            same_machine = version["stateMachineArn"] == data["stateMachineArn"]
            if same_machine and (version["stateMachineRevisionId"], version["description"]) == (
                revision,
                data.get("description") or "",
            ):
                arn, created = version["stateMachineVersionArn"], version["creationDate"]
                return ministack("core.responses").json_response(
                    {"stateMachineVersionArn": arn, "creationDate": created}
                )
    return _stock_publish[0](data)


_stock_publish: list[Any] = []


def make_publishing_idempotent() -> None:
    service = _service()
    _stock_publish[:] = [service._publish_state_machine_version]
    service._publish_state_machine_version = publish_once


def _publish(_logical_id: str, props: Properties, _stack: str) -> Created:
    data = {"stateMachineArn": props["StateMachineArn"], "description": props.get("Description", "")}
    if props.get("StateMachineRevisionId"):
        data["revisionId"] = props["StateMachineRevisionId"]
    arn = answer(_service()._publish_state_machine_version(data))["stateMachineVersionArn"]
    return arn, {"Arn": arn}


def _unpublish(arn: str, _props: Properties) -> None:
    answer(_service()._delete_state_machine_version({"stateMachineVersionArn": arn}))


def _create_alias(logical_id: str, props: Properties, stack: str) -> Created:
    data = {
        "name": props.get("Name") or f"{logical_id}-{stack}"[:80],
        "description": props.get("Description", ""),
        "routingConfiguration": _routes(props) or [_all_to(_target(props))],
    }
    arn = answer(_service()._create_state_machine_alias(data))["stateMachineAliasArn"]
    return arn, {"Arn": arn}


def _update_alias(arn: str, _old: Properties, new: Properties) -> Created:
    routes = _routes(new)
    if routes is None:
        _shift(arn, new["DeploymentPreference"])
        routes = [_all_to(_target(new))]
    _route(arn, routes, new.get("Description", ""))
    return arn, {"Arn": arn}


def _delete_alias(arn: str, _props: Properties) -> None:
    answer(_service()._delete_state_machine_alias({"stateMachineAliasArn": arn}))


def _routes(props: Properties) -> list[dict[str, Any]] | None:
    listed: Sequence[Mapping[str, Any]] | None = props.get("RoutingConfiguration")
    if bool(listed) == bool(props.get("DeploymentPreference")):
        raise ValueError("Exactly one of RoutingConfiguration and DeploymentPreference must be specified")
    if not listed:
        return None
    return [
        {"stateMachineVersionArn": route["StateMachineVersionArn"], "weight": int(route["Weight"])} for route in listed
    ]


def _target(props: Properties) -> str:
    return props["DeploymentPreference"]["StateMachineVersionArn"]


def _all_to(version: str) -> dict[str, Any]:
    return {"stateMachineVersionArn": version, "weight": 100}


def _shift(arn: str, preference: Mapping[str, Any]) -> None:
    """Move the alias to the preferred version over time; an alarm on the way moves it back and fails the update."""
    target = preference["StateMachineVersionArn"]
    standing = answer(_service()._describe_state_machine_alias({"stateMachineAliasArn": arn}))["routingConfiguration"]
    heaviest: Mapping[str, Any] = max(standing, key=lambda route: route["weight"])
    current = heaviest["stateMachineVersionArn"]
    if current == target:
        return
    routing, began, shifted = _routing(preference), time.monotonic(), -1
    while shifted < 100:
        share = percentage_at(routing, (time.monotonic() - began) / settings().minute_seconds)
        if share != shifted:
            rest = [{"stateMachineVersionArn": current, "weight": 100 - share}] if share < 100 else []
            _route(arn, [{"stateMachineVersionArn": target, "weight": share}, *rest])
            shifted = share
        if ringing := _ringing(preference.get("Alarms") or []):
            _route(arn, standing)
            raise ValueError(f"The alarms {', '.join(ringing)} are in ALARM; the alias is back where it was")
        if share < 100:
            time.sleep(min(1.0, settings().real_seconds(_LOOK_EVERY_SECONDS)))


def _routing(preference: Mapping[str, Any]) -> dict[str, Any]:
    kind = preference["Type"]
    if kind == "ALL_AT_ONCE":
        return {"type": "AllAtOnce"}
    share, minutes = int(preference["Percentage"]), int(preference["Interval"])
    if kind == "CANARY":
        return {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": share, "canaryInterval": minutes}}
    return {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": share, "linearInterval": minutes}}


def _ringing(alarms: Sequence[str]) -> list[str]:
    """`Alarms` are names or ARNs."""
    known = ministack("services.cloudwatch")._alarms
    names = [alarm.rsplit(":", 1)[-1] for alarm in alarms]
    return [name for name in names if name in known and known[name]["StateValue"] == "ALARM"]


def _route(arn: str, routes: Sequence[Mapping[str, Any]], description: str | None = None) -> None:
    data: dict[str, Any] = {"stateMachineAliasArn": arn, "routingConfiguration": list(routes)}
    if description is not None:
        data["description"] = description
    answer(_service()._update_state_machine_alias(data))


TYPES = (
    ResourceType(
        "AWS::StepFunctions::StateMachineVersion",
        create=_publish,
        delete=_unpublish,
        replacing=("StateMachineArn", "StateMachineRevisionId", "Description"),
    ),
    ResourceType(
        "AWS::StepFunctions::StateMachineAlias",
        create=_create_alias,
        update=_update_alias,
        delete=_delete_alias,
        replacing=("Name", "StateMachineArn"),
        waits=True,
    ),
)

"""The resource that a request is judged on, where ministack knows none or another one than AWS.

Each entry is a rule of one action. An action that is not here keeps what ministack says. Step Functions judges calls
that name a version or an alias on the state machine itself
(https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any, cast

from local_cloud.iam.request import Request

Rule = Callable[[Request], list[str]]

_MACHINE = re.compile(r"(arn:[\w-]+:states:[\w-]*:\d*:stateMachine:[^:]+)(?::([^:]+))?")


def has_rule(action: str) -> bool:
    return action in _RULES


def resources(request: Request) -> list[str]:
    """All ARNs that must be allowed; empty when there is no rule or the request names none."""
    rule = _RULES.get(request.action)
    return rule(request) if rule else []


def state_machine(arn: str) -> tuple[str, str]:
    """The unqualified ARN and the qualifier of a state machine, version or alias ARN."""
    found = _MACHINE.fullmatch(arn)
    return (found[1], found[2] or "") if found else (arn, "")


def _named(parameter: str) -> Rule:
    return lambda request: [request.text(parameter)] if request.text(parameter) else []


def _built(service: str, prefix: str, parameter: str, default: str = "") -> Rule:
    def rule(request: Request) -> list[str]:
        name = request.text(parameter) or default
        if name.startswith("arn:"):
            return [name]
        return [request.arn(service, prefix + name)] if name else []

    return rule


def _event_rule(parameter: str) -> Rule:
    def rule(request: Request) -> list[str]:
        name, bus = request.text(parameter), request.text("EventBusName").rsplit("/", 1)[-1]
        on = "" if bus in ("", "default") else f"{bus}/"
        return [request.arn("events", f"rule/{on}{name}")] if name else []

    return rule


def _alarms(request: Request) -> list[str]:
    names = request.texts("AlarmNames") or ([request.text("AlarmName")] if request.text("AlarmName") else ["*"])
    return [request.arn("cloudwatch", f"alarm:{name}") for name in names]


def _dashboards(request: Request) -> list[str]:
    names = request.texts("DashboardNames") or [request.text("DashboardName")]
    return [f"arn:aws:cloudwatch::{request.account}:dashboard/{name}" for name in names if name]


def _machine(request: Request) -> list[str]:
    """The state machine of whatever ARN names it, or of the new name."""
    for name in ("stateMachineArn", "stateMachineAliasArn", "stateMachineVersionArn"):
        if request.text(name):
            return [state_machine(request.text(name))[0]]
    routes: Any = request.parameters.get("routingConfiguration")
    if isinstance(routes, list) and routes:
        first = cast(list[dict[str, Any]], routes)[0]
        return [state_machine(str(first.get("stateMachineVersionArn", "")))[0]]
    return [request.arn("states", f"stateMachine:{request.text('name')}")] if request.text("name") else []


def _machine_of_token(request: Request) -> list[str]:
    """Task tokens are opaque on AWS; here one begins with the ARN of its execution."""
    try:
        parts: Any = json.loads(base64.b64decode(request.text("taskToken"), validate=True))
        execution = str(parts[0]).split(":")
    except (ValueError, LookupError, TypeError):
        return []
    if len(execution) < 7 or execution[5] != "execution":
        return []
    return [":".join([*execution[:5], "stateMachine", execution[6]])]


def _iam(kind: str, parameter: str) -> Rule:
    def rule(request: Request) -> list[str]:
        name, path = request.text(parameter), request.text("Path") or "/"
        return [f"arn:aws:iam::{request.account}:{kind}{path}{name}"] if name else []

    return rule


_EVENT_RULES = ("PutRule", "DeleteRule", "DescribeRule", "EnableRule", "DisableRule")
_TARGET_RULES = ("PutTargets", "RemoveTargets", "ListTargetsByRule")
_BUSES = ("CreateEventBus", "DeleteEventBus", "UpdateEventBus")
_ARCHIVES = ("CreateArchive", "DeleteArchive", "DescribeArchive", "UpdateArchive")
_ALARM_ACTIONS = (
    "DeleteAlarms",
    "DescribeAlarmHistory",
    "DescribeAlarms",
    "DisableAlarmActions",
    "EnableAlarmActions",
    "PutCompositeAlarm",
    "PutMetricAlarm",
    "SetAlarmState",
)
_MACHINE_ACTIONS = (
    "CreateStateMachine",
    "CreateStateMachineAlias",
    "DeleteStateMachine",
    "DeleteStateMachineAlias",
    "DeleteStateMachineVersion",
    "DescribeStateMachine",
    "DescribeStateMachineAlias",
    "ListExecutions",
    "ListStateMachineAliases",
    "ListStateMachineVersions",
    "PublishStateMachineVersion",
    "StartExecution",
    "StartSyncExecution",
    "UpdateStateMachine",
    "UpdateStateMachineAlias",
)
_TAGGING = ("TagResource", "UntagResource", "ListTagsForResource")

_RULES: dict[str, Rule] = {
    **{f"events:{name}": _event_rule("Name") for name in _EVENT_RULES},
    **{f"events:{name}": _event_rule("Rule") for name in _TARGET_RULES},
    **{f"events:{name}": _built("events", "event-bus/", "Name") for name in _BUSES},
    "events:DescribeEventBus": _built("events", "event-bus/", "Name", "default"),
    **{f"events:{name}": _built("events", "archive/", "ArchiveName") for name in _ARCHIVES},
    **{f"events:{name}": _named("ResourceARN") for name in _TAGGING},
    **{f"cloudwatch:{name}": _alarms for name in _ALARM_ACTIONS},
    **{f"cloudwatch:{name}": _dashboards for name in ("PutDashboard", "GetDashboard", "DeleteDashboards")},
    **{f"cloudwatch:{name}": _named("ResourceARN") for name in _TAGGING},
    **{f"states:{name}": _machine for name in _MACHINE_ACTIONS},
    **{f"states:{name}": _machine_of_token for name in ("SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat")},
    **{f"states:{name}": _named("resourceArn") for name in _TAGGING},
    "states:DescribeMapRun": _named("mapRunArn"),
    "lambda:CreateFunction": _built("lambda", "function:", "FunctionName"),
    "dynamodb:TagResource": _named("ResourceArn"),
    "dynamodb:UntagResource": _named("ResourceArn"),
    "dynamodb:ListTagsOfResource": _named("ResourceArn"),
    "iam:CreatePolicy": _iam("policy", "PolicyName"),
    "iam:CreateRole": _iam("role", "RoleName"),
    "iam:CreateUser": _iam("user", "UserName"),
    "iam:CreateInstanceProfile": _iam("instance-profile", "InstanceProfileName"),
}

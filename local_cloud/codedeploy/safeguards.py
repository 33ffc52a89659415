"""Alarms and automatic rollback: which configurations of the two are valid, for a group or for one deployment.

Source: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_AlarmConfiguration.html and
API_AutoRollbackConfiguration.html.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, cast

from local_cloud.codedeploy.errors import CodeDeployError
from local_cloud.codedeploy.state import Record

MOST_ALARMS = 10
RollbackEvent: TypeAlias = Literal["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
_EVENTS = frozenset({"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"})


def alarms(given: Any) -> Record:
    """A valid `AlarmConfiguration`; raises `InvalidAlarmConfigException` or `AlarmsLimitExceededException`."""
    configuration = cast(Record, given or {})
    listed = cast(list[Record], configuration.get("alarms") or [])
    names = [str(alarm.get("name") or "") for alarm in listed]
    enabled = bool(configuration.get("enabled", False))
    if len(names) > MOST_ALARMS:
        raise CodeDeployError("AlarmsLimitExceededException", f"At most {MOST_ALARMS} alarms can be configured")
    if not all(names) or len(set(names)) != len(names):
        raise CodeDeployError("InvalidAlarmConfigException", "Alarm names must be given, and only once each")
    if enabled and not names:
        raise CodeDeployError("InvalidAlarmConfigException", "Alarms are enabled, but none is specified")
    return {
        "enabled": enabled,
        "ignorePollAlarmFailure": bool(configuration.get("ignorePollAlarmFailure", False)),
        "alarms": [{"name": name} for name in names],
    }


def automatic_rollback(given: Any) -> Record:
    """A valid `AutoRollbackConfiguration`; raises `InvalidAutoRollbackConfigException`."""
    configuration = cast(Record, given or {})
    enabled = bool(configuration.get("enabled", False))
    events = [str(event) for event in cast(list[Any], configuration.get("events") or [])]
    if unknown := set(events) - _EVENTS:
        raise CodeDeployError(
            "InvalidAutoRollbackConfigException", f"Unknown automatic rollback events: {', '.join(sorted(unknown))}"
        )
    if enabled and not events:
        raise CodeDeployError(
            "InvalidAutoRollbackConfigException", "Automatic rollback is enabled, but no event is specified"
        )
    return {"enabled": enabled, "events": events}


def rolls_back_on(configuration: Record, event: RollbackEvent) -> bool:
    return bool(configuration["enabled"]) and event in configuration["events"]

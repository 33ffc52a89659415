"""Alarms that watch a deployment: which of them end it, and what an alarm that cannot be read means.

Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html and
API_AlarmConfiguration.html (`ignorePollAlarmFailure`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.codedeploy.errors import DeploymentEnded
from local_cloud.codedeploy.state import Record

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


def check(configuration: Record, client: CloudWatchClient) -> None:
    """Raises `DeploymentEnded` (Stopped, ALARM_ACTIVE) when an alarm is in ALARM, or cannot be read and must be."""
    if not configuration["enabled"]:
        return
    names = [alarm["name"] for alarm in configuration["alarms"]]
    try:
        answer = client.describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    except (ClientError, BotoCoreError) as error:
        _unreadable(configuration, f"The alarms could not be read: {error}")
        return
    states = {
        alarm.get("AlarmName"): alarm.get("StateValue")
        for alarm in [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
    }
    if active := [name for name in names if states.get(name) == "ALARM"]:
        raise DeploymentEnded(
            "Stopped",
            "ALARM_ACTIVE",
            "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the "
            f"affected deployments have been stopped. Activated alarms: {', '.join(active)}",
        )
    if missing := [name for name in names if name not in states]:
        _unreadable(configuration, f"The alarms do not exist: {', '.join(missing)}")


def _unreadable(configuration: Record, why: str) -> None:
    if not configuration["ignorePollAlarmFailure"]:
        raise DeploymentEnded("Stopped", "ALARM_ACTIVE", f"Alarm status is unavailable. {why}")

"""Alarms look at their own metric, period by period, and tell EventBridge when their state changes.

AWS: an alarm watches the metric with exactly its dimensions (and unit), evaluates M out of N whole periods as time goes
by, treats missing data as it was told and goes back to OK or INSUFFICIENT_DATA by itself; each change is an event
`CloudWatch Alarm State Change` (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html,
.../alarms-and-missing-data.html, .../cloudwatch-and-eventbridge.html).

Stock ministack: all dimensions are thrown together, the last N periods count as one, an alarm is evaluated only when
somebody puts data, and never leaves a state because data stopped; no events.

The clock is scaled: a period of 60 seconds takes `minute_seconds` real seconds, so an alarm's window is that much
shorter in the real time in which data points arrive. Metrics keep real timestamps; GetMetricData is not scaled.
A state that was set with SetAlarmState lasts until the next period is complete, as on AWS.

Seam: `cloudwatch._evaluate_alarm` (evaluate now), `cloudwatch._evaluate_all_alarms` (data alone changes nothing),
`cloudwatch._dispatch_alarm_actions` (every change of metric and composite alarms passes it), a thread for the clock.
Metric math and anomaly detection are left as they are.
"""

from __future__ import annotations

import contextvars
import importlib
import json
import logging
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_cloud import event_bus
from local_cloud.alarm_state import Rule, State, evaluate, reason, supported
from local_cloud.settings import settings

_log = logging.getLogger("alarm_clock")
_stop = threading.Event()


class Clock:
    def __init__(self, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch
        self._scope: Any = importlib.import_module("ministack.core.responses")
        self._lock = threading.Lock()
        self._looked_at: dict[str, int] = {}

    def run(self) -> None:
        while not _stop.wait(min(1.0, settings().minute_seconds / 5)):
            for (account, region, _), alarm in self._cloudwatch._alarms.all_items():
                contextvars.copy_context().run(self._look_in, account, region, alarm)

    def look(self, alarm: dict[str, Any]) -> None:
        """Evaluate `alarm` over its complete periods, in the current account and region."""
        rule = _rule(alarm)
        if rule is None:
            return
        with self._lock:
            old: State = alarm["StateValue"]
            values = self._values(alarm, rule)
            new = evaluate(rule, values, old)
            if new == old:
                return
            said = reason(rule, values, old, new)
            alarm.update(StateValue=new, StateReason=said, StateUpdatedTimestamp=int(time.time()))
            alarm["StateReasonData"] = _reason_data(alarm, values)
        self._cloudwatch._record_history(alarm["AlarmName"], old, new, said)
        self._cloudwatch._dispatch_alarm_actions(alarm, old, new, said)
        self._cloudwatch._evaluate_parent_alarms(alarm)

    def _look_in(self, account: str, region: str, alarm: dict[str, Any]) -> None:
        self._scope._request_account_id.set(account)
        self._scope._request_region.set(region)
        complete = int(time.time() // _period(alarm))
        if self._looked_at.get(alarm["AlarmArn"]) == complete:
            return
        self._looked_at[alarm["AlarmArn"]] = complete
        try:
            self.look(alarm)
        except Exception:  # noqa: BLE001 -- one alarm that cannot be evaluated must not stop the others' clock
            _log.exception("The alarm %s cannot be evaluated", alarm["AlarmName"])

    def _values(self, alarm: Mapping[str, Any], rule: Rule) -> list[float | None]:
        """One value per whole period, oldest first."""
        cloudwatch, seconds = self._cloudwatch, _period(alarm)
        key = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(_dimensions(alarm)))
        last = int(time.time() // seconds)
        buckets: dict[int, list[Any]] = {}
        for point in list(cloudwatch._metrics.get(key) or []):
            if not alarm.get("Unit") or point.get("Unit") == alarm["Unit"]:
                buckets.setdefault(int(point["Timestamp"] // seconds), []).append(point)
        statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
        return [self._statistic(statistic, buckets.get(number)) for number in range(last - rule.looked_at, last)]

    def _statistic(self, name: str, points: list[Any] | None) -> float | None:
        stats = self._cloudwatch._calc_stats(points or [])
        return self._cloudwatch._stat_value(stats, name, points) if stats else None


def install() -> None:
    cloudwatch: Any = importlib.import_module("ministack.services.cloudwatch")
    clock = Clock(cloudwatch)
    stock_dispatch = cloudwatch._dispatch_alarm_actions

    def dispatch(alarm: Mapping[str, Any], old: str, new: str, said: str) -> None:
        stock_dispatch(alarm, old, new, said)
        event_bus.publish("aws.cloudwatch", "CloudWatch Alarm State Change", _detail(alarm, old), [alarm["AlarmArn"]])

    def data_alone_changes_nothing() -> None:
        """The clock evaluates."""

    cloudwatch._evaluate_alarm = clock.look
    cloudwatch._evaluate_all_alarms = data_alone_changes_nothing
    cloudwatch._dispatch_alarm_actions = dispatch
    _stop.clear()
    threading.Thread(target=clock.run, daemon=True, name="alarm-clock").start()


def close() -> None:
    _stop.set()


def _rule(alarm: Mapping[str, Any]) -> Rule | None:
    comparison = alarm.get("ComparisonOperator") or ""
    if not (alarm.get("Namespace") and alarm.get("MetricName") and supported(comparison)):
        return None
    periods = int(alarm.get("EvaluationPeriods") or 1)
    return Rule(
        comparison=comparison,
        threshold=float(alarm.get("Threshold") or 0),
        periods=periods,
        needed=int(alarm.get("DatapointsToAlarm") or periods),
        missing=alarm.get("TreatMissingData") or "missing",
    )


def _period(alarm: Mapping[str, Any]) -> float:
    return settings().real_seconds(float(alarm.get("Period") or 60))


def _reason_data(alarm: Mapping[str, Any], values: list[float | None]) -> str:
    document = {
        "version": "1.0",
        "queryDate": _now(),
        "statistic": alarm.get("Statistic"),
        "period": alarm.get("Period"),
        "recentDatapoints": [value for value in values if value is not None],
        "threshold": alarm.get("Threshold"),
    }
    return json.dumps(document)


def _detail(alarm: Mapping[str, Any], old: str) -> dict[str, Any]:
    state = {
        "value": alarm["StateValue"],
        "reason": alarm.get("StateReason", ""),
        "reasonData": alarm.get("StateReasonData", ""),
        "timestamp": _now(),
    }
    return {
        "alarmName": alarm["AlarmName"],
        "state": {name: value for name, value in state.items() if value},
        "previousState": {"value": old},
        "configuration": _configuration(alarm),
    }


def _configuration(alarm: Mapping[str, Any]) -> dict[str, Any]:
    described = {"description": alarm.get("AlarmDescription") or ""}
    if "AlarmRule" in alarm:
        return {"alarmRule": alarm["AlarmRule"], **described}
    metric = {
        "namespace": alarm.get("Namespace"),
        "name": alarm.get("MetricName"),
        "dimensions": _dimensions(alarm),
    }
    stat = {"metric": metric, "period": alarm.get("Period"), "stat": alarm.get("Statistic")}
    return {"metrics": [{"id": "m1", "metricStat": stat, "returnData": True}], **described}


def _dimensions(alarm: Mapping[str, Any]) -> dict[str, str]:
    listed: list[Mapping[str, str]] = alarm.get("Dimensions") or []
    return {dimension["Name"]: dimension["Value"] for dimension in listed}


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "+0000"

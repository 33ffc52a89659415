"""Alarms over time. Periods are short because the server's minute is; on AWS the same takes minutes."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

Client = Callable[..., Any]

pytestmark = pytest.mark.embedded


def put_alarm(client: Client, name: str, **given: Any) -> None:
    settings = {
        "Namespace": "Test",
        "MetricName": name,
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    client("cloudwatch").put_metric_alarm(AlarmName=name, **(settings | given))


def put_data(client: Client, name: str, value: float, **dimensions: str) -> None:
    listed = [{"Name": key, "Value": text} for key, text in dimensions.items()]
    client("cloudwatch").put_metric_data(
        Namespace="Test", MetricData=[{"MetricName": name, "Value": value, "Dimensions": listed}]
    )


def state(client: Client, name: str) -> str:
    found = client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return [*found["MetricAlarms"], *found["CompositeAlarms"]][0]["StateValue"]


def becomes(client: Client, name: str, wanted: str, seconds: float = 12) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if state(client, name) == wanted:
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def name() -> str:
    return f"alarm-{uuid.uuid4().hex[:8]}"


def test_an_alarm_sees_its_own_dimensions_only(client: Client, name: str) -> None:
    put_alarm(client, name, Dimensions=[{"Name": "Side", "Value": "left"}], TreatMissingData="notBreaching")
    put_data(client, name, 5, Side="right")
    put_data(client, name, 5)
    put_data(client, name, 5, Side="left", Colour="red")
    time.sleep(2.5)
    assert state(client, name) == "OK"
    put_data(client, name, 5, Side="left")
    assert becomes(client, name, "ALARM")


def test_a_new_alarm_without_data_has_too_little_to_say(client: Client, name: str) -> None:
    put_alarm(client, name)
    assert state(client, name) == "INSUFFICIENT_DATA"


def test_an_alarm_calms_down_when_data_stops(client: Client, name: str) -> None:
    put_alarm(client, name, TreatMissingData="notBreaching")
    put_data(client, name, 5)
    assert becomes(client, name, "ALARM")
    assert becomes(client, name, "OK")


def test_missing_data_is_insufficient_by_default(client: Client, name: str) -> None:
    put_alarm(client, name)
    put_data(client, name, 0)
    assert becomes(client, name, "OK")
    assert becomes(client, name, "INSUFFICIENT_DATA")


def test_two_of_three_periods_must_breach(client: Client, name: str) -> None:
    put_alarm(client, name, EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData="notBreaching")
    put_data(client, name, 5)
    time.sleep(2.5)
    assert state(client, name) == "OK"
    for _ in range(3):
        put_data(client, name, 5)
        time.sleep(1)
    assert becomes(client, name, "ALARM")


def test_a_state_that_was_set_by_hand_lasts_until_the_next_evaluation(client: Client, name: str) -> None:
    put_alarm(client, name, TreatMissingData="notBreaching")
    assert becomes(client, name, "OK")
    client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    assert becomes(client, name, "OK")
    history = client("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")
    assert "Alarm updated from OK to ALARM" in [item["HistorySummary"] for item in history["AlarmHistoryItems"]]


def test_a_composite_alarm_follows_its_children(client: Client, name: str) -> None:
    for child in ("a", "b"):
        put_alarm(client, f"{name}-{child}", TreatMissingData="notBreaching", MetricName=f"{name}-{child}")
        assert becomes(client, f"{name}-{child}", "OK")
    rule = f'ALARM("{name}-a") AND NOT ALARM("{name}-b")'
    client("cloudwatch").put_composite_alarm(AlarmName=name, AlarmRule=rule)
    assert becomes(client, name, "OK")
    put_data(client, f"{name}-a", 5)
    assert becomes(client, name, "ALARM")
    assert becomes(client, name, "OK")


def test_every_change_of_state_is_an_event(client: Client, name: str) -> None:
    sqs, events = client("sqs"), client("events")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [name]},
    }
    rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    put_alarm(
        client, name, TreatMissingData="notBreaching", Dimensions=[{"Name": "Side", "Value": "left"}],
        AlarmDescription="of the test",
    )  # fmt: skip
    put_data(client, name, 5, Side="left")
    assert becomes(client, name, "ALARM")
    seen: list[dict[str, Any]] = []
    for _ in range(20):
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        seen += [json.loads(message["Body"]) for message in received.get("Messages", [])]
        if any(event["detail"]["state"]["value"] == "ALARM" for event in seen):
            break
    event = next(event for event in seen if event["detail"]["state"]["value"] == "ALARM")
    assert event["resources"] == [
        client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmArn"]
    ]
    assert event["detail"]["previousState"]["value"] in ("OK", "INSUFFICIENT_DATA")
    assert "Threshold Crossed" in event["detail"]["state"]["reason"]
    metric = event["detail"]["configuration"]["metrics"][0]["metricStat"]
    assert metric["metric"] == {"namespace": "Test", "name": name, "dimensions": {"Side": "left"}}
    assert metric["period"] == 60

"""Alarms tell what is broken in Towpath itself, by name, to whom the settings say."""

from pipeline_stack.handler_table import HANDLERS
from tests.infrastructure.templates import Assembly, Template


def test_there_is_an_alarm_for_everything_that_can_break(pipeline: Template) -> None:
    names = {item["Properties"]["AlarmName"] for item in pipeline.of_type("AWS::CloudWatch::Alarm").values()}
    assert {f"towpath-errors-{module.replace('_', '-')}" for module in HANDLERS} <= names
    for workflow in ("towpath-promote-release", "towpath-promote-to-environment"):
        assert {f"{workflow}-{kind}" for kind in ("timed-out", "aborted", "throttled")} <= names
    assert {"towpath-undelivered-uploads", "towpath-undelivered-ends", "towpath-throttles"} <= names


def test_no_data_is_no_alarm_and_a_refusal_is_none_either(pipeline: Template) -> None:
    for alarm in pipeline.of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["Properties"]["TreatMissingData"] == "notBreaching"
        assert alarm["Properties"].get("MetricName") != "ExecutionsFailed"
        assert alarm["Properties"]["AlarmDescription"]


def test_the_settings_topics_are_told_of_both_changes(pipeline: Template, plain: Assembly) -> None:
    topic = ["arn:aws:sns:eu-west-1:000000000000:on-call"]
    for alarm in plain.template("towpath-pipeline").of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["Properties"]["AlarmActions"] == alarm["Properties"]["OKActions"] == topic
    for alarm in pipeline.of_type("AWS::CloudWatch::Alarm").values():
        assert "AlarmActions" not in alarm["Properties"]

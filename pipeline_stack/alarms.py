"""Alarms on the pipeline itself: what is broken in Towpath, not what it refused.

A refusal ends an execution as failed too, so failed executions alone are no alarm. The settings name the topics that
are told; each change of state is an event on the account's default bus as well.
"""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pipeline_stack.interfaces import as_alarm_action
from pipeline_stack.workflow import Workflow

_MINUTES = Duration.minutes(5)


class Alarms(Construct):
    """All alarms; `all` is for the dashboard."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Mapping[str, lambda_.IFunction],
        workflows: Sequence[Workflow],
        dead_letters: Mapping[str, sqs.IQueue],
        rules: Sequence[str],
        topics: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._actions = [
            as_alarm_action(actions.SnsAction(sns.Topic.from_topic_arn(self, f"Topic{index}", arn)))
            for index, arn in enumerate(topics)
        ]
        self.all: list[cloudwatch.IAlarm] = []
        for module, function in functions.items():
            self._alarm(
                f"towpath-errors-{module.replace('_', '-')}",
                f"The handler {module} raised an error that nothing had foreseen, or ran out of time.",
                function.metric_errors(period=_MINUTES, statistic="Sum"),
            )
        # Without dimensions the metric counts all functions of the account, whose concurrency it is that runs out.
        # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
        self._alarm(
            "towpath-throttles",
            "Functions of this account were throttled: its concurrency is used up.",
            cloudwatch.Metric(namespace="AWS/Lambda", metric_name="Throttles", period=_MINUTES, statistic="Sum"),
        )
        for workflow in workflows:
            self._workflow(workflow)
        for rule, queue in dead_letters.items():
            self._alarm(
                f"towpath-undelivered-{rule}",
                f"Events of the rule {rule} could not be delivered; they wait in its dead-letter queue.",
                queue.metric_approximate_number_of_messages_visible(period=_MINUTES, statistic="Maximum"),
            )
        for rule in rules:
            failed = cloudwatch.Metric(
                namespace="AWS/Events", metric_name="FailedInvocations", dimensions_map={"RuleName": rule},
                period=_MINUTES, statistic="Sum",
            )  # fmt: skip
            self._alarm(f"towpath-failed-{rule}", f"The rule {rule} could not call its target.", failed)

    def _workflow(self, workflow: Workflow) -> None:
        machine = workflow.machine
        kinds = {
            "timed-out": (machine.metric_timed_out, "ran longer than it may"),
            "aborted": (machine.metric_aborted, "was stopped from outside"),
            "throttled": (machine.metric_throttled, "was held up by Step Functions"),
        }
        for kind, (metric, what) in kinds.items():
            self._alarm(
                f"{workflow.name}-{kind}", f"An execution of {workflow.name} {what}.",
                metric(period=_MINUTES, statistic="Sum"),
            )  # fmt: skip

    def _alarm(self, name: str, description: str, metric: cloudwatch.IMetric) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=name,
            alarm_description=description,
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        if self._actions:
            alarm.add_alarm_action(*self._actions)
            alarm.add_ok_action(*self._actions)
        self.all.append(alarm)

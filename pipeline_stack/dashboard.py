"""One page that answers: is Towpath well, how much is it promoting, and how long does that take?"""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from pipeline_stack.workflow import Workflow

_PERIOD = Duration.minutes(5)


class Dashboard(Construct):
    """The dashboard `towpath`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workflows: Sequence[Workflow],
        functions: Mapping[str, lambda_.IFunction],
        table: dynamodb.ITable,
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, construct_id)
        board = cloudwatch.Dashboard(self, "Board", dashboard_name="towpath", default_interval=Duration.days(1))
        board.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=24))
        board.add_widgets(*(_executions(workflow) for workflow in workflows))
        board.add_widgets(
            _graph("Errors of handlers", [item.metric_errors(period=_PERIOD) for item in functions.values()]),
            _graph("Duration of handlers", [item.metric_duration(period=_PERIOD) for item in functions.values()]),
        )
        board.add_widgets(
            _graph(
                "The ledger's capacity",
                [
                    table.metric_consumed_read_capacity_units(period=_PERIOD),
                    table.metric_consumed_write_capacity_units(period=_PERIOD),
                ],
            )
        )


def _executions(workflow: Workflow) -> cloudwatch.GraphWidget:
    machine = workflow.machine
    return cloudwatch.GraphWidget(
        title=f"Executions of {workflow.name}",
        left=[
            machine.metric_started(period=_PERIOD),
            machine.metric_succeeded(period=_PERIOD),
            machine.metric_failed(period=_PERIOD),
        ],
        right=[machine.metric_time(period=_PERIOD)],
        width=12,
    )


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)

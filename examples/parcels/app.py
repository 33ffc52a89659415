"""An ordinary CDK app that knows nothing of Towpath: a queue of parcels, a function that files them, an alarm."""

from pathlib import Path

from aws_cdk import App, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class Parcels(Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        dead = sqs.Queue(self, "Undelivered", retention_period=Duration.days(14))
        queue = sqs.Queue(
            self, "Queue", visibility_timeout=Duration.seconds(60),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=3, queue=dead),
        )  # fmt: skip
        table = dynamodb.Table(
            self, "Parcels",
            partition_key=dynamodb.Attribute(name="parcel", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=RemovalPolicy.DESTROY,
        )  # fmt: skip
        function = lambda_.Function(
            self, "File",
            runtime=lambda_.Runtime.PYTHON_3_11,
            handler="file.handler",
            code=lambda_.Code.from_asset(str(Path(__file__).parent / "function")),
            environment={"TABLE_NAME": table.table_name},
            timeout=Duration.seconds(10),
        )  # fmt: skip
        table.grant_write_data(function)
        function.add_event_source(sources.SqsEventSource(queue, batch_size=5))
        cloudwatch.Alarm(
            self, "Errors", metric=function.metric_errors(period=Duration.minutes(1)), threshold=1,
            evaluation_periods=1, treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )  # fmt: skip
        CfnOutput(self, "QueueUrl", value=queue.queue_url)
        CfnOutput(self, "TableName", value=table.table_name)


app = App()
Parcels(app, "parcels")
app.synth()

"""Where events go that could not be delivered: a queue for each rule, kept as long as a queue keeps anything."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.interfaces import service
from pipeline_stack.permission import acknowledge


class DeadLetters(Construct):
    """A queue into which one rule of EventBridge may write."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, rule: str) -> None:
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        # Named, not referred to: the rule refers to the queue.
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="OnlyItsRule",
                principals=[service("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": names.local_arn("events", f"rule/{rule}")}},
            )
        )
        last = "It is a dead-letter queue."
        acknowledge(self.queue, {"AwsSolutions-SQS3": last, "Serverless-SQSRedrivePolicy": last})

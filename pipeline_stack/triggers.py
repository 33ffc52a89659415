"""What sets the pipeline in motion: an upload starts a promotion, an execution that ended badly is cleared up after.

Both rules try for a day and then put the event into a dead-letter queue, which has an alarm.
"""

from aws_cdk import Aws
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.dead_letters import DeadLetters
from pipeline_stack.handler import Handler
from pipeline_stack.interfaces import as_principal, service
from pipeline_stack.permission import permit
from pipeline_stack.workflow import Workflow

# A delayed event is still the event; one that EventBridge could not deliver for a day needs a person.
_RETRIES = events.CfnRule.RetryPolicyProperty(maximum_event_age_in_seconds=86400, maximum_retry_attempts=185)


class UploadTrigger(Construct):
    """An object under `releases/` starts the workflow's alias, so always its newest version."""

    def __init__(self, scope: Construct, construct_id: str, *, bucket: str, workflow: Workflow) -> None:
        super().__init__(scope, construct_id)
        self.rule_name = "towpath-upload"
        self.dead_letters = DeadLetters(self, "DeadLetters", name="towpath-undelivered-uploads", rule=self.rule_name)
        role = iam.Role(
            self,
            "Role",
            role_name="towpath-upload-trigger",
            description="Lets EventBridge start a promotion for an upload",
            assumed_by=_from_rule(self.rule_name),
        )
        # Step Functions judges an alias by its state machine's own ARN; the qualifier is a condition.
        # https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
        permit(
            role,
            ["states:StartExecution"],
            [names.local_arn("states", f"stateMachine:{workflow.name}")],
            conditions={"StringEquals": {"states:StateMachineQualifier": "live"}},
        )
        rule = events.CfnRule(
            self,
            "Rule",
            name=self.rule_name,
            description="Starts a promotion for every uploaded release",
            event_pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": names.RELEASES}]}},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="promote-release",
                    arn=workflow.alias_arn,
                    role_arn=role.role_arn,
                    retry_policy=_RETRIES,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self.dead_letters.queue.queue_arn),
                )
            ],
        )
        # The rule must not act before it may.
        rule.node.add_dependency(role)


class EndTrigger(Construct):
    """An execution that failed, ran out of time or was aborted: what it left open is closed."""

    def __init__(self, scope: Construct, construct_id: str, *, workflows: list[Workflow], handler: Handler) -> None:
        super().__init__(scope, construct_id)
        self.rule_name = "towpath-ended-badly"
        self.dead_letters = DeadLetters(self, "DeadLetters", name="towpath-undelivered-ends", rule=self.rule_name)
        machines = [names.local_arn("states", f"stateMachine:{workflow.name}") for workflow in workflows]
        rule = events.CfnRule(
            self,
            "Rule",
            name=self.rule_name,
            description="Closes what a failed, timed-out or aborted execution left open",
            event_pattern={
                "source": ["aws.states"],
                "detail-type": ["Step Functions Execution Status Change"],
                "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"], "stateMachineArn": machines},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="reconcile-execution",
                    arn=handler.version.function_arn,
                    retry_policy=_RETRIES,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self.dead_letters.queue.queue_arn),
                )
            ],
        )
        lambda_.CfnPermission(
            self,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=handler.version.function_arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )
        self._keep_failures(handler)

    def _keep_failures(self, handler: Handler) -> None:
        """EventBridge hands the event over; what the function then fails at, Lambda itself has to keep."""
        permit(handler.role, ["sqs:SendMessage"], [self.dead_letters.queue.queue_arn])
        failed = lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self.dead_letters.queue.queue_arn)
        lambda_.CfnEventInvokeConfig(
            self,
            "Failures",
            function_name=handler.function.function_name,
            qualifier=handler.version.version,
            maximum_retry_attempts=2,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(on_failure=failed),
        ).node.add_dependency(handler.role)


def _from_rule(rule: str) -> iam.IPrincipal:
    """EventBridge acting for this rule of this account, not for somebody else's.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
    """
    conditions = {
        "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
        "ArnEquals": {"aws:SourceArn": names.local_arn("events", f"rule/{rule}")},
    }
    return as_principal(iam.PrincipalWithConditions(service("events.amazonaws.com"), conditions))

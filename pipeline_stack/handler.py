"""One handler as a Lambda function: a role of its own, a log group of its own, and a published version to be named.

Versions stay when newer ones are published, and functions stay when a release of Towpath drops them: an execution that
is under way finishes on what it started with.
"""

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.handler_table import HandlerSpec
from pipeline_stack.interfaces import as_role, service
from pipeline_stack.permission import acknowledge, permit

KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE


class Handler(Construct):
    """The function of one module in `handlers/`; `version` is what state machines and rules call."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        module: str,
        spec: HandlerSpec,
        code: lambda_.Code,
        runtime: str,
        variables: Mapping[str, str],
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        name = names.handler_name(module)
        self.role = iam.Role(
            self, "Role", role_name=name, assumed_by=service("lambda.amazonaws.com"),
            description=f"What the handler {module} may do",
        )  # fmt: skip
        self.role.apply_removal_policy(KEPT)
        log_group = logs.LogGroup(
            self, "Logs", log_group_name=f"/aws/lambda/{name}", retention=retention, removal_policy=KEPT
        )
        permit(
            self.role,
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [log_group.log_group_arn],
            wildcard="The log streams of the function's own log group; Lambda chooses their names.",
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=f"Towpath: {module.replace('_', ' ')}",
            runtime=lambda_.Runtime(runtime, lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.ARM_64,
            handler=f"handlers.{module}.handler",
            code=code,
            role=as_role(self.role),
            memory_size=spec.memory,
            timeout=Duration.seconds(spec.timeout),
            environment={**variables, "POWERTOOLS_SERVICE_NAME": module},
            tracing=lambda_.Tracing.ACTIVE,
            log_group=log_group,
            current_version_options=lambda_.VersionOptions(removal_policy=KEPT),
        )
        self.function.apply_removal_policy(KEPT)
        self.version = self.function.current_version
        acknowledge(self.role, {"AwsSolutions-IAM5[Resource::*]": "X-Ray has no resources that a policy could name."})
        tested = f"It runs on the Python that its tests ran on, {runtime}; see ADR 0031."
        noticed = "Its caller notices: a workflow, a person, or (reconcile_execution) a destination for failures."
        acknowledge(
            self.function,
            {"AwsSolutions-L1": tested, "Serverless-LambdaLatestVersion": tested, "Serverless-LambdaDLQ": noticed},
        )

"""One state machine: its definition is a file that is filled in, its published version is what callers start.

Old versions stay, and the role may call every version of its handlers: an execution that began before an update goes on
with the definition and the code that it began with.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.handler import KEPT
from pipeline_stack.interfaces import as_role, service
from pipeline_stack.permission import acknowledge, permit

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_NESTED_RULE = "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"


class Workflow(Construct):
    """The state machine of `statemachines/<name>.asl.json`. `version_arn` is immutable, `alias_arn` moves on."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        definitions: Path,
        substitutions: Mapping[str, str],
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = names.workflow_name(name)
        definition = (definitions / f"{name}.asl.json").read_text("utf-8")
        self.used = frozenset(_PLACEHOLDER.findall(definition))
        unknown = sorted(self.used - set(substitutions))
        if unknown:
            raise ValueError(f"{name}.asl.json names {', '.join(unknown)}, which the stack does not have")
        self.role = iam.Role(
            self, "Role", role_name=f"{self.name}-workflow", assumed_by=service("states.amazonaws.com"),
            description=f"What the workflow {name} may call",
        )  # fmt: skip
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=self.name,
            definition_body=sfn.DefinitionBody.from_string(definition),
            definition_substitutions={key: substitutions[key] for key in sorted(self.used)},
            role=as_role(self.role),
            tracing_enabled=True,
            logs=self._logging(retention),
        )
        acknowledge(
            self.role,
            {"AwsSolutions-IAM5[Resource::*]": "X-Ray and the delivery of logs have no resources to name in a policy."},
        )
        self._publish()

    def permit_calling(self, modules: list[str]) -> None:
        """Let the workflow call these handlers, in every version."""
        permit(
            self.role,
            ["lambda:InvokeFunction"],
            [f"{names.local_arn('lambda', f'function:{names.handler_name(module)}')}:*" for module in modules],
            wildcard="Every version: an execution that began before an update still calls the version it began with.",
        )

    def permit_nesting(self, inner: str) -> None:
        """Let the workflow run executions of `inner` and wait for them.

        https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
        """
        machine = names.workflow_name(inner)
        permit(
            self.role,
            ["states:StartExecution"],
            # Step Functions judges a version by its state machine's own ARN; the qualifier is a condition.
            # https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
            [names.local_arn("states", f"stateMachine:{machine}")],
            conditions={"Null": {"states:StateMachineQualifier": "false"}},
        )
        permit(
            self.role,
            ["states:DescribeExecution", "states:StopExecution"],
            [names.local_arn("states", f"execution:{machine}:*")],
            wildcard="Executions are named after what they promote.",
        )
        permit(
            self.role, ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
            [names.local_arn("events", _NESTED_RULE)],
        )  # fmt: skip

    def _logging(self, retention: logs.RetentionDays) -> sfn.LogOptions:
        """Everything but data: inputs hold task tokens, and the history of the execution has them anyway."""
        group = logs.LogGroup(
            self, "Logs", log_group_name=f"/aws/vendedlogs/states/{self.name}", retention=retention, removal_policy=KEPT
        )
        return sfn.LogOptions(destination=group, level=sfn.LogLevel.ALL, include_execution_data=False)

    def _publish(self) -> None:
        version = sfn.CfnStateMachineVersion(
            self,
            "Version",
            state_machine_arn=self.machine.state_machine_arn,
            state_machine_revision_id=self.machine.state_machine_revision_id,
        )
        version.apply_removal_policy(KEPT)
        alias = sfn.CfnStateMachineAlias(
            self,
            "Alias",
            name=names.LIVE,
            routing_configuration=[
                sfn.CfnStateMachineAlias.RoutingConfigurationVersionProperty(
                    state_machine_version_arn=version.ref, weight=100
                )
            ],
        )
        self.version_arn = version.ref
        self.alias_arn = alias.ref

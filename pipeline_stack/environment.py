"""The stack `towpath-environment-<name>`: what the pipeline may do in one environment, and no more.

An administrator deploys it, never the pipeline: it holds the roles that limit the pipeline (ADR 0030).
"""

from aws_cdk import DefaultStackSynthesizer, Environment, Stack
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.codedeploy_role import codedeploy_role
from pipeline_stack.deployment_role import deployment_role
from pipeline_stack.execution_role import execution_role
from pipeline_stack.probe_role import probe_role
from pipeline_stack.props import EnvironmentProps, PipelineProps


class EnvironmentStack(Stack):
    """The roles of one environment and its CodeDeploy application."""

    def __init__(self, scope: Construct, props: EnvironmentProps, pipeline: PipelineProps) -> None:
        super().__init__(
            scope,
            names.environment_stack(props.name),
            stack_name=names.environment_stack(props.name),
            description=f"Towpath: what it may do in the environment {props.name}",
            env=Environment(
                account=props.account or pipeline.account or None, region=props.region or pipeline.region or None
            ),
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            termination_protection=True,
        )
        if props.permissions_boundary:
            boundary = iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", props.permissions_boundary)
            iam.PermissionsBoundary.of(self).apply(boundary)
        # An environment without an account is in the pipeline's; then the stack's own account is meant.
        assets = names.asset_bucket(pipeline.account, pipeline.region)
        application = codedeploy.CfnApplication(
            self, "Application", application_name=f"towpath-{props.name}", compute_platform="Lambda"
        )
        execution = execution_role(self, props, assets)
        shifting = codedeploy_role(self, props)
        deployment_role(self, props, pipeline.account, assets, [execution, shifting]).node.add_dependency(application)
        probe_role(self, props, pipeline.account)

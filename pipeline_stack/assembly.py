"""The cloud assembly: the pipeline's stack, a stack for each environment, and the validations that all must pass."""

import json
from pathlib import Path

from aws_cdk import App, Validations
from aws_cdk.cx_api import CloudAssembly
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from pipeline_stack.environment import EnvironmentStack
from pipeline_stack.pipeline import PipelineStack
from pipeline_stack.props import PipelineProps

_CONTEXT = Path(__file__).resolve().parent.parent / "cdk.json"


def synthesise(props: PipelineProps, outdir: Path | None = None) -> CloudAssembly:
    """Synthesise into `outdir`, or where the CDK's command wants it. No AWS calls and no network.

    Raises RuntimeError when a validation has a finding that nobody has acknowledged.
    """
    # The command reads its context from cdk.json; without the command the same flags have to count.
    context = json.loads(_CONTEXT.read_text("utf-8"))["context"]
    app = App(outdir=str(outdir) if outdir else None, post_cli_context=context, analytics_reporting=False)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    PipelineStack(app, props)
    for environment in props.environments:
        EnvironmentStack(app, environment, props)
    return app.synth()

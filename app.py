"""The CDK app: reads `towpath.toml`, and synthesises the pipeline's stack and one stack for each environment.

No AWS calls and no network. `cdk` runs it through `cdk.json`; `make synth` runs it without the CDK's command.
TOWPATH_SETTINGS_FILE names other settings.
"""

import json
import os
from pathlib import Path

from aws_cdk import App, Validations
from aws_cdk.cx_api import CloudAssembly
from cdk_nag import AwsSolutionsChecks

from pipeline_stack.bundle import digest_of, this_runtime, write_bundle
from pipeline_stack.environment import EnvironmentStack
from pipeline_stack.pipeline import PipelineStack
from pipeline_stack.props import EnvironmentProps, PipelineProps
from towpath.promotion.settings import Environment, Settings, encode
from towpath.promotion.settings_file import parse_settings

ROOT = Path(__file__).resolve().parent


def synthesise(settings: Settings, outdir: Path | None = None) -> CloudAssembly:
    """The cloud assembly for these settings, in `outdir` or where the CDK's command wants it.

    Raises RuntimeError when a validation has an unexplained finding.
    """
    context = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
    app = App(outdir=str(outdir) if outdir else None, post_cli_context=context, analytics_reporting=False)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    props = pipeline_props(settings)
    PipelineStack(app, props)
    for environment in props.environments:
        EnvironmentStack(app, environment, props)
    return app.synth()


def pipeline_props(settings: Settings) -> PipelineProps:
    """What the stacks need of the settings, in the stacks' own words."""
    pipeline = settings.pipeline
    approvers = {arn for environment in settings.environments.values() for arn in environment.approvers}
    code = write_bundle(ROOT / "build" / "bundle.zip")
    return PipelineProps(
        settings=encode(settings),
        environments=tuple(_environment_props(settings, item) for item in settings.environments.values()),
        code=code,
        code_digest=digest_of(code),
        runtime=this_runtime(),
        definitions=ROOT / "statemachines",
        event_schemas=ROOT / "docs" / "events",
        account=pipeline.account,
        region=pipeline.region,
        poll_seconds=pipeline.poll_seconds,
        approval_seconds=pipeline.approval_hours * 3600,
        log_retention_days=pipeline.log_retention_days,
        uploaders=pipeline.uploaders,
        approvers=tuple(sorted(approvers)),
    )


def _environment_props(settings: Settings, environment: Environment) -> EnvironmentProps:
    pipeline = settings.pipeline
    return EnvironmentProps(
        name=environment.name,
        # The pipeline's own account is left open: then its stack can be told by its pseudo parameters alone.
        account="" if environment.account == pipeline.account else environment.account,
        region="" if environment.region == pipeline.region else environment.region,
        execution_policies=environment.execution_policies,
        permissions_boundary=environment.permissions_boundary,
        holds_pipeline=environment.name in settings.paths.get("towpath", ()),
    )


def main() -> None:
    """Synthesise for the settings file."""
    path = Path(os.environ.get("TOWPATH_SETTINGS_FILE") or ROOT / "towpath.toml")
    outdir = None if os.environ.get("CDK_OUTDIR") else ROOT / "build" / "cdk.out"
    synthesise(parse_settings(path.read_text("utf-8")), outdir)


if __name__ == "__main__":
    main()

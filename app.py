"""The CDK app: turns `towpath.toml` into what the stacks need to know, and synthesises them.

`cdk` runs it through `cdk.json`; `make synth` runs it without the CDK's command. TOWPATH_SETTINGS_FILE names other
settings, TOWPATH_OUTDIR another folder, TOWPATH_VERSION the version that the functions say they are.
"""

import os
import sys
from importlib.metadata import version
from pathlib import Path

from pipeline_stack.assembly import synthesise
from pipeline_stack.bundle import digest_of, this_runtime, write_bundle
from pipeline_stack.props import EnvironmentProps, PipelineProps
from towpath.promotion.settings import Environment, Settings, encode
from towpath.promotion.settings_file import SettingsError, parse_settings

ROOT = Path(__file__).resolve().parent


def pipeline_props(settings: Settings, build: Path = ROOT / "build") -> PipelineProps:
    """What the stacks need of the settings, in the stacks' own words. The Lambda bundle is written into `build`."""
    pipeline = settings.pipeline
    approvers = {arn for environment in settings.environments.values() for arn in environment.approvers}
    code = write_bundle(build / "bundle.zip")
    return PipelineProps(
        settings=encode(settings),
        version=os.environ.get("TOWPATH_VERSION") or version("towpath"),
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
        alarm_topics=pipeline.alarm_topics,
        uploaders=pipeline.uploaders,
        approvers=tuple(sorted(approvers)),
    )


def _environment_props(settings: Settings, environment: Environment) -> EnvironmentProps:
    pipeline = settings.pipeline
    return EnvironmentProps(
        name=environment.name,
        # The pipeline's own place is left open: the stacks tell it by CloudFormation's pseudo parameters.
        account="" if environment.account == pipeline.account else environment.account,
        region="" if environment.region == pipeline.region else environment.region,
        execution_policies=environment.execution_policies,
        permissions_boundary=environment.permissions_boundary,
        second_opinion=environment.gates.second_opinion != "off",
        holds_pipeline=environment.name in settings.paths.get("towpath", ()),
    )


def main() -> int:
    """Synthesise for the settings file, into `build/cdk.out` or where the CDK's command wants it."""
    path = Path(os.environ.get("TOWPATH_SETTINGS_FILE") or ROOT / "towpath.toml")
    try:
        settings = parse_settings(path.read_text("utf-8"))
    except (OSError, SettingsError) as error:
        sys.stderr.write(f"{path}: {error}\n")
        return 2
    wanted = os.environ.get("TOWPATH_OUTDIR") or ROOT / "build" / "cdk.out"
    synthesise(pipeline_props(settings), None if os.environ.get("CDK_OUTDIR") else Path(wanted))
    return 0


if __name__ == "__main__":
    sys.exit(main())

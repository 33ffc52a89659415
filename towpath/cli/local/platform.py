"""Towpath in the embedded AWS: its stacks, what the platform allows releases, and the people.

Deploys what an administrator would deploy into an account (docs/deploy.md). What has not changed since the last time
is left alone, so that a second `towpath local up` is quick.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from local_cloud.assembly import AssemblyDeployer
from local_cloud.cloud import LocalCloud
from towpath.cli.local.people import ADMINISTRATOR, CONFIG_FILE, CREDENTIALS_FILE, REVIEWER, UPLOADER, make_people
from towpath.cli.local.synthesis import CHECKOUT, SynthesisError, Wanted, fingerprint, synthesise
from towpath.promotion.settings import Settings
from towpath.promotion.settings_file import SettingsError, parse_settings

DEFAULT_SETTINGS: Final = CHECKOUT / "examples" / "local" / "towpath.toml"
_POLICIES: Final = CHECKOUT / "examples" / "platform" / "deployment-policy.yaml"
_DEPLOYED: Final = "towpath-deployed.json"
_PIPELINE: Final = "towpath-pipeline"


def deploy(cloud: LocalCloud, settings_file: Path, tell: Callable[[str], None]) -> Settings:
    """Bring Towpath into the embedded AWS, or up to date in it. Raises SynthesisError or DeploymentError."""
    settings = _read(settings_file, cloud)
    wanted = Wanted(CHECKOUT / "build" / "local-assembly", settings_file)
    tell("Synthesising Towpath's stacks (kept until its source changes) …")
    synthesise([wanted])
    mark = fingerprint(wanted) + _POLICIES.read_text()
    client = _clients(cloud)
    kept = _kept(cloud.folder)
    if kept.get("mark") != mark:
        tell("Deploying Towpath …")
        kept = {"mark": mark, **_deploy_stacks(cloud, client, wanted.folder, settings)}
        (cloud.folder / _DEPLOYED).write_text(json.dumps(kept))
    make_people(cloud, client("iam"), {UPLOADER: kept["UploaderPolicyArn"], REVIEWER: kept["ReviewerPolicyArn"]})
    return settings


def _deploy_stacks(
    cloud: LocalCloud, client: Callable[[str], Any], assembly: Path, settings: Settings
) -> dict[str, str]:
    """The outputs of the pipeline's stack."""
    deployer = AssemblyDeployer(client("s3"), client("cloudformation"), cloud.account, cloud.region)
    deployer.create("platform", _POLICIES.read_text())
    outputs = deployer.deploy(assembly, _PIPELINE)
    for name in settings.environments:
        deployer.deploy(assembly, f"towpath-environment-{name}")
    return outputs


def _clients(cloud: LocalCloud) -> Callable[[str], Any]:
    """Makes clients of the administrator, which take nothing of the caller's own AWS configuration."""
    import boto3
    import botocore.session

    own = botocore.session.Session()
    own.set_config_variable("config_file", str(cloud.folder / CONFIG_FILE))
    own.set_config_variable("credentials_file", str(cloud.folder / CREDENTIALS_FILE))
    own.set_config_variable("profile", ADMINISTRATOR)
    session = cast(Any, boto3).Session(botocore_session=own, region_name=cloud.region)
    return lambda service: session.client(service, endpoint_url=cloud.endpoint)


def _read(path: Path, cloud: LocalCloud) -> Settings:
    try:
        settings = parse_settings(path.read_text("utf-8"))
    except SettingsError as error:
        raise SynthesisError(f"{path}: {error}") from error
    placed = settings.placed(settings.pipeline.account or cloud.account, cloud.region)
    used = {environment.account for environment in placed.environments.values()}
    named = {arn.split(":")[4] for item in placed.environments.values() for arn in item.approvers}
    if elsewhere := (used | named) - {cloud.account}:
        raise SynthesisError(
            f"{path} names the account {', '.join(sorted(elsewhere))}, but the embedded AWS is one account, "
            f"{cloud.account}. Give other settings with --settings, or start it with --account."
        )
    return settings


def _kept(folder: Path) -> dict[str, str]:
    try:
        return json.loads((folder / _DEPLOYED).read_text())
    except FileNotFoundError:
        return {}

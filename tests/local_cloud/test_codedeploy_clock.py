"""What hours and restarts do to a deployment: an hour without an answer fails it, a restart does not."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from local_cloud.cloud import LocalCloud, Options

pytestmark = pytest.mark.embedded


def clients(cloud: LocalCloud) -> Callable[[str], Any]:
    def make(service: str) -> Any:
        key = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return cast(Any, boto3).client(service, endpoint_url=cloud.endpoint, region_name=cloud.region, **key)

    return make


def prepare(client: Callable[[str], Any]) -> None:
    """A function `silent` with versions 1 and 2, its alias `live` on 1, and a group to move it with."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return 1")
    client("lambda").create_function(
        FunctionName="silent",
        Runtime="python3.11",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/any",
        Code={"ZipFile": content.getvalue()},
    )
    client("lambda").publish_version(FunctionName="silent")
    client("lambda").create_alias(FunctionName="silent", Name="live", FunctionVersion="1")
    client("lambda").update_function_configuration(FunctionName="silent", Description="second")
    client("lambda").publish_version(FunctionName="silent")
    client("codedeploy").create_application(applicationName="a", computePlatform="Lambda")
    client("codedeploy").create_deployment_group(
        applicationName="a",
        deploymentGroupName="g",
        serviceRoleArn="arn:aws:iam::000000000000:role/any",
        deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent30Minutes",
        deploymentStyle={"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
    )


def deploy(client: Callable[[str], Any], *hooks: dict[str, str]) -> str:
    properties = {"Name": "silent", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}
    function = {"Type": "AWS::Lambda::Function", "Properties": properties}
    text = json.dumps({"version": 0.0, "Resources": [{"silent": function}], "Hooks": list(hooks)})
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": text}}
    codedeploy = client("codedeploy")
    return codedeploy.create_deployment(applicationName="a", deploymentGroupName="g", revision=revision)["deploymentId"]


def ended(client: Callable[[str], Any], deployment: str) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        info = client("codedeploy").get_deployment(deploymentId=deployment)["deploymentInfo"]
        if "completeTime" in info:
            return info
        time.sleep(0.1)
    raise AssertionError("the deployment did not end")


def test_a_hook_without_an_answer_fails_the_deployment_after_an_hour(tmp_path: Path) -> None:
    options = Options(minute_seconds=0.03, enforce_iam=False, nearest_python=True, detached=False)
    with LocalCloud.start(tmp_path, options=options) as cloud:
        client = clients(cloud)
        prepare(client)
        info = ended(client, deploy(client, {"BeforeAllowTraffic": "silent"}))
        assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "HOOK_EXECUTION_FAILURE")
        assert info["completeTime"].timestamp() - info["startTime"].timestamp() >= 60 * 0.03


def test_a_deployment_goes_on_where_it_was_when_the_server_comes_back(tmp_path: Path) -> None:
    options = Options(minute_seconds=0.2, enforce_iam=False, nearest_python=True, detached=False)
    with LocalCloud.start(tmp_path, options=options) as cloud:
        client = clients(cloud)
        prepare(client)
        deployment = deploy(client)
        while not client("lambda").get_alias(FunctionName="silent", Name="live").get("RoutingConfig"):
            time.sleep(0.1)
    with LocalCloud.start(tmp_path, options=options) as cloud:
        client = clients(cloud)
        began = client("codedeploy").get_deployment(deploymentId=deployment)["deploymentInfo"]["startTime"]
        info = ended(client, deployment)
        assert info["status"] == "Succeeded"
        assert info["startTime"] == began
        alias = client("lambda").get_alias(FunctionName="silent", Name="live")
        assert (alias["FunctionVersion"], alias.get("RoutingConfig")) == ("2", None)

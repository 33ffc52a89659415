"""Deploying stacks as `cdk deploy` does: again, with changes, without, and after a failure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.assembly import AssemblyDeployer, DeploymentError

Client = Callable[..., Any]
NAME = "deployed"

pytestmark = pytest.mark.embedded


def template(seconds: int, **more: Any) -> str:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds}}
    return json.dumps({"Resources": {"Queue": queue, **more}, "Outputs": {"Url": {"Value": {"Ref": "Queue"}}}})


NOWHERE = {"TemplateURL": "https://nobodys-bucket.s3.us-east-1.amazonaws.com/nothing.json"}
BROKEN = {"Type": "AWS::CloudFormation::Stack", "Properties": NOWHERE}


@pytest.fixture
def deployer(client: Client) -> Iterator[AssemblyDeployer]:
    yield AssemblyDeployer(client("s3"), client("cloudformation"), "000000000000", "us-east-1")
    client("cloudformation").delete_stack(StackName=NAME)
    client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})


def timeout(client: Client, url: str) -> str:
    found = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    return found["Attributes"]["VisibilityTimeout"]


def test_a_stack_is_created_updated_and_left_alone(client: Client, deployer: AssemblyDeployer) -> None:
    url = deployer.create(NAME, template(10))["Url"]
    assert timeout(client, url) == "10"
    assert deployer.create(NAME, template(20)) == {"Url": url}
    assert timeout(client, url) == "20"
    events = client("cloudformation").describe_stack_events(StackName=NAME)["StackEvents"]
    assert deployer.create(NAME, template(20)) == {"Url": url}
    assert client("cloudformation").describe_stack_events(StackName=NAME)["StackEvents"] == events


def test_a_failure_names_what_failed_and_its_remains_are_not_in_the_way(
    client: Client, deployer: AssemblyDeployer
) -> None:
    with pytest.raises(DeploymentError, match=r"(?s)stack deployed failed.*Broken: "):
        deployer.create(NAME, template(10, Broken=BROKEN))
    assert timeout(client, deployer.create(NAME, template(30))["Url"]) == "30"


def test_the_assets_of_an_assembly_are_there_before_its_stack(
    client: Client, deployer: AssemblyDeployer, tmp_path: Path
) -> None:
    (tmp_path / "asset.code").mkdir()
    (tmp_path / "asset.code" / "index.py").write_text("")
    place = {"bucketName": "assembly-${AWS::AccountId}-${AWS::Region}", "objectKey": "code.zip"}
    asset = {"source": {"path": "asset.code", "packaging": "zip"}, "destinations": {"here": place}}
    (tmp_path / f"{NAME}.assets.json").write_text(json.dumps({"files": {"code": asset}}))
    (tmp_path / f"{NAME}.template.json").write_text(template(10))
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": f"{NAME}.template.json"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {NAME: stack}}))
    assert "Url" in deployer.deploy(tmp_path, NAME)
    client("s3").head_object(Bucket="assembly-000000000000-us-east-1", Key="code.zip")
    with pytest.raises(DeploymentError, match="has no stack other"):
        deployer.deploy(tmp_path, "other")

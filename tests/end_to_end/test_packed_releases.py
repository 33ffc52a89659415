"""What `towpath pack` writes deploys: versions are published, the alias stays, and every trigger calls the alias."""

import json
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from local_cloud.cloud import LocalCloud, Options
from towpath.cli.main import main

pytestmark = pytest.mark.embedded

APP = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Colour: {Type: String}}
Globals: {Function: {CodeUri: src, Runtime: python3.11, Handler: app.handler}}
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      Layers: [!Ref Layer]
      Environment: {Variables: {COLOUR: !Ref Colour}}
      Events: {Queue: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
  Queue: {Type: AWS::SQS::Queue}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer}}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: flow.asl.json
      DefinitionSubstitutions: {Api: !GetAtt Api.Arn}
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref Api}}]
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: inner/template.yaml, Parameters: {Role: !GetAtt ApiRole.Arn}}
"""
INNER = """
Parameters: {Role: {Type: String}}
Resources:
  Inner:
    Type: AWS::Lambda::Function
    Properties: {Code: ../src, Handler: app.handler, Runtime: python3.11, Role: !Ref Role}
"""
CODE = "import os\ndef handler(event, context):\n    return {'code': %d, 'colour': os.environ.get('COLOUR')}\n"
FLOW = {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "${Api}", "End": True}}}


@dataclass
class Account:
    """The embedded AWS with a bucket for assets, and one stack in it."""

    cloud: LocalCloud
    folder: Path
    version: int = 0

    def client(self, service: str) -> Any:
        names = self.cloud.environment()
        keys = {
            "aws_access_key_id": names["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": names["AWS_SECRET_ACCESS_KEY"],
        }
        return cast(Any, boto3).client(service, endpoint_url=self.cloud.endpoint, region_name=self.cloud.region, **keys)

    def release(self, live: str, **parameters: str) -> None:
        """Packs the folder as it is and deploys it as the pipeline does."""
        self.version += 1
        artifact = self.folder.parent / "release.zip"
        values = self.folder.parent / "values.json"
        values.write_text(json.dumps({"*": parameters}))
        options = [
            "--service",
            "shop",
            "--version",
            f"1.{self.version}.0",
            "--rollout",
            "Api",
            "--parameters",
            str(values),
        ]
        assert main(["pack", str(self.folder / "template.yaml"), "-o", str(artifact), *options]) == 0
        own = {"TowpathAssetBucket": "assets", "TowpathAssetPrefix": "assets/", "TowpathApiLiveVersion": live}
        self.deploy(artifact, {**parameters, **own})

    def deploy(self, artifact: Path, parameters: Mapping[str, str]) -> None:
        with zipfile.ZipFile(artifact) as archive:
            manifest = json.loads(archive.read("release.json"))
            for asset in manifest["assets"]:
                self.client("s3").put_object(Bucket="assets", Key=asset["path"], Body=archive.read(asset["path"]))
            template = archive.read("template.json").decode()
        service = self.client("cloudformation")
        given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
        make = service.create_stack if self.version == 1 else service.update_stack
        make(StackName="shop", TemplateBody=template, Parameters=given, Capabilities=manifest["capabilities"])
        status = "IN_PROGRESS"
        while status.endswith("IN_PROGRESS"):
            time.sleep(0.2)
            status = service.describe_stacks(StackName="shop")["Stacks"][0]["StackStatus"]
        events = service.describe_stack_events(StackName="shop")["StackEvents"]
        failed = [
            (event["LogicalResourceId"], event.get("ResourceStatusReason"))
            for event in events
            if event["ResourceStatus"].endswith("FAILED")
        ]
        assert status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), failed

    @property
    def function(self) -> str:
        found = self.client("cloudformation").describe_stack_resource(StackName="shop", LogicalResourceId="Api")
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def versions(self) -> list[str]:
        found = self.client("lambda").list_versions_by_function(FunctionName=self.function)["Versions"]
        return [entry["Version"] for entry in found if entry["Version"] != "$LATEST"]

    def alias(self) -> str:
        return self.client("lambda").get_alias(FunctionName=self.function, Name="live")["FunctionVersion"]

    def answer(self, qualifier: str) -> Any:
        found = self.client("lambda").invoke(FunctionName=self.function, Qualifier=qualifier)
        return json.loads(found["Payload"].read())


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    options = Options(minute_seconds=1.0, nearest_python=True, detached=False)
    cloud = LocalCloud.start(tmp_path_factory.mktemp("cloud"), options=options)
    try:
        account = Account(cloud, tmp_path_factory.mktemp("shop") / "app")
        account.client("s3").create_bucket(Bucket="assets")
        for name, content in {
            "template.yaml": APP,
            "inner/template.yaml": INNER,
            "src/app.py": CODE % 1,
            "layer/data.txt": "one",
            "flow.asl.json": json.dumps(FLOW),
        }.items():
            (account.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (account.folder / name).write_text(content)
        yield account
    finally:
        cloud.purge()


def test_every_change_publishes_a_version_and_none_moves_traffic(account: Account) -> None:
    account.release("", Colour="red")
    assert (account.versions(), account.alias()) == (["1"], "1")
    (mapping,) = account.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["FunctionArn"].endswith(":live")
    (machine,) = account.client("stepfunctions").list_state_machines()["stateMachines"]
    found = account.client("stepfunctions").describe_state_machine(stateMachineArn=machine["stateMachineArn"])
    assert json.loads(found["definition"])["States"]["Call"]["Resource"].endswith(":live")

    (account.folder / "src/app.py").write_text(CODE % 2)
    account.release("1", Colour="red")
    assert (account.versions(), account.alias()) == (["1", "2"], "1")
    assert [account.answer(qualifier)["code"] for qualifier in ("live", "1", "2")] == [1, 1, 2]

    (account.folder / "layer/data.txt").write_text("two")
    account.release("2", Colour="red")
    assert (account.versions(), account.alias()) == (["1", "2", "3"], "2")

    account.release("2", Colour="blue")
    assert (account.versions(), account.alias()) == (["1", "2", "3", "4"], "2")
    assert [account.answer(qualifier)["colour"] for qualifier in ("live", "4")] == ["red", "blue"]

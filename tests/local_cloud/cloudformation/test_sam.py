"""SAM templates are transformed with the parameters they are given; every test would pass against AWS too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Client = Callable[..., Any]

pytestmark = pytest.mark.embedded
GIVEN = {"Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]}
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Answer: {Type: String, Default: "1"}
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      InlineCode: !Sub "def handler(event, context): return ${Answer}"
      AutoPublishAlias: live
      AutoPublishCodeSha256: !Ref Answer
      DeploymentPreference: {Type: Canary10Percent5Minutes}
      Events:
        Queue: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 1}}
        Event: {Type: EventBridgeRule, Properties: {Pattern: {source: [mine]}}}
  Queue:
    Type: AWS::SQS::Queue
Outputs:
  Version: {Value: !Ref Function.Version}
  Alias: {Value: !Ref Function.Alias}
"""


def answer(value: int) -> dict[str, Any]:
    return {"Parameters": [{"ParameterKey": "Answer", "ParameterValue": str(value)}], **GIVEN}


def test_a_parameter_makes_a_new_version_that_codedeploy_shifts_to(client: Client, stacks: Any) -> None:
    name = stacks.create(TEMPLATE, **answer(1))
    assert stacks.status(name) == "CREATE_COMPLETE", stacks.failures(name)
    first = stacks.outputs(name)
    assert first["Version"].endswith(":1")
    stacks.service.update_stack(StackName=name, TemplateBody=TEMPLATE, **answer(2))
    seen: set[str] = set()
    function = stacks.physical_id(name, "Function")
    while stacks.status(name).endswith("IN_PROGRESS"):
        found = client("lambda").get_alias(FunctionName=function, Name="live")
        seen.add(json.dumps(found.get("RoutingConfig", {}).get("AdditionalVersionWeights")))
    assert stacks.status(name) == "UPDATE_COMPLETE", stacks.failures(name)
    assert '{"2": 0.1}' in seen
    assert stacks.outputs(name)["Version"].endswith(":2")
    invoked = client("lambda").invoke(FunctionName=first["Alias"])
    assert json.loads(invoked["Payload"].read()) == 2


def test_the_change_set_shows_what_the_parameter_changes(stacks: Any) -> None:
    name = stacks.create(TEMPLATE, **answer(1))
    described = stacks.change_set(name, TEMPLATE, **answer(2))
    changes = {one["ResourceChange"]["LogicalResourceId"]: one["ResourceChange"] for one in described["Changes"]}
    assert {key: one["Action"] for key, one in changes.items()} == {
        "Function": "Modify",
        "FunctionAliaslive": "Modify",
        "FunctionVersion1": "Remove",
        "FunctionVersion2": "Add",
    }
    assert "return 2" in changes["Function"]["AfterContext"]
    assert changes["FunctionVersion1"]["PolicyAction"] == "Retain"
    processed = stacks.service.get_template(ChangeSetName=described["ChangeSetId"], TemplateStage="Processed")
    assert "AWS::Lambda::Version" in json.dumps(processed["TemplateBody"])
    original = stacks.service.get_template(ChangeSetName=described["ChangeSetId"], TemplateStage="Original")
    assert original["TemplateBody"] == TEMPLATE

"""SAM templates are expanded by AWS's own translator, with no AWS configuration, no client and no network."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from towpath.template.error import TemplateError
from towpath.template.loading import Template, load_template
from towpath.template.resolution import resolve
from towpath.template.sam import declared_transforms, expand_sam, is_sam

APP = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: prod}
  Table: {Type: String}
Globals:
  Function: {CodeUri: ., Runtime: python3.12, Handler: app.handler}
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      Policies:
        - AmazonDynamoDBReadOnlyAccess
        - DynamoDBReadPolicy: {TableName: !Ref Table}
      Environment: {Variables: {STAGE: !Ref Stage, WHERE: !Sub "${AWS::Region}"}}
      Events:
        Get: {Type: Api, Properties: {Path: /x, Method: get}}
        Queue: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
  Queue: {Type: AWS::SQS::Queue}
  Layer: {Type: "AWS::Serverless::LayerVersion", Properties: {ContentUri: ../shared/layer}}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties: {DefinitionUri: flow.asl.json, Role: "arn:aws:iam::111122223333:role/r"}
Outputs:
  Version: {Value: !Ref Api.Version}
"""


@pytest.fixture(autouse=True)
def no_aws_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", "/nonexistent")


def types(template: Template) -> dict[str, str]:
    return {name: entry["Type"] for name, entry in template.section("Resources").items()}


def test_a_source_template_with_local_paths_expands_without_aws() -> None:
    source = load_template(APP)
    before = json.dumps(source.document)
    expanded = expand_sam(source)
    assert json.dumps(source.document) == before
    found = types(expanded)
    assert found["ApiAliaslive"] == "AWS::Lambda::Alias"
    assert found["ApiQueue"] == "AWS::Lambda::EventSourceMapping"
    assert found["ApiRole"] == "AWS::IAM::Role"
    assert found["Flow"] == "AWS::StepFunctions::StateMachine"
    assert "Transform" not in expanded.document
    assert expanded.document["Outputs"]["Version"]["Value"]["Ref"].startswith("ApiVersion")
    assert not resolve(expanded, {"Table": "t"}).problems


def test_managed_policies_are_known_by_name_without_asking_iam() -> None:
    role = expand_sam(load_template(APP)).section("Resources")["ApiRole"]["Properties"]
    assert "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess" in role["ManagedPolicyArns"]


def test_an_expansion_is_the_same_in_every_process() -> None:
    program = (
        "import sys, json; from towpath.template.loading import load_template;"
        "from towpath.template.sam import expand_sam;"
        "print(json.dumps(expand_sam(load_template(sys.stdin.read())).document))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=APP,
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
    assert json.loads(texts.pop()) == expand_sam(load_template(APP)).document


def test_kept_parameters_and_the_region_stay_references() -> None:
    text = APP.replace("AutoPublishAlias: live", "AutoPublishAlias: !Ref Stage")
    assert types(expand_sam(load_template(text)))["ApiAliasprod"] == "AWS::Lambda::Alias"
    assert types(expand_sam(load_template(text), {"Stage": "x"}))["ApiAliasx"] == "AWS::Lambda::Alias"
    with pytest.raises(TemplateError, match="AutoPublishAlias"):
        expand_sam(load_template(text), keep=["Stage"])
    kept = expand_sam(load_template(APP), keep=["Stage", "Table"], keep_region=True).section("Resources")["Api"]
    variables: dict[str, Any] = kept["Properties"]["Environment"]["Variables"]
    assert variables == {"STAGE": {"Ref": "Stage"}, "WHERE": {"Fn::Sub": "${AWS::Region}"}}


def test_other_transforms_stay() -> None:
    both = load_template(
        APP.replace("AWS::Serverless-2016-10-31", "[AWS::LanguageExtensions, AWS::Serverless-2016-10-31]")
    )
    assert is_sam(both)
    assert declared_transforms(both) == ("AWS::LanguageExtensions", "AWS::Serverless-2016-10-31")
    assert expand_sam(both).document["Transform"] == "AWS::LanguageExtensions"
    assert not is_sam(load_template("Transform: {Name: AWS::Include, Parameters: {Location: x}}"))


def test_what_the_translator_refuses_is_a_template_error_with_its_place() -> None:
    with pytest.raises(TemplateError) as caught:
        expand_sam(load_template(APP.replace("Type: Api,", "Type: Nonsense,"), name="app.yaml"))
    assert caught.value.reason.code == "template-sam"
    assert caught.value.reason.where == "app.yaml:9:3 Resources.Api"
    assert "Nonsense" in caught.value.reason.message


def test_an_application_from_the_repository_is_refused_before_anybody_is_asked() -> None:
    application = (
        "  App:\n    Type: AWS::Serverless::Application\n"
        "    Properties: {Location: {ApplicationId: a, SemanticVersion: 1.0.0}}\n"
    )
    with pytest.raises(TemplateError, match="Serverless Application Repository"):
        expand_sam(load_template(APP.replace("Outputs:", application + "Outputs:")))


@pytest.mark.parametrize(
    "resources",
    ["1", "{}", "[]", "{A: 1}", "{A: {Type: AWS::Serverless::Function, Properties: 1}}",
     "{A: {Type: AWS::Serverless::Function, Properties: {Events: [1], CodeUri: x}}}"],
)  # fmt: skip
def test_hostile_resources_are_a_template_or_a_template_error(resources: str) -> None:
    source = load_template(f"Transform: AWS::Serverless-2016-10-31\nResources: {resources}")
    with pytest.raises(TemplateError) as caught:
        expand_sam(source)
    assert caught.value.reason.code == "template-sam"
